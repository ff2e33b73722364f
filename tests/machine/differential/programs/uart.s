# The UART's registers, as a driver of a 16550A uses them.
    .include "lib.s"

    .macro peek name, offset
    lbu s2, \offset(s0)
    show \name, s2
    .endm

    .macro poke offset, value
    li t0, \value
    sb t0, \offset(s0)
    .endm

    .globl main
main:
    mv s11, ra
    li s0, UART
    title "at the start"
    peek ier, 1
    peek iir, 2
    peek lcr, 3
    peek mcr, 4
    peek lsr, 5
    peek scr, 7
    newline
    title "registers that keep what is written"
    .irp value, 0x00, 0x55, 0xaa, 0xff
    poke 7, \value
    peek scr, 7
    .endr
    newline
    poke 1, 0xff
    peek ier, 1
    poke 1, 0
    peek ier, 1
    newline
    .irp value, 0x03, 0x1b, 0x07, 0x00
    poke 3, \value
    peek lcr, 3
    .endr
    newline
    .irp value, 0x0b, 0x03, 0x08
    poke 4, \value
    peek mcr, 4
    .endr
    newline
    title "the divisor latch"
    poke 3, 0x83
    poke 0, 0x12
    poke 1, 0x34
    lbu s3, 0(s0)
    lbu s4, 1(s0)
    poke 3, 0x03
    lbu s5, 1(s0)
    show low, s3
    show high, s4
    show ier, s5
    newline
    poke 3, 0x83
    lbu s3, 0(s0)
    lbu s4, 1(s0)
    poke 0, 1
    poke 1, 0
    poke 3, 0x03
    show low, s3
    show high, s4
    newline
    title "interrupt identification"
    poke 1, 2
    lbu s3, 2(s0)
    lbu s4, 2(s0)                   # reading it has taken the transmitter's back
    poke 1, 0
    lbu s5, 2(s0)
    show first, s3
    show second, s4
    show off, s5
    newline
    poke 2, 1                       # FIFOs on
    lbu s3, 2(s0)
    poke 1, 2
    lbu s4, 2(s0)
    poke 1, 0
    poke 2, 7                       # and emptied
    lbu s5, 2(s0)
    show fifo, s3
    show transmitter, s4
    show emptied, s5
    newline
    poke 2, 0
    lbu s3, 2(s0)
    show off, s3
    newline
    peek lsr, 5
    peek msr, 6
    newline
    mv ra, s11
    ret
