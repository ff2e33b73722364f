# hostos/syscalls.s - what a process can ask the kernel for. The number in a7, arguments in a0 to a4,
# the answer in a0; -1 means: refused.
#
#        1  write(address, length)          print; returns length. Only memory of the caller's own
#        2  exit(code)                      end; does not return. The first code that is not 0 is the machine's
#        3  yield()                         let the others run first; returns 0
#        4  sleep(low, high)                do not run before the clock shows this time; returns 0
#        5  clock()                         the time: low half in a0, high half in a1
#        6  map(space, address, own, pages, rights)         see hostos/memory.s
#        7  signals(handler, frame, from, upto)             see hostos/signals.s
#        8  alarm(low, high)                                see hostos/signals.s
#        9  return(frame)                   take all registers, and the pc, from a frame
#       10  run(frame, low, high)           see hostos/run.s

        .equ    SYSTEM_CALLS,   11              # length of the table that follows

        .section .rodata
        .balign 4
system_calls:
        .word   sys_refused                     # 0 is not a system call
        .word   sys_write
        .word   sys_exit
        .word   sys_yield
        .word   sys_sleep
        .word   sys_clock
        .word   sys_map
        .word   sys_signals
        .word   sys_alarm
        .word   sys_return
        .word   sys_run

        .section .text

# system_call: the process s0 executed ecall; or what it lets run did, and that is not for us to answer.
system_call:
        lw      t0, P_SPACE(s0)
        bnez    t0, run_ends
        lw      t0, P_PC(s0)
        addi    t0, t0, 4                       # go on after the ecall
        sw      t0, P_PC(s0)
        lw      t0, P_A7(s0)
        li      t1, SYSTEM_CALLS
        bltu    t0, t1, 1f
        li      t0, 0
1:
        la      t1, system_calls
        slli    t0, t0, 2
        add     t0, t0, t1
        lw      t1, 0(t0)
        lw      a0, P_A0(s0)
        lw      a1, P_A1(s0)
        lw      a2, P_A2(s0)
        lw      a3, P_A3(s0)
        lw      a4, P_A4(s0)
        jalr    t1                              # the functions below: the answer in a0
        sw      a0, P_A0(s0)
        j       to_process

sys_refused:
        li      a0, -1
        ret

# sys_write(a0 address, a1 length)
sys_write:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    own_memory
        beqz    a0, 3f
        mv      s1, a0                          # s1 = next character
        lw      s2, P_A1(s0)
        add     s2, s2, s1                      # s2 = where to stop
1:
        bgeu    s1, s2, 2f
        lbu     a0, 0(s1)
        call    print_character
        addi    s1, s1, 1
        j       1b
2:
        lw      a0, P_A1(s0)
        j       4f
3:
        li      a0, -1
4:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# sys_exit(a0 code)
sys_exit:
        call    end_process
        j       next_process

# sys_yield()
sys_yield:
        sw      zero, P_A0(s0)
        j       next_process

# sys_sleep(a1:a0 time)
sys_sleep:
        sw      a0, P_WAKE_LOW(s0)
        sw      a1, P_WAKE_HIGH(s0)
        sw      zero, P_A0(s0)
        li      t0, STATE_ASLEEP
        sw      t0, P_STATE(s0)
        j       next_process

# sys_clock()
sys_clock:
        mv      s1, ra
        call    clock_now
        sw      a1, P_A1(s0)
        mv      ra, s1
        ret
