# hostos/signals.s - a process that handles its own faults.
#
# With signals(handler, frame, from, upto) a process says: what happens to my code between `from` and `upto` is for my
# handler. From then on, when an instruction there faults, or is illegal, or the alarm is due, the kernel writes all
# registers into the frame, with mcause and mtval, and lets the process go on at the handler. It may change the frame,
# and go on with return(frame); or do anything else. Nothing is blocked in the meantime: as the handler is not itself
# between `from` and `upto`, it cannot be interrupted; and if it faults it is killed, as without a handler.

        .section .text

# sys_signals(a0 handler, a1 frame, a2 from, a3 upto)
sys_signals:
        mv      s1, ra
        mv      s2, a0
        call    own_frame
        beqz    a0, sys_refused_s1
        sw      s2, P_HANDLER(s0)
        sw      a0, P_FRAME(s0)
        sw      a2, P_FROM(s0)
        sw      a3, P_UPTO(s0)
        li      a0, 0
        mv      ra, s1
        ret
sys_refused_s1:
        li      a0, -1
        mv      ra, s1
        ret

# own_frame: a0 = the physical address of the frame at address a1, 0 if it is not in the process's memory.
own_frame:
        mv      a0, a1
        andi    t0, a0, 3
        bnez    t0, 1f
        li      a1, FRAME_SIZE
        j       own_memory
1:
        li      a0, 0
        ret

# sys_alarm(a1:a0 time): interrupt my code then, once. All ones: never. An alarm that is due while the process is not
# between `from` and `upto` waits until it is.
sys_alarm:
        sw      a0, P_ALARM_LOW(s0)
        sw      a1, P_ALARM_HIGH(s0)
        sw      zero, P_A0(s0)
        j       go_on                           # sets the clock

# sys_return(a0 frame)
sys_return:
        mv      a1, a0
        mv      s1, ra
        call    own_frame
        beqz    a0, sys_refused_s1
        mv      a1, a0
        mv      a0, s0
        call    copy_registers
        j       to_process

# kill: the process s0 faulted; a0 = mcause. It is killed only if nobody cares.
kill:
        lw      t0, P_SPACE(s0)
        bnez    t0, run_ends
        csrr    a1, mtval
        mv      s1, a0
        call    signal
        bnez    a0, to_process

        la      a0, text_hostos
        call    print
        addi    a0, s0, P_NAME
        call    print
        la      a0, text_killed
        call    print
        mv      a0, s1
        call    print_hex
        la      a0, text_value
        call    print
        csrr    a0, mtval
        call    print_hex
        la      a0, text_at
        call    print
        lw      a0, P_PC(s0)
        call    print_hex
        la      a0, text_newline
        call    print
        li      a0, EXIT_KILLED
        call    end_process
        j       next_process

# signal: send the process s0, in its own space, a signal of cause a0 and value a1, if its code there may get one.
# a0 = 1 if so, else 0.
signal:
        lw      t0, P_HANDLER(s0)
        beqz    t0, 1f
        lw      t1, P_PC(s0)
        lw      t2, P_FROM(s0)
        bltu    t1, t2, 1f
        lw      t2, P_UPTO(s0)
        bgeu    t1, t2, 1f
        mv      t3, ra
        lw      t4, P_FRAME(s0)
        sw      a0, FRAME_CAUSE(t4)
        sw      a1, FRAME_VALUE(t4)
        mv      a0, t4
        mv      a1, s0
        call    copy_registers
        sw      t0, P_PC(s0)
        li      a0, 1
        mv      ra, t3
        ret
1:
        li      a0, 0
        ret

# alarm_is_due: interrupt what the process s0 runs. a0 = 1 if it could be interrupted.
alarm_is_due:
        mv      s3, ra
        li      a0, INTERRUPT | CAUSE_TIMER
        lw      t0, P_SPACE(s0)
        bnez    t0, 1f
        li      a1, 0
        call    signal
        beqz    a0, 2f
        li      t0, -1
        sw      t0, P_ALARM_LOW(s0)
        sw      t0, P_ALARM_HIGH(s0)
        mv      ra, s3
        ret
1:
        call    leave_run
        li      a0, 1
2:
        mv      ra, s3
        ret

# copy_registers: the 32 words at a1 to a0. Changes a2 alone.
copy_registers:
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        lw      a2, 4*\n(a1)
        sw      a2, 4*\n(a0)
        .endr
        ret

        .section .rodata
        .equ    EXIT_KILLED,    0xfd
text_hostos:
        .asciz  "hostos: "
text_killed:
        .asciz  " killed: cause "
text_value:
        .asciz  ", value "
