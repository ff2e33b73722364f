# tinyos/syscalls.s - what a program can ask the kernel for.
#
# The program puts the number of the call into a7, the arguments into a0 and a1, and executes ecall. The answer
# is in a0; every other register is as it was. -1 means: refused.
#
#       1  write(address, length)    print; returns length. Only memory of the caller's own slot
#       2  getpid()                  the caller's number: 1, 2, 3, ...
#       3  yield()                   let the others run first; returns 0
#       4  sleep(ticks)              do not run for at least so many ticks; returns 0
#       5  uptime()                  ticks since the machine was turned on
#       6  exit(code)                end; does not return. The kernel reports a code that is not 0
#       7  wait(pid)                 sleep until that process has ended; returns 0, or -1 if there is none

        .include "tinyos/calls.s"

        .section .text

# system_call: the current process (s0) executed ecall.
system_call:
        lw      t0, P_PC(s0)
        addi    t0, t0, 4                       # mepc names the ecall itself: go on after it, or it would
        sw      t0, P_PC(s0)                    # be executed again and again

        li      a0, -1                          # the answer to a number that does not exist
        lw      t0, P_A7(s0)
        li      t1, SYSTEM_CALLS
        bgeu    t0, t1, system_call_done        # unsigned: this catches negative numbers, too
        la      t1, system_calls
        slli    t0, t0, 2
        add     t0, t0, t1
        lw      t0, 0(t0)
        lw      a0, P_A0(s0)
        lw      a1, P_A1(s0)
        jalr    t0                              # the functions below: arguments in a0 and a1, answer in a0
system_call_done:
        sw      a0, P_A0(s0)                    # the saved a0: resume loads it
        j       resume

system_call_refused:
        li      a0, -1
        ret

# write(a0 address, a1 length). The address comes from a program, and the kernel could read any memory there is:
# without the check every program could have the kernel print the kernel's secrets. All comparisons are unsigned, and
# none of them can overflow.
sys_write:
        lw      t0, P_SLOT(s0)
        sub     t0, a0, t0                      # t0 = how far into the slot; huge if the address is below it
        li      t1, SLOT_SIZE
        bgtu    t0, t1, system_call_refused
        sub     t1, t1, t0                      # t1 = how many bytes of the slot are left
        bgtu    a1, t1, system_call_refused
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        mv      s1, a0                          # s1 = next character
        add     s2, a0, a1                      # s2 = where to stop
1:
        bgeu    s1, s2, 2f
        lbu     a0, 0(s1)
        call    print_character
        addi    s1, s1, 1
        j       1b
2:
        lw      a0, P_A1(s0)
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        addi    sp, sp, 16
        ret

# getpid()
sys_getpid:
        lw      a0, P_PID(s0)
        ret

# yield()
sys_yield:
        sw      zero, P_A0(s0)
        j       schedule                        # still READY: its turn comes again

# sleep(a0 ticks). Wakes at mtime + ticks * 2**TICK_SHIFT, computed in 64 bits.
sys_sleep:
        srli    s1, a0, 32 - TICK_SHIFT
        slli    s2, a0, TICK_SHIFT
        call    clock_now                       # a0 = low half, a1 = high half
        add     t0, a0, s2
        sltu    t1, t0, a0                      # the carry
        add     a1, a1, s1
        add     a1, a1, t1
        sw      t0, P_WAKE_LOW(s0)
        sw      a1, P_WAKE_HIGH(s0)
        li      t0, STATE_ASLEEP
        sw      t0, P_STATE(s0)
        sw      zero, P_A0(s0)
        j       schedule

# uptime()
sys_uptime:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    clock_now
        srli    a0, a0, TICK_SHIFT              # the low 32 bits of mtime / 2**TICK_SHIFT
        slli    a1, a1, 32 - TICK_SHIFT
        or      a0, a0, a1
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# exit(a0 code)
sys_exit:
        beqz    a0, 1f
        mv      s1, a0
        la      a0, text_tinyos
        call    print
        addi    a0, s0, P_NAME
        call    print
        la      a0, text_ended_with
        call    print
        mv      a0, s1
        call    print_hex
        la      a0, text_newline
        call    print
1:
        call    end_process
        j       schedule

# wait(a0 pid)
sys_wait:
        la      t0, process_count
        lw      t0, 0(t0)
        addi    t1, a0, -1                      # t1 = place in the table; pid 0 makes it huge
        bgeu    t1, t0, system_call_refused     # no such process
        lw      t0, P_PID(s0)
        beq     a0, t0, system_call_refused     # itself: that would be a long wait
        li      t0, P_SIZE
        mul     t0, t0, t1
        la      t1, processes
        add     t0, t0, t1                      # t0 = the process
wait_for_process:
        lw      t0, P_STATE(t0)
        addi    t0, t0, -STATE_ENDED
        sw      a0, P_WAITS_FOR(s0)
        li      a0, 0
        bnez    t0, 1f
        ret                                     # it has ended already
1:
        sw      zero, P_A0(s0)
        li      t0, STATE_WAITING
        sw      t0, P_STATE(s0)
        j       schedule                        # end_process makes us READY again

        .section .rodata
text_ended_with:
        .asciz  " ended with code "
