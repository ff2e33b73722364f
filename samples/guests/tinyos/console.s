# tinyos/console.s - the console: a serial port, and how to print texts and numbers on it.

        .include "tinyos/uart.s"                # console_init
        .include "tinyos/character.s"           # print_character

        .section .text

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
