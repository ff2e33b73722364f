# split/clock.s - the host's clock. While anybody runs it ticks every HOST_TICK units of mtime; a turn is over then.
#
# In ring 1 there is no way to the timer, so the alarm is set by a call of the lowvisor, and when it rings it is the
# lowvisor that makes a timer interrupt of S mode of it. While a guest runs, its own alarm has the timer: then the
# tick limits how long the guest runs.

        .section .bss
        .balign 4
tick_at:                                        # when the next tick is due, in mtime
        .space  8

        .section .text

# clock_init: the first tick.
clock_init:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    time_now
        j       1f

# clock_interrupt: wake who has waited for this time. If it is time for a tick, too, the turn is over.
clock_interrupt:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    time_now
        call    tasks_wake
        lw      t0, tick_at
        lw      t1, tick_at + 4
        bltu    a1, t1, 2f
        bne     a1, t1, 1f
        bltu    a0, t0, 2f
1:
        li      t0, 1                           # a1:a0 = now
        sw      t0, turn_is_over, t1
        li      t0, HOST_TICK
        add     a0, a0, t0
        sltu    t0, a0, t0
        add     a1, a1, t0
        sw      a0, tick_at, t0
        sw      a1, tick_at + 4, t0
2:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# clock_set: the alarm for when a process runs: the next tick, or before that when a task is to be woken.
clock_set:
        lw      a0, tick_at
        lw      a1, tick_at + 4
        j       1f

# clock_set_idle: the alarm for when nobody runs. The clock need not tick for nobody.
clock_set_idle:
        li      a0, -1
        li      a1, -1
1:
        la      t0, tasks
        la      t1, tasks_end
2:
        lw      t2, T_STATE(t0)
        addi    t2, t2, -TASK_ASLEEP
        bnez    t2, 4f
        lw      t2, T_WAKE(t0)
        lw      t3, T_WAKE + 4(t0)
        bltu    t3, a1, 3f
        bne     t3, a1, 4f
        bgeu    t2, a0, 4f
3:
        mv      a0, t2
        mv      a1, t3
4:
        addi    t0, t0, T_SIZE
        bltu    t0, t1, 2b
        li      a7, LOW_ALARM
        ecall                                   # a1:a0 = when
        ret

# clock_limit: a0 = how many instructions a guest may run: what it was, or up to the next tick. At least one.
clock_limit:
        rdtime  t0
        lw      t1, tick_at
        sub     t0, t1, t0                      # a tick is never far away: the low half tells
        bgtz    t0, 1f
        li      t0, 1
1:
        bltu    a0, t0, 2f
        mv      a0, t0
2:
        ret
