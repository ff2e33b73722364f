# pagingos/clock.s - the time, and the alarm that the firmware keeps.
#
# S mode reads the clock by itself (the firmware has allowed it, mcounteren.TM). The alarm is a device that belongs
# to M mode: the kernel asks for it with an ecall.

        .section .text

# clock_now: a1:a0 = the time.
clock_now:
        csrr    a1, timeh
        csrr    a0, time
        csrr    t1, timeh
        bne     a1, t1, clock_now               # the low half went round between the reads: again
        ret

# clock_start_tick: set the alarm one tick from a1:a0, which is now. A process keeps the CPU that long at most.
clock_start_tick:
        li      t0, 1 << TICK_SHIFT
        add     a0, a0, t0
        sltu    t0, a0, t0                      # the carry
        add     a1, a1, t0

# clock_set_alarm: a timer interrupt when the time is a1:a0. Withdraws the one that is pending.
clock_set_alarm:
        li      a7, FIRMWARE_SET_TIMER
        ecall                                   # from S mode: not delegated, it goes to M mode
        ret
