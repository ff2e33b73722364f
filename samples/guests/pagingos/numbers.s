# pagingos/numbers.s - decimal numbers on the console. (The console itself is the one of tinyos: tinyos/console.s.)

        .section .text

# print_number: send the unsigned number in a0.
print_number:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        addi    t0, sp, 15
        sb      zero, 0(t0)                     # ten digits at most, and a 0 that ends them
        li      t1, 10
1:
        remu    t2, a0, t1                      # the last digit ...
        divu    a0, a0, t1                      # ... and what is left of it
        addi    t2, t2, '0'
        addi    t0, t0, -1
        sb      t2, 0(t0)                       # from right to left
        bnez    a0, 1b
        mv      a0, t0
        call    print
        lw      ra, 28(sp)
        addi    sp, sp, 32
        ret
