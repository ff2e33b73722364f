# The well-behaved guest beside a hostile one: it is interrupted by its clock, works on its memory, says what came
# out, and turns its machine off. All of it takes few exits, so that thousands of runs are quick.

        .equ    TICKS,    4
        .equ    CLINT,    0x02000000
        .equ    UART,     0x10000000
        .equ    FINISHER, 0x00100000

_start: la      t0, on_tick
        csrw    mtvec, t0
        li      s0, TICKS
        li      s1, 0                           # the checksum
        li      s2, 0x9e3779b9
        la      s3, heap
        li      s4, 0x1000
        add     s4, s3, s4
        call    set_alarm
        li      t0, 0x80
        csrw    mie, t0
        csrsi   mstatus, 8

work:   mv      t0, s3                          # go over the heap until the last tick, one word after the other
1:      lw      t1, (t0)
        xor     t1, t1, s2
        mul     t1, t1, s2
        sw      t1, (t0)
        add     s1, s1, t1
        addi    s2, s2, 0x55
        addi    t0, t0, 4
        beqz    s0, done
        bltu    t0, s4, 1b
        j       work

on_tick:
        csrw    mscratch, t1
        addi    s0, s0, -1
        mv      s5, ra
        call    set_alarm
        mv      ra, s5
        csrr    t1, mscratch
        mret

set_alarm:                                      # its own clock, low half: this guest does not live long
        li      s6, CLINT
        li      s7, 0xbff8
        add     s7, s7, s6
        lw      s8, (s7)
        addi    s8, s8, 500
        li      s7, 0x4000
        add     s7, s7, s6
        sw      s8, (s7)
        sw      zero, 4(s7)
        ret

done:   csrw    mie, zero
        li      t0, UART
        li      t1, 8
1:      srli    t2, s1, 28
        slli    s1, s1, 4
        addi    t2, t2, 'a'
        sb      t2, (t0)
        addi    t1, t1, -1
        bnez    t1, 1b
        li      t2, '\n'
        sb      t2, (t0)
        li      t0, FINISHER
        li      t1, 0x5555
        sw      t1, (t0)
1:      j       1b

        .data
        .balign 0x1000
heap:   .space  0x1000
