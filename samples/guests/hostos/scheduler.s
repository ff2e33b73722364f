# hostos/scheduler.s - who runs next: round robin, a slice of time for each.

        .equ    RETRY,          256             # an alarm that comes at a bad moment comes again so much later

        .section .bss
        .balign 4
slice_end:                                      # when the turn of the current process is over, 64 bits
        .space  8

        .section .text

# schedule: the clock has interrupted the process s0. Its turn may be over; or it was only its alarm.
schedule:
        call    clock_now
        la      t0, slice_end
        lw      t1, 0(t0)
        lw      t2, 4(t0)
        bltu    a1, t2, go_on
        bne     a1, t2, next_process
        bltu    a0, t1, go_on

# next_process: s0 = the process that ran last. Find one that can run, begin its turn.
next_process:
        call    clock_now
        mv      s1, a0                          # s2:s1 = now
        mv      s2, a1
        li      s3, -1                          # s4:s3 = the earliest time at which a sleeper wakes
        li      s4, -1
        li      s5, PROCESSES                   # s5 = how many we still have to look at
1:
        addi    s0, s0, P_SIZE
        la      t0, processes_end
        bltu    s0, t0, 2f
        la      s0, processes
2:
        lw      t0, P_STATE(s0)
        li      t1, STATE_READY
        beq     t0, t1, 5f
        li      t1, STATE_ASLEEP
        bne     t0, t1, 4f
        lw      t0, P_WAKE_LOW(s0)
        lw      t1, P_WAKE_HIGH(s0)
        bltu    t1, s2, 5f
        bne     t1, s2, 3f
        bleu    t0, s1, 5f
3:
        bgtu    t1, s4, 4f                      # not yet; is it the first of the sleepers?
        bne     t1, s4, 6f
        bgeu    t0, s3, 4f
6:
        mv      s3, t0
        mv      s4, t1
4:
        addi    s5, s5, -1
        bnez    s5, 1b

        and     t0, s3, s4                      # nobody can run
        addi    t0, t0, 1
        beqz    t0, power_off                   # and nobody ever will
        mv      a0, s3
        mv      a1, s4
        call    clock_set_alarm
        wfi
        j       next_process

5:
        li      t0, STATE_READY
        sw      t0, P_STATE(s0)
        csrw    mscratch, s0                    # the next trap saves its registers here
        li      t0, 1 << TICK_SHIFT
        add     t0, t0, s1
        sltu    t1, t0, s1                      # the carry
        add     t1, t1, s2
        la      t2, slice_end
        sw      t0, 0(t2)
        sw      t1, 4(t2)

# go_on: give the CPU to the process s0, until its turn ends or its alarm is due. An alarm that is due comes first.
go_on:
        call    clock_now
        lw      t0, P_ALARM_LOW(s0)             # t1:t0 = the alarm
        lw      t1, P_ALARM_HIGH(s0)
        bltu    a1, t1, 1f
        bne     a1, t1, 2f
        bltu    a0, t0, 1f
2:
        mv      s1, a0
        mv      s2, a1
        call    alarm_is_due                    # did it get it?
        li      t0, -1
        li      t1, -1
        bnez    a0, 1f
        addi    t0, s1, RETRY                   # no, a bad moment
        sltu    t1, t0, s1
        add     t1, t1, s2
1:
        la      t2, slice_end                   # whatever is earlier
        lw      a0, 0(t2)
        lw      a1, 4(t2)
        bltu    a1, t1, 3f
        bne     a1, t1, 4f
        bltu    a0, t0, 3f
4:
        mv      a0, t0
        mv      a1, t1
3:
        call    clock_set_alarm

# to_process: on to the process s0, in the address space that runs.
to_process:
        lw      t0, P_SPACE(s0)
        slli    t0, t0, 2
        add     t0, t0, s0
        lw      t0, P_SATP(t0)
        csrw    satp, t0
        sfence.vma                              # page tables may have changed: forget them
        j       resume
