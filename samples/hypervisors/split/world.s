# split/world.s - entering a guest, in the highvisor: one call of the lowvisor.
#
# What type1/world.s does itself happens over there: the registers, the alarm, counting the guest's instructions. What
# is left is to say which guest, with which mstatus and which tables, and how long; and to write down the answer.
#
# On a vt all of S mode's registers trap. The guest has none of its own in the hardware, and cannot change between its
# modes without us.

        .section .text

# world_enter: run the guest of s0, unless it is somebody else's turn on the host.
world_enter:
        lw      t0, turn_is_over
        bnez    t0, 2f
        call    shadow_root
        mv      s1, a0                          # s1 = satp
        call    guest_status
        mv      s2, a0                          # s2 = mstatus
        call    time_budget
        call    clock_limit
        mv      a3, a0
        mv      a2, s1
        mv      a1, s2
        mv      a0, s0
        li      a7, LOW_RUN
        ecall                                   # the guest runs. When this ends it has been left
        la      sp, stack_top
        sw      a0, V_CAUSE(s0)
        sw      a1, V_VALUE(s0)
        mv      s1, a0
        mv      a0, a2
        call    time_advance
        bgez    s1, exit
        mv      a0, s1
        call    host_interrupt                  # it was for the host
        j       exit
2:
        call    thread_yield
        j       resume

# hypervisor_fault: the lowvisor tells of a trap that cannot be.
hypervisor_fault:
        lw      a0, V_CAUSE(s0)
        lw      a1, V_PC(s0)
        j       panic
