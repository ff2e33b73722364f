# which.s - a program for the bare machine that asks its CPU which generation it is, and prints the digit.
#
#       0 classic       1 legacy        2 pentium       3 vt            4 svm
#
# A dozen instructions, three of them for the kernel only: writing mtvec, reading mimpid, and in the end an ecall, which
# leads to `trapped`. It is meant to be run where each of these is dear: far inside, under several hypervisors.

        .equ    UART,         0x10000000    # the 16550 serial port: the console
        .equ    UART_THR,     0             # write a byte here to send it
        .equ    UART_LSR,     5             # line status register ...
        .equ    LSR_THRE,     0x20          # ... bit 5: ready for the next byte
        .equ    FINISHER,     0x00100000    # the test finisher: one word ends the run
        .equ    FINISH_PASS,  0x5555        # ... with exit code 0

        .section .text
        .globl  _start
_start:
        la      t0, trapped
        csrw    mtvec, t0
        csrr    a0, mimpid
        addi    a0, a0, '0'
        li      s0, UART
        jal     print_character
        li      a0, '\n'
        jal     print_character
        ecall

        .balign 4
trapped:
        li      t0, FINISHER
        li      t1, FINISH_PASS
        sw      t1, 0(t0)                   # the machine stops here
halt:
        j       halt                        # not reached; a real board takes a moment to turn off

print_character:                            # the character in a0; s0 = the serial port
        lbu     t0, UART_LSR(s0)            # is it ready?
        andi    t0, t0, LSR_THRE
        beqz    t0, print_character         # no: ask again
        sb      a0, UART_THR(s0)            # yes: send
        ret
