# The counters as far as two machines can agree: what of them stands still, what moves, and that
# mcycle, minstret and time only ever grow.
    .include "lib.s"

    .macro moves name
    csrr s2, \name
    nop
    nop
    csrr s3, \name
    sltu s4, s2, s3
    show \name, s4
    .endm

    .globl main
main:
    mv s11, ra
    title "inhibited or not"
    .irp value, 0, 1, 4, 5, 0xffffffff, 2
    li t0, \value
    csrw mcountinhibit, t0
    moves mcycle
    moves minstret
    moves cycle
    moves instret
    newline
    .endr
    csrw mcountinhibit, zero

    title "written while they stand still"
    li t0, 5
    csrw mcountinhibit, t0
    li t0, 0x12345678
    csrw mcycle, t0
    csrr s2, mcycle
    li t0, 0x9abcdef0
    csrw minstret, t0
    csrr s3, minstret
    li t0, 0x55
    csrw mcycleh, t0
    csrr s4, mcycleh
    li t0, 0x66
    csrw minstreth, t0
    csrr s5, minstreth
    show mcycle, s2
    show minstret, s3
    show mcycleh, s4
    show minstreth, s5
    newline
    csrr s2, mcycle
    csrr s3, minstret
    show mcycle, s2
    show minstret, s3
    newline

    title "a carry into the high half"
    csrw mcycleh, zero
    csrw minstreth, zero
    li t0, -1
    csrw mcycle, t0
    csrw minstret, t0
    csrw mcountinhibit, zero
    nop
    nop
    nop
    nop
    csrr s2, mcycleh
    csrr s3, minstreth
    show mcycleh, s2
    show minstreth, s3
    newline

    title "instructions counted"
    csrr s2, minstret
    csrr s3, minstret
    sub s3, s3, s2
    csrr s2, minstret
    nop
    nop
    nop
    csrr s4, minstret
    sub s4, s4, s2
    csrr s2, minstret
    beq zero, zero, 1f
    nop
1:  csrr s5, minstret
    sub s5, s5, s2
    show none, s3
    show three, s4
    show branch, s5
    newline
    title "written while they count: the write comes instead of the increment"
    li t0, 100
    csrw minstret, t0
    csrr s2, minstret
    csrw mcycle, t0
    csrr s3, mcycle
    csrw minstret, t0
    nop
    nop
    csrr s4, minstret
    csrrw s5, minstret, t0
    csrr s6, minstret
    show minstret, s2
    show mcycle, s3
    show later, s4
    show swapped, s5
    show then, s6
    newline
    title "event counters: nothing is counted"
    .irp n, 3, 4, 17, 31
    csrr s2, mhpmcounter\n
    csrr s3, mhpmcounter\n\()h
    csrr s4, mhpmevent\n
    csrr s5, hpmcounter\n
    show counter, s2
    show high, s3
    show event, s4
    show user, s5
    newline
    .endr
    mv ra, s11
    ret
