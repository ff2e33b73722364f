# pagingos/console.s - texts and numbers on the console.

        .include "pagingos/uart.s"              # console_init, print_bytes

        .section .text

# print: send the characters at a0 up to a 0.
print:
        mv      a1, a0
1:
        lbu     t0, 0(a1)
        beqz    t0, 2f
        addi    a1, a1, 1
        j       1b
2:
        sub     a1, a1, a0
        j       print_bytes

# print_hex: send the word in a0 as 0x and eight digits.
print_hex:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        li      t0, '0'
        sb      t0, 0(sp)
        li      t0, 'x'
        sb      t0, 1(sp)
        addi    t0, sp, 2
        addi    t1, sp, 10
1:
        srli    t2, a0, 28                      # the leftmost four bits
        slli    a0, a0, 4
        sltiu   t3, t2, 10
        bnez    t3, 2f
        addi    t2, t2, 'a' - '0' - 10
2:
        addi    t2, t2, '0'
        sb      t2, 0(t0)
        addi    t0, t0, 1
        bltu    t0, t1, 1b
        mv      a0, sp
        li      a1, 10
        j       print_digits

# print_number: send the unsigned number in a0 in decimal.
print_number:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        addi    t0, sp, 16                      # ten digits at most, from right to left
        li      t1, 10
1:
        remu    t2, a0, t1                      # the last digit ...
        divu    a0, a0, t1                      # ... and what is left of it
        addi    t2, t2, '0'
        addi    t0, t0, -1
        sb      t2, 0(t0)
        bnez    a0, 1b
        mv      a0, t0
        addi    a1, sp, 16
        sub     a1, a1, a0
print_digits:
        call    print_bytes
        lw      ra, 28(sp)
        addi    sp, sp, 32
        ret

        .section .rodata
text_newline:
        .asciz  "\n"
