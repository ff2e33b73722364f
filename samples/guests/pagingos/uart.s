# pagingos/uart.s - a 16550 serial port that is asked as rarely as possible.
#
# The port has a queue of 16 bytes. When it says that the queue is empty, 16 bytes can follow each other without
# another question. tinyos asks before every byte; here it is one question for up to 16. Nobody sees the difference
# on a real machine. In a virtual one each access to the port is a page fault for the hypervisor to deal with, and
# half of them are saved.

        .equ    UART_THR,       0               # write: the byte to send
        .equ    UART_IER,       1               # which interrupts the port may raise
        .equ    UART_FCR,       2               # the queues
        .equ    UART_LCR,       3               # the form of a character
        .equ    UART_LSR,       5               # line status
        .equ    FCR_ENABLE,     1
        .equ    LCR_8_BITS,     3
        .equ    LSR_THRE,       1 << 5          # the queue is empty
        .equ    QUEUE_SIZE,     16

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

# print_bytes: send a1 bytes from a0 on. The kernel's own, never a program's.
print_bytes:
        li      t0, UART
        add     a1, a0, a1                      # a1 = the end
1:
        bgeu    a0, a1, 4f
2:
        lbu     t1, UART_LSR(t0)
        andi    t1, t1, LSR_THRE
        beqz    t1, 2b                          # busy
        addi    t2, a0, QUEUE_SIZE              # t2 = the end of what the queue can take
        bleu    t2, a1, 3f
        mv      t2, a1
3:
        lbu     t1, 0(a0)
        sb      t1, UART_THR(t0)
        addi    a0, a0, 1
        bltu    a0, t2, 3b
        j       1b
4:
        ret
