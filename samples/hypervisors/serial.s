# serial.s - the 16550 serial port, for hypervisors that print a few lines themselves and hand on what others say: the
# port is asked again and again whether it can take a byte (polling). Who includes this has defined UART, its address.

        .equ    UART_THR,       0               # write: the byte to send
        .equ    UART_IER,       1               # which interrupts the port may raise
        .equ    UART_FCR,       2               # the queues
        .equ    UART_LCR,       3               # the form of a character
        .equ    UART_MCR,       4               # modem control: a bit of it leads all that is sent back to the receiver
        .equ    UART_LSR,       5               # line status
        .equ    FCR_ENABLE,     1
        .equ    LCR_8_BITS,     3
        .equ    LSR_THRE,       1 << 5          # the port can take a byte

        .section .text

# console_init: 8 bits, no parity, queues on, no interrupts. Whoever had the port before may have left it in any state:
# other registers in the place of the first two (a bit of the line control), or talking to itself (modem control).
console_init:
        li      t0, UART
        li      t1, LCR_8_BITS
        sb      t1, UART_LCR(t0)
        sb      zero, UART_IER(t0)
        sb      zero, UART_MCR(t0)
        li      t1, FCR_ENABLE
        sb      t1, UART_FCR(t0)
        ret

# print_character: send the byte in a0. Changes t0 and t1 alone.
print_character:
        li      t0, UART
1:
        lbu     t1, UART_LSR(t0)
        andi    t1, t1, LSR_THRE
        beqz    t1, 1b                          # busy
        sb      a0, UART_THR(t0)
        ret
