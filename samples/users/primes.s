# primes.s - a program that just computes: it counts the primes below 500.
#
# Nothing in here needs the kernel until the result is printed. Every instruction runs directly on the CPU, in
# ring 3; the clock may interrupt it anywhere, and it cannot notice.

        .include "lib.s"
        program  primes

        .equ    LIMIT, 500

_start:
        wait_for 1

        li      s0, 2                           # s0 = the number to look at
        li      s1, 0                           # s1 = primes so far
1:
        mv      a0, s0
        call    is_prime
        add     s1, s1, a0
        addi    s0, s0, 1
        li      t0, LIMIT
        blt     s0, t0, 1b

        la      a0, text_begin
        call    print
        mv      a0, s1
        call    print_number
        la      a0, text_end
        call    print

        li      a0, 0
        system  SYS_EXIT

# is_prime: a0 = 1 if a0, at least 2, is a prime, else 0. Tries all divisors up to the square root.
is_prime:
        li      t0, 2                           # t0 = the divisor
1:
        mul     t1, t0, t0
        bgt     t1, a0, 2f                      # beyond the root: none was found
        remu    t1, a0, t0
        beqz    t1, 3f                          # divides
        addi    t0, t0, 1
        j       1b
2:
        li      a0, 1
        ret
3:
        li      a0, 0
        ret

        .include "print.s"

        .section .rodata
text_begin:
        .asciz  "primes: there are "
text_end:
        .asciz  " primes below 500\n"
