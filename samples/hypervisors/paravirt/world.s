# paravirt/world.s - the way out of the guest, and the way back in.
#
# Two things are never in memory of ours but in the hart: mepc is where the guest goes on, mstatus.MPP in which ring.
# A trap has put them there; who wants the guest to go on elsewhere changes them.

        .equ    F_SP,           0               # the frame: what we may change, and the guest's sp
        .equ    FRAME_SIZE,     4 * 32          # register xN at 4*N. x0 needs no place: there is sp's

        .section .text

# guest_left: the trap vector.
        .balign 4
guest_left:
        csrrw   sp, mscratch, sp                # sp = the frame, mscratch = the guest's sp
        .irp    n, 1,5,6,7,10,11,12,13,14,15,16,17,28,29,30,31
        sw      x\n, 4*\n(sp)
        .endr
        csrrw   t0, mscratch, sp                # mscratch is the frame again
        sw      t0, F_SP(sp)

        csrr    t0, mstatus
        li      t1, MSTATUS_MPP
        and     t0, t0, t1
        beq     t0, t1, hypervisor_fault        # MPP = M: not from the guest at all
        csrr    a0, mcause
        bltz    a0, enter                       # the only interrupt is the clock's, and enter looks at that
        li      t1, CAUSE_ECALL_S
        beq     a0, t1, hypercall
        csrr    a1, mtval                       # all else is the guest's: its programs' system calls, its faults
        j       exception

# enter: let the guest go on at mepc in the ring mstatus.MPP, or with an interrupt that it would take there.
enter:
        call    clock_update
        call    interrupt_due
        beqz    a0, enter_at_once
        li      a0, CAUSE_TIMER
        li      a1, 0
        call    deliver
enter_at_once:
        call    view_choose
        .irp    n, 1,5,6,7,10,11,12,13,14,15,16,17,28,29,30,31
        lw      x\n, 4*\n(sp)
        .endr
        lw      sp, F_SP(sp)                    # the base register comes last
        mret
