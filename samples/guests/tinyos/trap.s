# tinyos/trap.s - the way into the kernel and the way out.
#
# Whatever happens - a system call, a fault, the clock - the hart does the same five things by itself:
#
#       mepc    = pc of the instruction that was interrupted
#       mcause  = why                   (top bit set: an interrupt)
#       mtval   = the address or the instruction that was wrong, if any
#       mstatus : MPP = the mode we were in, MPIE = MIE, MIE = 0
#       pc      = mtvec, mode = M       (the mode bit is 1 now)
#
# All 31 registers still hold the user's values, and there is no free one. That is what mscratch is for: it always
# holds the address of the current process.

        .section .text
        .balign 4                               # mtvec keeps two mode bits where the address has zeros
trap_entry:
        csrrw   sp, mscratch, sp                # swap: sp = the process, mscratch = the user's sp
        sw      x1, 4(sp)
        .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sw      x\n, 4*\n(sp)
        .endr
        csrrw   t0, mscratch, sp                # t0 = the user's sp, and mscratch is the process again
        sw      t0, P_SP(sp)
        csrr    t0, mepc
        sw      t0, P_PC(sp)

        mv      s0, sp                          # s0 = the current process, all through the kernel
        la      sp, stack_top                   # never trust the user's stack: use our own

        csrr    t0, mstatus
        li      t1, MSTATUS_MPP
        and     t0, t0, t1
        bnez    t0, panic                       # did not come from U mode: the kernel has a bug

        csrr    a0, mcause
        bltz    a0, interrupt                   # top bit set
        li      t0, CAUSE_ECALL_U
        beq     a0, t0, system_call
        j       kill                            # everything else is the program's fault

interrupt:
        slli    a0, a0, 1                       # drop the top bit
        li      t0, CAUSE_TIMER << 1
        bne     a0, t0, panic                   # no other interrupt is enabled
        j       schedule                        # the tick is over: somebody else's turn

# resume: go back to the process s0, in U mode, with the registers it had.
resume:
        li      t0, MSTATUS_MPIE                # MPP = 0: mret goes to U mode; MPIE: with interrupts on
        csrw    mstatus, t0
        lw      t0, P_PC(s0)
        csrw    mepc, t0
        mv      sp, s0
        lw      x1, 4(sp)
        .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        lw      x\n, 4*\n(sp)
        .endr
        lw      sp, P_SP(sp)                    # the base register comes last
        mret                                    # pc = mepc, mode = U: the mode bit is 0 again
