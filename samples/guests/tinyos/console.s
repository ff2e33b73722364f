# tinyos/console.s - the console: a 16550 serial port, driven by asking it again and again (polling).

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

# print_character: send the byte in a0.
print_character:
        li      t0, UART
1:
        lbu     t1, UART_LSR(t0)
        andi    t1, t1, LSR_THRE
        beqz    t1, 1b                          # busy
        sb      a0, UART_THR(t0)
        ret

# print: send the characters at a0 up to a 0. For the kernel's own strings, never for a program's.
print:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        mv      s1, a0
1:
        lbu     a0, 0(s1)
        beqz    a0, 2f
        call    print_character
        addi    s1, s1, 1
        j       1b
2:
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

# print_hex: send the word in a0 as 0x and eight digits.
print_hex:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        mv      s1, a0
        la      a0, text_0x
        call    print
        li      s2, 8
1:
        srli    a0, s1, 28                      # the leftmost four bits
        li      t0, 10
        blt     a0, t0, 2f
        addi    a0, a0, 'a' - '0' - 10
2:
        addi    a0, a0, '0'
        call    print_character
        slli    s1, s1, 4
        addi    s2, s2, -1
        bnez    s2, 1b
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        addi    sp, sp, 16
        ret

        .section .rodata
text_0x:
        .asciz  "0x"
text_newline:
        .asciz  "\n"
