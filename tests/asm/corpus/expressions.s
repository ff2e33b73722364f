# Expressions: every operator, their ranks, 64-bit arithmetic.
        .equ    ten, 10
        .data
here:   .word   1 + 2 == 3, 3 == 1 + 2, 1 | 2 + 4, 1 + 2 | 4, 2 * 3 + 4, 1 << 2 + 1, 6 & 3 == 2
        .word   1 && 2, 0 || 3, 0 && 1, 0 || 0, !5, !0, ~5, - - 3, +4, -~1, !-1
        .word   -7 / 2, -7 % 3, 7 / -2, 7 % -3, 100 / 10 / 5, 2 - 3 - 4, 2 - 3 * 4
        .word   1 < 2, 2 < 1, 1 <= 1, 2 <= 1, 1 > 2, 2 > 1, 1 >= 1, 1 >= 2, 1 == 1, 1 == 2, 1 != 2, 1 <> 1
        .word   5 ! 2, 5 ^ 3, 12 & 10, 12 | 3, 1 << 31 >> 3, 100 >> 2 << 1
        .word   1 || 0 && 0, (1 || 0) && 0, ((((7)))), -(3 + 4) * 2
        .word   ten, ten * ten, -ten, ten << 2, ten % 3, (ten + 2) / 4, ten == 10 && ten > 3
        .word   'a' + 1, 0x10 | 0b1, 010 + 10
        .quad   -8 >> 1, 1 << 63, 0xffffffffffffffff, -1 >> 60, 0x7fffffffffffffff + 1
        .quad   1 << 64, 1 >> 64, -9223372036854775808 / 2, 0x100000000 * 0x100000000, -1 * 5
        .word   . - here, . - here, here + 4 - 4, end - here, (end - here) / 4, end - . + here
        .word   here - end < 0, end > here, here == here, here <> end, end - here == 4
        .byte   (end - here) & 0xff, (end - here) >> 8
        .text
        addi    a0, a0, ten * 2 - 1
        addi    a0, a0, 0xffffffff
        addi    a0, a0, 0xfffff800
        addi    a0, a0, ~0
        li      a0, ten << 20 | 7
        lw      a0, ten(a1)
        lw      a0, (ten + 2) * 2(a1)
        lw      a0, -(4)(a1)
        lw      a0, (4)(a1)
        lw      a0, 4 + 4 (a1)
        slli    a0, a0, ten / 2
        lui     a0, 1 << 19
        csrwi   mstatus, 1 << 3
        csrr    a0, 0x300 + 5
        j       . + ten * 4
        .space  100
        beqz    a0, . - 8
        .data
end:
