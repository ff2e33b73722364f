# tinyos/clock.s - the CLINT: a clock, mtime, that only counts up, and an alarm, mtimecmp.
#
# The timer interrupt is pending as long as mtime >= mtimecmp. Setting a later alarm is what clears it.
# Both are 64 bits wide, the hart loads and stores 32 bits at a time: hence the care below.

        .section .text

# clock_now: a1:a0 = mtime.
clock_now:
        li      t0, MTIME
1:
        lw      a1, 4(t0)
        lw      a0, 0(t0)
        lw      t1, 4(t0)
        bne     a1, t1, 1b                      # the low half went round between the loads: again
        ret

# clock_set_alarm: mtimecmp = a1:a0.
clock_set_alarm:
        li      t0, MTIMECMP
        li      t1, -1
        sw      t1, 0(t0)                       # no alarm can go off while the halves do not fit together
        sw      a1, 4(t0)
        sw      a0, 0(t0)
        ret

# clock_start_tick: set the alarm one tick from now. A process keeps the CPU that long at most.
clock_start_tick:
        mv      t2, ra
        call    clock_now
        li      t0, 1 << TICK_SHIFT
        add     a0, a0, t0
        sltu    t0, a0, t0                      # the carry
        add     a1, a1, t0
        mv      ra, t2
        j       clock_set_alarm
