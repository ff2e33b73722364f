# ticker.s - an ordinary program of hostos: it works a little, says so, and sleeps. Whatever else the host does,
# and be it running a whole virtual machine, a program like this one goes its way.

        .include "hostlib.s"
        program  ticker

        .equ    TICKS,          5               # how often it speaks
        .equ    PERIOD,         100000          # the time from one tick to the next, in units of the clock
        .equ    WORK,           2000            # numbers to add up in each

_start:
        li      s0, 1                           # s0 = the number of this tick
        host    HOST_CLOCK
        mv      s1, a0                          # s2:s1 = when the next one is due
        mv      s2, a1
1:
        li      t0, WORK
        li      s3, 0
2:
        add     s3, s3, t0
        addi    t0, t0, -1
        bnez    t0, 2b

        addi    t0, s0, '0'
        la      a0, text_tick
        sb      t0, TEXT_DIGIT(a0)
        li      a1, text_end - text_tick
        host    HOST_WRITE

        li      t0, PERIOD
        add     s1, s1, t0
        sltu    t0, s1, t0                      # the carry
        add     s2, s2, t0
        mv      a0, s1
        mv      a1, s2
        host    HOST_SLEEP
        addi    s0, s0, 1
        li      t0, TICKS
        bleu    s0, t0, 1b

        li      a0, 0
        host    HOST_EXIT

        .section .data
        .equ    TEXT_DIGIT,     8
text_tick:
        .ascii  "ticker: ?\n"
text_end:
