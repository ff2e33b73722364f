# print.s - two functions for programs: print and print_number.

        .section .text

# print: write the string at a0, which ends with a 0, in one system call.
print:
        mv      t0, a0
1:
        lbu     t1, 0(t0)                       # look for the end
        beqz    t1, 2f
        addi    t0, t0, 1
        j       1b
2:
        sub     a1, t0, a0                      # a1 = length
        system  SYS_WRITE
        ret

# print_number: write the unsigned number in a0 in decimal.
print_number:
        addi    sp, sp, -16                     # ten digits at most, so 16 bytes of the stack are enough
        addi    t0, sp, 16
        li      t1, 10
1:
        remu    t2, a0, t1                      # the last digit ...
        divu    a0, a0, t1                      # ... and what is left of it
        addi    t2, t2, '0'
        addi    t0, t0, -1
        sb      t2, 0(t0)                       # from right to left
        bnez    a0, 1b
        mv      a0, t0
        addi    a1, sp, 16
        sub     a1, a1, a0
        system  SYS_WRITE
        addi    sp, sp, 16
        ret
