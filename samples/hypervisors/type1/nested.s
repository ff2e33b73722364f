# type1/nested.s - a guest that is a hypervisor itself: its virtual CPU has a trap bitmap, too.
#
# Without the symbol NESTED a guest sees an ordinary CPU, and all of this file is empty. With it the guest sees a CPU
# like ours: on vt a vt, on svm an svm. Then type1 can run in type1, unchanged, and in that one another.
#
# Three run on one hart, and only one of them in ring 0:
#
#       L0      this hypervisor                         ring 0
#       L1      its guest, a hypervisor, in virtual M   ring 1
#       L2      the guest of that one, in virtual S     ring 1          its programs, in virtual U      ring 3
#
# The hardware has one bitmap, and all of its traps lead to L0. L1's bitmap is a word of the vCPU; L1 believes that
# it rules over what it runs below virtual M. So it does, by two rules:
#
#       the OR          below virtual M the real bitmap is ours or theirs: what L1 wants to have trapped does trap
#       whose exit      of what has trapped, that which is in L1's bitmap goes to L1, as a trap into its virtual M.
#                       What is not L0 does as the CPU of L1 would: if the virtual mode may, it is executed (that
#                       is emulated), else it is ignored, as vt and svm ignore it
#
# The second is the reason why the bitmaps must not simply be exchanged, and why L0 has to know what is in L1's.
#
# On svm L1's bitmap lies in L1's own control block. We do to it what the hardware does to ours: load the bitmap when
# virtual M is left by an xRET, and write why it came back when it is entered again.
#
# All else L1 needs it has already: its guest's S mode is our virtual S mode, and its shadow tables are page tables
# to us like those of any kernel. What we build from them leads from L2's addresses to the real ones in one step.

        .ifdef  NESTED

        .equ    TRAPCAP,        0x001fffff      # what a virtual vt or svm lets its software set: all bits
        .equ    CAUSE_MACHINE_CHECK, 24         # svm: the control block is not in RAM

        .equ    EXIT_OTHER,     0x100           # exit codes of svm: a trap that no bit asked for has its cause added
        .equ    BLOCK_PRIVILEGE, 16             # the last word of the control block

        .section .bss
        .balign 4
virtual_cpu:                                    # CPU_VT or CPU_SVM; 0: an ordinary CPU
        .space  4
bitmap_own:                                     # the bitmap that we want for ourselves ...
        .space  4
bitmap_now:                                     # ... and the one that the hardware has
        .space  4
csr_class:                                      # a byte a CSR number: the trap bit of reads. That of writes is next
        .space  4096

        .section .rodata
        .balign 4
class_table:                                    # first and last CSR, trap bit of reads. Any other is "status", 0.
        .half   0x100, 0x1ff, 15                # sup; of S mode, but for two below
        .half   0x106, 0x106, 10                # count: scounteren
        .half   0x180, 0x180, 8                 # vm: satp
        .half   0x302, 0x303, 2                 # tvec: medeleg, mideleg
        .half   0x304, 0x304, 6                 # int: mie
        .half   0x305, 0x305, 2                 # tvec: mtvec
        .half   0x306, 0x306, 10                # count: mcounteren
        .half   0x320, 0x33f, 10                # count: mcountinhibit, mhpmevent
        .half   0x340, 0x343, 4                 # trap: mscratch, mepc, mcause, mtval
        .half   0x344, 0x344, 6                 # int: mip
        .half   0x3a0, 0x3ef, 8                 # vm: the PMP
        .half   0x7c0, 0x7c1, 13                # trapmap: mtrapmap, mvmcb
        .half   0xb00, 0xbff, 10                # count: the counters of M ...
        .half   0xc00, 0xcff, 10                # ... and of all
        .half   0xf11, 0xf15, 12                # id
        .half   0xfc0, 0xfc0, 13                # trapmap: mtrapcap
class_table_end:

        .section .text

# nested_init: what CPU do guests see? One like ours, if ours can trap all that theirs must be able to.
nested_init:
        lw      t0, cpu_sup_is_native
        bnez    t0, 3f                          # it cannot
        lw      t0, cpu_kind
        sw      t0, virtual_cpu, t1
        csrr    t1, MTRAPMAP
        lw      t2, cpu_has_block
        beqz    t2, 1f
        lw      t1, control_block + BLOCK_TRAPMAP
1:
        sw      t1, bitmap_own, t2
        sw      t1, bitmap_now, t2

        la      t0, class_table
        la      t1, class_table_end
        la      t2, csr_class
2:
        lhu     t3, 0(t0)
        lhu     t4, 2(t0)
        lhu     t5, 4(t0)
        add     t3, t3, t2
        add     t4, t4, t2
1:
        sb      t5, 0(t3)
        addi    t3, t3, 1
        bleu    t3, t4, 1b
        addi    t0, t0, 6
        bltu    t0, t1, 2b

        lw      t0, cpu_has_block
        bnez    t0, 4f
        la      t0, csr_index                   # vt: no mvmcb
        li      t1, MVMCB
        add     t0, t0, t1
        sb      zero, 0(t0)
        ret
3:
        la      t0, csr_index                   # none of the CSRs of a trap bitmap
        li      t1, MTRAPMAP
        add     t1, t1, t0
        sb      zero, 0(t1)
        sb      zero, 1(t1)
        li      t1, MTRAPCAP
        add     t1, t1, t0
        sb      zero, 0(t1)
4:
        ret

# read_mimpid, read_mtrapcap: what the guest finds out about its CPU.
read_mimpid:
        lw      a0, virtual_cpu
        ret
read_mtrapcap:
        li      a0, TRAPCAP
        ret

# ---- the OR

# bitmap_enter: the guest of s0 goes on: the real bitmap as its mode needs it. Only a change is written, because we
# may be a guest ourselves, and then the CSR is not ours: writing it is an exit.
bitmap_enter:
        lw      t0, bitmap_own
        lw      t1, V_PRIVILEGE(s0)
        li      t2, PRIV_M
        beq     t1, t2, 1f                      # its bitmap is for what it runs, not for itself
        lw      t1, V_TRAPMAP(s0)
        or      t0, t0, t1
1:
        la      t1, bitmap_now
        lw      t2, 0(t1)
        beq     t0, t2, 3f
        sw      t0, 0(t1)
        lw      t1, cpu_has_block
        bnez    t1, 2f
        csrw    MTRAPMAP, t0
        ret
2:
        sw      t0, control_block + BLOCK_TRAPMAP, t1
3:
        ret

# ---- whose exit

# intercepted: does the guest's own bitmap have one of the bits t0 set? Then it is illegal, and trap_guest will find
# the bits in V_INTERCEPTED. Else back to t4. Virtual M is above the bitmap.
intercepted:
        lw      t1, V_PRIVILEGE(s0)
        li      t2, PRIV_M
        beq     t1, t2, 1f
        lw      t1, V_TRAPMAP(s0)
        and     t0, t0, t1
        bnez    t0, 2f
1:
        jr      t4
2:
        sw      t0, V_INTERCEPTED(s0)
        j       illegal_for_guest

# csr_intercepted: the same for the CSR instruction s1, which names CSR s2: a0 = 1 if it is illegal now, else 0. It
# is illegal, too, if it writes what can only be read: the hart looks for that before it asks any bitmap.
csr_intercepted:
        lw      t0, V_PRIVILEGE(s0)
        li      t1, PRIV_M
        li      a0, 0
        beq     t0, t1, 3f
        srli    t0, s1, 12
        andi    t0, t0, 3
        addi    t0, t0, -1
        seqz    t0, t0                          # csrrw always writes ...
        srli    t1, s1, 15
        andi    t1, t1, 31
        snez    t1, t1                          # ... the others unless rs1, or the immediate, is 0
        or      t0, t0, t1
        beqz    t0, 1f
        srli    t1, s2, 10
        addi    t1, t1, -3
        beqz    t1, 2f                          # a write to a read-only CSR
1:
        srli    t1, s1, 7
        andi    t1, t1, 31
        snez    t1, t1
        xori    t2, t0, 1
        or      t1, t1, t2                      # t1: it reads, unless it writes and rd is x0
        slli    t0, t0, 1
        or      t0, t0, t1                      # bit 0: reads, bit 1: writes
        la      t1, csr_class
        add     t1, t1, s2
        lbu     t1, 0(t1)
        sll     t0, t0, t1                      # a bit for each class that it is in
        lw      t1, V_TRAPMAP(s0)
        and     t0, t0, t1
        beqz    t0, 3f
        sw      t0, V_INTERCEPTED(s0)
2:
        li      a0, 1
3:
        ret

# ---- the guest's control block: on vt V_BLOCK is always 0

# block_load: virtual M is being left by an xRET to mode t2, and t0 is mstatus; both are kept. Back to t4; a block
# outside RAM is a machine check, and the xRET has not happened.
block_load:
        lw      t1, V_PRIVILEGE(s0)
        li      t3, PRIV_M
        bne     t1, t3, 1f                      # virtual S returns from a trap of its own
        beq     t2, t3, 1f
        lw      a0, V_BLOCK(s0)
        beqz    a0, 1f
        mv      t5, ra
        call    block_address
        mv      ra, t5
        beqz    a0, 2f
        lw      t1, BLOCK_TRAPMAP(a0)
        li      t3, TRAPCAP
        and     t1, t1, t3
        sw      t1, V_TRAPMAP(s0)
        lw      t0, V_MSTATUS(s0)
1:
        jr      t4
2:
        li      a0, CAUSE_MACHINE_CHECK
        lw      a1, V_BLOCK(s0)
        ret

# block_address: a0 = the real address of the control block that the guest calls a0; 0 if it is not all in RAM.
# Changes a0, t0, t1 and t3.
block_address:
        mv      t3, ra
        mv      t1, a0
        addi    a0, a0, BLOCK_SIZE - 1
        bltu    a0, t1, 1f                      # over the end of all addresses
        call    ram_address
        beqz    a0, 2f
        mv      a0, t1
        call    ram_address
        jr      t3
1:
        li      a0, 0
2:
        jr      t3

# block_store: a trap from mode t0 into virtual M, with cause a0 and value a1: write into the guest's block why. a0 and
# a1 stay, unless the block is outside RAM: that makes a machine check of any trap.
block_store:
        lw      t1, V_INTERCEPTED(s0)
        sw      zero, V_INTERCEPTED(s0)
        lw      t2, V_BLOCK(s0)
        beqz    t2, 1f
        li      t3, PRIV_M
        bne     t0, t3, 2f                      # from below M
1:
        ret
2:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        sw      s1, 24(sp)
        sw      s2, 20(sp)
        sw      s3, 16(sp)
        sw      a1, 12(sp)
        mv      s1, a0                          # s1 = the cause
        mv      s2, t1                          # s2 = the bits that asked for it, 0 if none did
        mv      a0, t2
        call    block_address
        beqz    a0, 8f
        mv      s3, a0                          # s3 = the block
        lw      t0, V_PRIVILEGE(s0)
        sw      t0, BLOCK_PRIVILEGE(s3)
        lw      t0, V_PC(s0)
        mv      t1, s1                          # an interrupt: its number and the top bit are the code, too ...
        li      a1, 0                           # ... it is no instruction's, and the next pc is that of now
        bltz    s1, 6f
        addi    t0, t0, 4
        addi    t1, s1, EXIT_OTHER
        beqz    s2, 4f
        li      t1, -1                          # the lowest bit
3:
        addi    t1, t1, 1
        srl     t2, s2, t1
        andi    t2, t2, 1
        beqz    t2, 3b
        lw      a1, V_INSTRUCTION(s0)
        j       6f
4:
        sw      t0, BLOCK_NEXT_PC(s3)
        sw      t1, BLOCK_EXIT(s3)
        call    guest_fetch                     # which instruction was it?
        bltz    a0, 5f
        li      a1, 0                           # none: it could not be fetched
5:
        andi    t0, a1, 3
        xori    t0, t0, 3
        beqz    t0, 7f
        slli    a1, a1, 16                      # 16 bits long: our CPU has none of these, and shows what it has seen
        srli    a1, a1, 16
        j       7f
6:
        sw      t0, BLOCK_NEXT_PC(s3)
        sw      t1, BLOCK_EXIT(s3)
7:
        sw      a1, BLOCK_WORD(s3)
        mv      a0, s1
        lw      a1, 12(sp)
        j       9f
8:
        li      a0, CAUSE_MACHINE_CHECK
        lw      a1, V_BLOCK(s0)
9:
        lw      ra, 28(sp)
        lw      s1, 24(sp)
        lw      s2, 20(sp)
        lw      s3, 16(sp)
        addi    sp, sp, 32
        ret

        .endif
