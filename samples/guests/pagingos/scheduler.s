# pagingos/scheduler.s - who runs next.
#
# Round robin: look at the processes in a circle, beginning after the one that ran last, and take the first that can
# run. The scheduler is entered with a jump and never returns: it leaves through resume, into a process.

        .section .text

# schedule: s0 = the process that ran last. Its registers are saved, its state says whether it may run again.
schedule:
        la      sp, stack_top                   # whoever jumped here, nobody will return
        call    clock_now
        mv      s1, a0                          # s2:s1 = now
        mv      s2, a1
        li      s3, -1                          # s4:s3 = the earliest time at which a sleeper wakes
        li      s4, -1                          #         (-1, the end of time: nobody sleeps)
        li      s5, 0                           # s5 = how many wait for the end of another process
        li      s6, PROCESS_COUNT               # s6 = how many we still have to look at

look_at_process:
        addi    s0, s0, P_SIZE                  # the next one in the circle
        la      t0, processes_end
        bltu    s0, t0, 1f
        la      s0, processes
1:
        lw      t0, P_STATE(s0)
        li      t1, STATE_READY
        beq     t0, t1, dispatch
        li      t1, STATE_ASLEEP
        beq     t0, t1, look_at_sleeper
        li      t1, STATE_WAITING
        bne     t0, t1, next_process            # free
        addi    s5, s5, 1
next_process:
        addi    s6, s6, -1
        bnez    s6, look_at_process

        # Nobody can run.
        and     t0, s3, s4
        addi    t0, t0, 1
        bnez    t0, idle                        # somebody sleeps
        bnez    s5, deadlock
        la      a0, text_all_ended
        call    print
        j       power_off

look_at_sleeper:
        lw      t0, P_WAKE_LOW(s0)
        lw      t1, P_WAKE_HIGH(s0)
        bltu    t1, s2, wake_up                 # compare 64 bits: first the high halves ...
        bne     t1, s2, 1f
        bleu    t0, s1, wake_up                 # ... then the low ones
1:
        bgtu    t1, s4, next_process            # later than the earliest we know?
        bne     t1, s4, 2f
        bgeu    t0, s3, next_process
2:
        mv      s3, t0
        mv      s4, t1
        j       next_process

wake_up:
        li      t0, STATE_READY
        sw      t0, P_STATE(s0)

# dispatch: give the CPU to the process s0.
dispatch:
        la      t0, current
        sw      s0, 0(t0)
        call    space_switch                    # its address space, no other
        addi    t0, s0, P_RESERVE
        sc.w    t1, zero, (t0)                  # ends a reservation that another process's lr.w has left
        mv      a0, s1
        mv      a1, s2
        call    clock_start_tick
        j       resume

# idle: all processes are asleep or waiting. Set the alarm for the first one and stop the hart. satp stays as it is:
# the kernel's part is the same everywhere.
idle:
        mv      a0, s3
        mv      a1, s4
        call    clock_set_alarm
        wfi                                     # goes on when the alarm is due. Interrupts are off in the
        j       schedule                        # kernel, so it is not taken; we just look around again

# deadlock: every process waits for another one. None of them will ever run.
deadlock:
        la      a0, text_deadlock
        call    print
        li      a0, EXIT_DEADLOCK
        j       fail

        .section .rodata
text_all_ended:
        .asciz  "pagingos: all programs have ended, good night\n"
text_deadlock:
        .asciz  "pagingos: every process waits for another one, giving up\n"
