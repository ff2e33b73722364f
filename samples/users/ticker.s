# ticker.s - tells the time now and then. It is there to be seen beside something else that runs.

        .include "lib.s"
        program  ticker

        .equ    TIMES,  5                       # so many lines ...
        .equ    PAUSE,  6                       # ... and so many ticks before each

_start:
        li      s0, TIMES
1:
        li      a0, PAUSE
        system  SYS_SLEEP
        la      a0, text_ticker
        call    print
        system  SYS_UPTIME
        call    print_number
        la      a0, text_newline
        call    print
        addi    s0, s0, -1
        bnez    s0, 1b

        li      a0, 0
        system  SYS_EXIT

        .include "print.s"

        .section .rodata
text_ticker:
        .asciz  "ticker: the clock shows "
text_newline:
        .asciz  "\n"
