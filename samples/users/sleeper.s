# sleeper.s - goes to sleep for two ticks and checks with the clock that it did.
#
# While it sleeps nobody else can run: all others wait for somebody. Watch the kernel execute wfi.

        .include "lib.s"
        program  sleeper

        .equ    TICKS, 2

_start:
        wait_for 1

        la      a0, text_before
        call    print

        system  SYS_UPTIME
        mv      s0, a0                          # s0 = when it went to sleep
        li      a0, TICKS
        system  SYS_SLEEP
        system  SYS_UPTIME
        sub     s0, a0, s0                      # s0 = how long it slept

        la      a0, text_enough                 # how long exactly differs from machine to machine, and a
        li      t0, TICKS                       # program that was promised "at least" must not care
        bgeu    s0, t0, 1f
        la      a0, text_short
1:
        call    print

        li      a0, 0
        system  SYS_EXIT

        .include "print.s"

        .section .rodata
text_before:
        .asciz  "sleeper: good night for 2 ticks\n"
text_enough:
        .asciz  "sleeper: slept at least 2 ticks\n"
text_short:
        .asciz  "sleeper: woken too early\n"
