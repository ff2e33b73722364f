# tinyos/uart.s - the 16550 serial port, driven by asking it again and again (polling).

        .equ    UART_THR,       0               # write: the byte to send
        .equ    UART_IER,       1               # which interrupts the port may raise
        .equ    UART_FCR,       2               # the queues
        .equ    UART_LCR,       3               # the form of a character
        .equ    UART_LSR,       5               # line status
        .equ    FCR_ENABLE,     1
        .equ    LCR_8_BITS,     3
        .equ    LSR_THRE,       1 << 5          # the port can take a byte

        .section .text

# console_init: 8 bits, no parity, queues on, no interrupts.
console_init:
        li      t0, UART
        sb      zero, UART_IER(t0)
        li      t1, LCR_8_BITS
        sb      t1, UART_LCR(t0)
        li      t1, FCR_ENABLE
        sb      t1, UART_FCR(t0)
        ret
