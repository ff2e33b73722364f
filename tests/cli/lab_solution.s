# hypervisor.s - your hypervisor. It boots, starts the guest, and stops at the first trap that it has no answer to.
#
# This is the file you write in; LESSON.md says in which order. The guest (guest.s and program.s) believes that it
# has the machine for itself: it is a kernel that was written for ring 0. Here only you run in ring 0 (RISC-V says:
# M mode). The guest kernel runs in ring 1 (S mode), its program in ring 3 (U mode). Both have mode bit 0.
#
#       0x80000000      this hypervisor
#       0x80400000      the guest: its kernel here, its program at 0x80410000
#
# The guest lies where it was linked for, so that you need no page tables.

        .equ    UART,           0x10000000      # the serial port
        .equ    CLOCK,          0x0200bff8      # the time, 64 bits
        .equ    ALARM,          0x02004000      # when the clock shall interrupt, 64 bits
        .equ    FINISHER,       0x00100000      # a word stored here ends the run
        .equ    FINISH_FAIL,    0x3333          # ... with a code, in the upper half; 0x5555 is code 0

        .equ    GUEST,          0x80400000
        .equ    GUEST_SIZE,     0x00400000

        .equ    MSTATUS_MPP,    3 << 11         # the ring before a trap, and after mret: 0 is U, 1 is S, 3 is M
        .equ    MPP_S,          1 << 11
        .equ    CAUSE_ILLEGAL,  2
        .equ    CAUSE_STORE,    7               # a store to where the PMP says no
        .equ    OPCODE_SYSTEM,  0x73            # the seven lowest bits of every kernel instruction
        .equ    OPCODE_STORE,   0x23

        # The four bits of a PMP entry that say what may be done, and how a region of a power of two is written:
        # its size is in the number of ones at the end of its address.
        .equ    PMP_R,          1
        .equ    PMP_W,          2
        .equ    PMP_X,          4
        .equ    PMP_NAPOT,      3 << 3
        .macro  pmp_region entry, start, size
        li      t0, (\start >> 2) | (\size / 8 - 1)
        csrw    pmpaddr\entry, t0
        .endm

# How many steps of the lesson are solved, so that the tests can look at a student half-way.
        .ifndef SOLVED
        .equ    SOLVED, 6
        .endif

        .equ    CAUSE_ECALL_U,  8
        .equ    CAUSE_ECALL_S,  9
        .equ    CAUSE_ECALL_M,  11
        .equ    CAUSE_TIMER,    0x80000007
        .equ    MSTATUS_MIE,    1 << 3
        .equ    MSTATUS_MPIE,   1 << 7
        .equ    MI_TIMER,       1 << 7          # in mie and mip
        .equ    MRET,           0x30200073

        # Where virtual_cpu keeps what.
        .equ    V_MTVEC,        0
        .equ    V_MSTATUS,      4
        .equ    V_MEPC,         8
        .equ    V_MCAUSE,       12
        .equ    V_MTVAL,        16
        .equ    V_MSCRATCH,     20
        .equ    V_MIE,          24
        .equ    V_MHARTID,      28
        .equ    V_PMPCFG0,      32
        .equ    V_PMPADDR0,     36

        .section .text
        .globl  _start
_start:
        la      sp, stack_top
        la      t0, trap_entry
        csrw    mtvec, t0                       # every trap from the guest comes to trap_entry
        la      t0, registers
        csrw    mscratch, t0                    # where the guest's registers are saved

# 1. Kernel instructions must trap when the guest uses them.
#
# On a classic CPU (mimpid 0) they do, and there is no mtrapmap. On a CPU with a trap bitmap each class of kernel
# instructions has a bit in mtrapmap, and after a reset all bits are 0: the CPU would *ignore* what the guest
# kernel says. -1 sets every bit that there is. (Try it with one bit left out, when your hypervisor works.)
        csrr    t0, mimpid
        beqz    t0, allow_memory
        li      t0, -1
        csrw    mtrapmap, t0
        csrr    t0, mtrapmap
        bnez    t0, allow_memory
        la      a0, text_no_bitmap              # an old CPU: nothing you write in this file can help
        call    print

# 2. What the guest may touch. In rings 1 and 3 nothing is allowed that no PMP entry allows, and this hypervisor's
# memory is in none of them. The serial port is passed through: the guest uses the real one. Everything else
# traps with an access fault: the finisher and the alarm are yours to emulate. (The clock may be read.)
allow_memory:
        pmp_region 0, GUEST, GUEST_SIZE
        pmp_region 1, UART, 0x100
        pmp_region 2, CLOCK, 8
        li      t0, (PMP_NAPOT|PMP_R|PMP_W|PMP_X) | (PMP_NAPOT|PMP_R|PMP_W) << 8 | (PMP_NAPOT|PMP_R) << 16
        csrw    pmpcfg0, t0                     # one byte for each entry

# 3. Start the guest: in ring 1, at its first instruction, all its registers 0, as after a reset.
        li      t0, MSTATUS_MPP
        csrc    mstatus, t0
        li      t0, MPP_S
        csrs    mstatus, t0                     # mret goes to ring 1 ...
        li      t0, GUEST
        csrw    mepc, t0                        # ... and there
        la      s0, registers
        j       resume

# trap_entry: the guest trapped. The CPU has put into mcause why, into mepc where, into mtval the instruction or the
# address that was wrong, into MPP which ring it was. All registers still hold the guest's values: save them first.
        .balign 4
trap_entry:
        csrrw   sp, mscratch, sp                # sp = registers, mscratch = the guest's sp
        sw      x1, 4*1(sp)
        .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sw      x\n, 4*\n(sp)
        .endr
        csrrw   t0, mscratch, sp
        sw      t0, 4*2(sp)
        mv      s0, sp                          # s0 = registers: the guest's register n is at 4*n(s0)
        la      sp, stack_top

        csrr    t0, mstatus
        li      t1, MSTATUS_MPP
        and     t0, t0, t1
        beq     t0, t1, unhandled               # from ring 0: this hypervisor itself did something wrong

        csrr    t0, mcause
        li      t1, CAUSE_ILLEGAL
        beq     t0, t1, illegal_instruction
        li      t1, CAUSE_STORE
        beq     t0, t1, store_fault
        .if SOLVED >= 3
        li      a1, CAUSE_ECALL_M               # the guest kernel believes that it is in M mode
        li      a2, 0
        li      t1, CAUSE_ECALL_S
        beq     t0, t1, reflect
        .endif
        .if SOLVED >= 4
        li      a1, CAUSE_ECALL_U
        li      t1, CAUSE_ECALL_U
        beq     t0, t1, reflect
        .endif
        .if SOLVED >= 6
        li      t1, CAUSE_TIMER
        beq     t0, t1, guest_goes_on           # it looks whether the guest wants it
        .endif
        # Here come the other causes: system calls (LESSON.md, steps 3 and 4), the clock (step 6).
        j       unhandled

# illegal_instruction: a kernel instruction in ring 1 or 3 (or nonsense). mtval holds its bits:
#
#       31        20 19   15 14  12 11   7 6       0
#       [   CSR    ] [ rs1 ] [ f3 ] [ rd ] [ opcode ]     f3: 1 csrrw, 2 csrrs, 3 csrrc; 5, 6, 7 with rs1 as number
illegal_instruction:
        csrr    s1, mtval                       # s1 = the instruction
        andi    t0, s1, 0x7f
        li      t1, OPCODE_SYSTEM
        bne     t0, t1, unhandled
        srli    s2, s1, 12
        andi    s2, s2, 7                       # s2 = f3, which is 0 for mret and others without a CSR
        srli    s3, s1, 20                      # s3 = the number of the CSR
        # Here you emulate it (steps 1 and 2, 4, 5). What a virtual CSR holds you keep in memory, see virtual_cpu.
        .if SOLVED >= 5
        csrr    t0, mstatus
        li      t1, MSTATUS_MPP
        and     t0, t0, t1
        li      a1, CAUSE_ILLEGAL
        mv      a2, s1
        beqz    t0, reflect                     # from ring 3: its kernel wants to know
        .endif
        .if SOLVED >= 3
        li      t0, MRET
        beq     s1, t0, emulate_mret
        .endif
        beqz    s2, unhandled
        la      t0, virtual_csrs
1:      lw      t1, 0(t0)
        beqz    t1, unhandled                   # the table ends with 0
        beq     t1, s3, 2f
        addi    t0, t0, 12
        j       1b
2:      lw      s4, 4(t0)                       # s4 = the bits that can be written
        lw      t1, 8(t0)
        la      s5, virtual_cpu
        add     s5, s5, t1                      # s5 = where the CSR is
        lw      s6, 0(s5)                       # s6 = the old value
        srli    s7, s1, 15
        andi    s7, s7, 31                      # s7 = the operand: the number rs1 itself ...
        andi    t0, s2, 4
        bnez    t0, 3f
        slli    s7, s7, 2
        add     s7, s7, s0
        lw      s7, 0(s7)                       # ... or what is in that register
3:      andi    s2, s2, 3
        li      t0, 1
        beq     s2, t0, 5f
        li      t0, 2
        beq     s2, t0, 4f
        not     s7, s7
        and     s7, s7, s6                      # csrrc
        j       5f
4:      or      s7, s7, s6                      # csrrs
5:      xor     t0, s6, s7
        and     t0, t0, s4
        xor     t0, t0, s6
        sw      t0, 0(s5)
        srli    t0, s1, 7
        andi    t0, t0, 31                      # rd
        beqz    t0, emulated                    # x0 stays 0
        slli    t0, t0, 2
        add     t0, t0, s0
        sw      s6, 0(t0)
        j       emulated

        .if SOLVED >= 3
# emulate_mret: what the CPU does at mret, done to the virtual mstatus.
emulate_mret:
        la      s5, virtual_cpu
        lw      t0, V_MSTATUS(s5)
        li      t1, MSTATUS_MPP
        and     s2, t0, t1                      # s2 = the virtual MPP
        .if SOLVED < 4
        beqz    s2, unhandled
        .endif
        andi    t1, t0, MSTATUS_MPIE
        srli    t1, t1, 4                       # MIE = MPIE, MPIE = 1, MPP = 0
        ori     t1, t1, MSTATUS_MPIE
        sw      t1, V_MSTATUS(s5)
        lw      t0, V_MEPC(s5)
        csrw    mepc, t0
        li      t0, MSTATUS_MPP
        csrc    mstatus, t0
        beqz    s2, guest_goes_on               # to ring 3
        li      t0, MPP_S
        csrs    mstatus, t0                     # to the virtual ring 0, which is ring 1
        j       guest_goes_on

# reflect: let the guest's kernel have a trap, with the cause a1 and the value a2, as if there were nobody else.
reflect:
        la      s5, virtual_cpu
        sw      a1, V_MCAUSE(s5)
        sw      a2, V_MTVAL(s5)
        csrr    t0, mepc
        sw      t0, V_MEPC(s5)
        lw      t0, V_MSTATUS(s5)
        andi    t0, t0, MSTATUS_MIE
        slli    t0, t0, 4                       # MPIE = MIE, MIE = 0
        csrr    t1, mstatus
        li      t2, MSTATUS_MPP
        and     t1, t1, t2
        beqz    t1, 1f
        or      t0, t0, t2                      # from ring 1, the virtual ring 0: MPP = 3
1:      sw      t0, V_MSTATUS(s5)
        lw      t0, V_MTVEC(s5)
        csrw    mepc, t0
        li      t0, MPP_S
        csrs    mstatus, t0
        j       guest_goes_on

        .if SOLVED < 6
        .equ    guest_goes_on, resume
        .endif
        .endif

        j       unhandled

# store_fault: a store to where the guest may not store. Devices are emulated so. This one is done for you: the
# guest stores into the finisher to turn off its machine. It must not turn off yours: you get the last word.
store_fault:
        csrr    t0, mtval                       # the address it wanted
        .if SOLVED >= 6
        li      t1, ALARM
        sub     t1, t0, t1
        andi    t2, t1, ~4                      # 0 for both halves of the alarm
        beqz    t2, set_alarm
        .endif
        li      t1, FINISHER
        bne     t0, t1, unhandled
        csrr    t0, mstatus
        li      t1, MSTATUS_MPP
        and     t0, t0, t1
        beqz    t0, unhandled                   # from ring 3: only the kernel may. The guest wants this fault (step 5)
        csrr    t0, mepc
        lw      s1, 0(t0)                       # mtval is the address, so fetch the instruction: sw rs2, n(rs1)
        andi    t0, s1, 0x7f
        li      t1, OPCODE_STORE
        bne     t0, t1, unhandled
        srli    t0, s1, 20
        andi    t0, t0, 31                      # the number of rs2 ...
        slli    t0, t0, 2
        add     t0, t0, s0
        lw      s2, 0(t0)                       # ... and what is in it
        la      a0, text_guest_ended
        call    print
        srli    a0, s2, 16                      # the exit code is in the upper half
        call    print_hex
        la      a0, text_newline
        call    print
        li      t0, FINISHER
        sw      s2, 0(t0)                       # as nobody else runs here, end the whole run with the same code
        j       .

        .if SOLVED >= 6
# set_alarm: nobody else needs the clock, so the guest's alarm is the real one.
set_alarm:
        csrr    t1, mstatus
        li      t2, MSTATUS_MPP
        and     t1, t1, t2
        li      a1, CAUSE_STORE
        mv      a2, t0
        beqz    t1, reflect
        csrr    t1, mepc
        lw      s1, 0(t1)
        andi    t1, s1, 0x7f
        li      t2, OPCODE_STORE
        bne     t1, t2, unhandled
        srli    t1, s1, 20
        andi    t1, t1, 31
        slli    t1, t1, 2
        add     t1, t1, s0
        lw      t1, 0(t1)
        sw      t1, 0(t0)
        j       emulated
        .endif

# emulated: the instruction's work is done, so it is over: the guest goes on behind it.
emulated:
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0

        .if SOLVED >= 6
# guest_goes_on: before the guest runs again: may its kernel be interrupted now? If the alarm is over, it is at
# once. If not, the real CPU shall interrupt when it is. And while the guest's interrupts are off, ours are too.
guest_goes_on:
        li      t0, MI_TIMER
        csrc    mie, t0
        la      s5, virtual_cpu
        lw      t1, V_MIE(s5)
        and     t1, t1, t0
        beqz    t1, resume                      # it wants none
        csrr    t1, mstatus
        li      t2, MSTATUS_MPP
        and     t1, t1, t2
        beqz    t1, 1f                          # in ring 3 they are always on
        lw      t1, V_MSTATUS(s5)
        andi    t1, t1, MSTATUS_MIE
        beqz    t1, resume
1:      csrr    t1, mip
        and     t1, t1, t0
        li      a1, CAUSE_TIMER
        li      a2, 0
        bnez    t1, reflect
        csrs    mie, t0
        .endif

# resume: back to the guest, to mepc, in the ring that MPP says, with the registers as they are saved.
resume:
        mv      sp, s0
        lw      x1, 4*1(sp)
        .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        lw      x\n, 4*\n(sp)
        .endr
        lw      sp, 4*2(sp)
        mret

# unhandled: say what the guest did that nobody emulates, and end the run.
unhandled:
        call    report_trap                     # in support.s
        li      a0, 100
        j       finish

# finish: end the run with the exit code in a0.
finish:
        slli    a0, a0, 16
        li      t0, FINISH_FAIL
        or      a0, a0, t0
        li      t0, FINISHER
        sw      a0, 0(t0)
        j       .

        .include "support.s"

        .section .rodata
text_no_bitmap:
        .asciz  "hypervisor: this CPU cannot let kernel instructions trap, the guest will go wrong\n"
text_guest_ended:
        .asciz  "hypervisor: the guest has turned its machine off, code "

        .balign 4
        # the number of a CSR, the bits that can be written, where it is in virtual_cpu
virtual_csrs:
        .word   0x305, ~3, V_MTVEC
        .if SOLVED >= 2
        .word   0x300, MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MIE, V_MSTATUS
        .word   0x304, MI_TIMER, V_MIE
        .word   0x340, -1, V_MSCRATCH
        .word   0x341, ~3, V_MEPC
        .word   0x342, -1, V_MCAUSE
        .word   0x343, -1, V_MTVAL
        .word   0xf14, 0, V_MHARTID
        .endif
        .if SOLVED >= 4
        .word   0x3a0, -1, V_PMPCFG0            # kept, not obeyed: the program could touch its kernel
        .word   0x3b0, -1, V_PMPADDR0
        .endif
        .word   0

        .section .bss
        .balign 16
registers:
        .space  4 * 32                          # the guest's x0 to x31; x0 stays 0
virtual_cpu:                                    # the CSRs that the guest believes to have: yours to lay out
        .space  4 * 32
stack:
        .space  1024
stack_top:
