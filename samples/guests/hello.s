# hello.s - the smallest program for the bare machine: no kernel, no traps, no memory but its own text.
#
# It prints one line and turns the machine off. Run it with
#
#       hvtui run samples/guests/hello.s
#
# Two devices are enough. Both are "memory mapped": the CPU reaches them with ordinary loads and stores.

        .equ    UART,         0x10000000    # the 16550 serial port: the console
        .equ    UART_THR,     0             # write a byte here to send it
        .equ    UART_LSR,     5             # line status register ...
        .equ    LSR_THRE,     0x20          # ... bit 5: ready for the next byte
        .equ    FINISHER,     0x00100000    # the test finisher: one word ends the run
        .equ    FINISH_PASS,  0x5555        # ... with exit code 0

        .section .text
        .globl  _start
_start:
        li      s0, UART
        la      s1, message

next_character:
        lbu     a0, 0(s1)                   # the next character of the message
        beqz    a0, done                    # 0 ends it
wait_for_uart:
        lbu     t0, UART_LSR(s0)            # is the serial port ready?
        andi    t0, t0, LSR_THRE
        beqz    t0, wait_for_uart           # no: ask again
        sb      a0, UART_THR(s0)            # yes: send
        addi    s1, s1, 1
        j       next_character

done:
        li      t0, FINISHER
        li      t1, FINISH_PASS
        sw      t1, 0(t0)                   # the machine stops here
halt:
        j       halt                        # not reached; a real board takes a moment to turn off

        .section .rodata
message:
        .asciz  "Hello from the bare machine!\n"
