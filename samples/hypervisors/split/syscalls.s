# split/syscalls.s - the host's system calls: those of tinyos but `wait`, with its numbers (users/lib.s), so that
# programs written for tinyos run as processes of the host. The number is in a7, the answer in a0; -1 is a refusal.

        .equ    CALL_COUNT, 6                   # rows of call_table

        .section .text

# system_call: the process s0 has said ecall. Ends in it, or in another task.
system_call:
        lw      t0, T_PC(s0)
        addi    t0, t0, 4
        sw      t0, T_PC(s0)
        lw      a0, 4*10(s0)
        lw      a1, 4*11(s0)
        lw      t0, 4*17(s0)
        addi    t0, t0, -1                      # number 1 is the first
        li      t1, CALL_COUNT
        bgeu    t0, t1, call_refused
        la      t1, call_table
        slli    t0, t0, 2
        add     t0, t0, t1
        lw      t1, 0(t0)
        jr      t1                              # not t0: that is a second link register, jr t0 says "return"

call_refused:
        li      a0, -1
call_answer:
        sw      a0, 4*10(s0)
        j       process_continue

# write(a0 address, a1 length). Lines appear whole: between those of VMs they could not be told apart else.
call_write:
        li      t0, PROGRAM
        sub     t0, a0, t0
        li      t1, SLOT_SIZE
        bgtu    t0, t1, call_refused            # not its memory
        sub     t1, t1, t0
        bgtu    a1, t1, call_refused
        lw      s1, T_MEMORY(s0)
        add     s1, s1, t0                      # s1 = the bytes, where they really are
        add     s2, s1, a1
1:
        bgeu    s1, s2, 4f
        lbu     t0, 0(s1)
        addi    s1, s1, 1
        lw      t1, T_LINE_COUNT(s0)
        li      t2, '\n'
        beq     t0, t2, 2f
        add     t2, s0, t1
        sb      t0, T_LINE(t2)
        addi    t1, t1, 1
        sw      t1, T_LINE_COUNT(s0)
        li      t2, LINE_SIZE
        bltu    t1, t2, 1b
2:
        call    line_print
        j       1b
4:
        lw      a0, 4*11(s0)
        j       call_answer

# line_print: what the process s0 has written so far becomes a line of the console.
line_print:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    console_break
        addi    a0, s0, T_LINE
        lw      a1, T_LINE_COUNT(s0)
        sw      zero, T_LINE_COUNT(s0)
        call    print_bytes
        la      a0, text_newline
        lw      ra, 12(sp)
        addi    sp, sp, 16
        j       print

# getpid()
call_getpid:
        lw      a0, T_ID(s0)
        j       call_answer

# yield()
call_yield:
        sw      zero, 4*10(s0)
        j       task_next

# sleep(a0 ticks)
call_sleep:
        sw      zero, 4*10(s0)
        slli    s1, a0, HOST_TICK_SHIFT
        srli    s2, a0, 32 - HOST_TICK_SHIFT
        call    time_now
        add     s1, s1, a0
        sltu    a0, s1, a0
        add     s2, s2, a1
        add     s2, s2, a0
        sw      s1, T_WAKE(s0)
        sw      s2, T_WAKE + 4(s0)
        li      t0, TASK_ASLEEP
        sw      t0, T_STATE(s0)
        j       task_next

# uptime()
call_uptime:
        call    time_now
        srli    a0, a0, HOST_TICK_SHIFT
        slli    a1, a1, 32 - HOST_TICK_SHIFT
        or      a0, a0, a1
        j       call_answer

# exit(a0 code)
call_exit:
        li      t0, TASK_ENDED
        sw      t0, T_STATE(s0)
        lw      t0, T_LINE_COUNT(s0)
        beqz    t0, 1f
        call    line_print
1:
        j       task_next

        .section .rodata
        .balign 4
call_table:
        .word   call_write, call_getpid, call_yield, call_sleep, call_uptime, call_exit
