# type2/users.s - running the guest's programs: as they are, in our second address space.
#
# What a program does in ring 3 it may do. What traps - system calls, faults, the clock - comes back to us from the
# host, and the guest's kernel gets it. What the CPU ignores in ring 3, it ignores on the bare machine, too.

        .section .text

# run_program: the guest is in U mode.
run_program:
        lw      t0, V_STALE(zero)
        beqz    t0, 1f
        call    walls_apply                     # what may it touch?
1:
        li      a1, -1                          # the alarm, if the guest wants to hear of it
        li      a2, -1
        lw      t0, V_MIE(zero)
        andi    t0, t0, IP_MTIP
        beqz    t0, 2f
        lw      a1, V_ALARM(zero)
        lw      a2, V_ALARM + 4(zero)
2:
        la      a0, VCPU
        host    HOST_RUN
        bltz    a0, program_time
        lw      a1, V_VALUE(zero)
        li      t0, CAUSE_FETCH_PAGE            # we make walls of page tables where the guest has the PMP: give
        li      t1, CAUSE_FETCH_ACCESS          # it the causes that it would have got
        beq     a0, t0, 3f
        li      t0, CAUSE_LOAD_PAGE
        li      t1, CAUSE_LOAD_ACCESS
        beq     a0, t0, 3f
        li      t0, CAUSE_STORE_PAGE
        li      t1, CAUSE_STORE_ACCESS
        bne     a0, t0, 4f
3:
        mv      a0, t1
4:
        call    raise
        j       dispatch

program_time:
        call    time_update                     # the alarm: pending from now on
        j       dispatch
