# type1/cpu.s - which CPU is this, and what can it do for a hypervisor?
#
# Everything depends on one question: what does this CPU do with a kernel instruction in user mode?
#
#       classic         it traps. Nothing to set up: Popek and Goldberg's CPU
#       vt, svm         it traps if we ask for it, a bit for each class of instructions: the trap bitmap
#       legacy          it ignores the instruction, and nobody is told. No hypervisor of this kind can work
#       pentium         it ignores some, lets others see the real machine, and traps the rest
#
# mimpid tells the generation. All but classic have mtrapcap, which says what bits software may set in the bitmap.

        .equ    MTRAPMAP,       0x7c0           # the bitmap
        .equ    MVMCB,          0x7c1           # svm: the physical address of the control block
        .equ    MTRAPCAP,       0xfc0           # the bits that may be set

        .equ    CPU_CLASSIC,    0               # values of mimpid
        .equ    CPU_LEGACY,     1
        .equ    CPU_PENTIUM,    2
        .equ    CPU_VT,         3
        .equ    CPU_SVM,        4

        # The svm control block. The hardware loads the bitmap from it whenever we go to a guest, and writes the
        # other words whenever a guest is left: the trapped instruction comes decoded.
        .equ    BLOCK_TRAPMAP,  0
        .equ    BLOCK_EXIT,     4               # the trap bit of a trapped instruction, or more than 0xff
        .equ    BLOCK_WORD,     8               # the instruction
        .equ    BLOCK_NEXT_PC,  12              # the pc after it
        .equ    BLOCK_SIZE,     20

        .section .bss
        .balign 16
control_block:
        .space  BLOCK_SIZE
        .balign 4
cpu_kind:
        .space  4                               # CPU_...
cpu_has_block:
        .space  4                               # 1: svm, exits come decoded in control_block

        # S mode's own CSRs (sstatus, stvec, sepc ...) are a special case: a guest kernel runs in real S mode, and
        # there the base architecture lets it use them. If the bitmap can make them trap (1: no, 0: yes) they are
        # emulated as all others. If not they run natively, and the world switch has to give each guest its own.
cpu_sup_is_native:
        .space  4

        .section .text

# cpu_init: find out what CPU this is, say so, and make kernel instructions trap as far as it can.
cpu_init:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        li      t0, 1
        sw      t0, cpu_sup_is_native, t1
        csrr    s1, mimpid
        sw      s1, cpu_kind, t1
        li      t0, CPU_SVM
        bgtu    s1, t0, cpu_unknown
        la      t0, cpu_texts                   # the name and character of the CPU
        slli    t1, s1, 2
        add     t0, t0, t1
        lw      a0, 0(t0)
        call    say
        beqz    s1, 9f                          # classic: there is nothing to set

        csrr    t0, MTRAPCAP
        li      t1, 0x001ffffd
        and     s1, t0, t1                      # the bitmap we want: everything that there is
        beqz    t0, 9f                          # legacy, pentium: there is a bitmap, but no bit of it can be set
        sw      zero, cpu_sup_is_native, t1
        lw      t0, cpu_kind
        li      t1, CPU_SVM
        beq     t0, t1, 1f
        csrw    MTRAPMAP, s1
        j       2f
1:
        la      t0, control_block
        sw      s1, BLOCK_TRAPMAP(t0)
        csrw    MVMCB, t0                       # from now on it is loaded at every mret to a guest
        li      t0, 1
        sw      t0, cpu_has_block, t1
2:
        la      a0, text_bitmap
        call    say
        mv      a0, s1
        call    print_hex
        la      a0, text_newline
        call    print
9:
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

cpu_unknown:                                    # somebody else's RISC-V: what the manual says holds
        sw      zero, cpu_kind, t1
        la      a0, text_cpu_unknown
        call    say
        j       9b

        .section .rodata
        .balign 4
cpu_texts:
        .word   text_cpu_classic, text_cpu_legacy, text_cpu_pentium, text_cpu_vt, text_cpu_svm
text_cpu_classic:
        .asciz  "CPU classic: kernel instructions trap in user mode, as the architecture says\n"
text_cpu_legacy:
        .asciz  "CPU legacy: it ignores kernel instructions in user mode, no guest can work; I start it all the same\n"
text_cpu_pentium:
        .asciz  "CPU pentium: some kernel instructions leak or do nothing in user mode; I start the guest all the same\n"
text_cpu_vt:
        .asciz  "CPU vt: it traps what the trap bitmap says\n"
text_cpu_svm:
        .asciz  "CPU svm: it traps what the bitmap in the control block says\n"
text_cpu_unknown:
        .asciz  "CPU unknown to me: I trust that it does as the architecture says\n"
text_bitmap:
        .asciz  "trap bitmap "
text_newline:
        .asciz  "\n"
