# tinyos/character.s - one character to the console.

        .section .text

# print_character: send the byte in a0.
print_character:
        li      t0, UART
1:
        lbu     t1, UART_LSR(t0)
        andi    t1, t1, LSR_THRE
        beqz    t1, 1b                          # busy
        sb      a0, UART_THR(t0)
        ret
