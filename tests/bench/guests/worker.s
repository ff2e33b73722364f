# worker.s - a program for tinyos: it computes, asks the kernel for something, and computes again.
#
#       ROUNDS          how many times
#       CALLS           0: it asks for nothing until the end, so only the clock takes the CPU away from it
#
# What it makes of it comes out the same however often others had the CPU meanwhile; so the line that it prints says
# whether a simulator has done all of the work, and done it right.

        .include "lib.s"
        program  worker

        .equ    WORDS, 64                       # of memory that it works on

_start:
        system  SYS_GETPID
        mv      s4, a0                          # s4 = our number: no two do the same
        li      s0, ROUNDS
        mv      s1, a0                          # s1 = what is made of it all
1:
        la      s2, words
        li      s3, WORDS
2:
        lw      t0, 0(s2)
        slli    t1, s1, 13
        xor     s1, s1, t1
        srli    t1, s1, 17
        xor     s1, s1, t1
        slli    t1, s1, 5
        xor     s1, s1, t1
        add     t0, t0, s1
        sw      t0, 0(s2)
        addi    s2, s2, 4
        addi    s3, s3, -1
        bnez    s3, 2b
        add     s1, s1, t0

        .if     CALLS
        system  SYS_GETPID
        add     s1, s1, a0
        andi    t0, s0, 7
        bnez    t0, 3f
        system  SYS_YIELD
3:
        .endif
        addi    s0, s0, -1
        bnez    s0, 1b

        wait_for 1
        la      a0, text_begin
        call    print
        mv      a0, s4
        call    print_number
        la      a0, text_makes
        call    print
        mv      a0, s1
        call    print_number
        la      a0, text_end
        call    print
        li      a0, 0
        system  SYS_EXIT

        .include "print.s"

        .section .rodata
text_begin:
        .asciz  "worker "
text_makes:
        .asciz  " makes "
text_end:
        .asciz  "\n"

        .section .bss
        .balign 4
words:
        .space  4 * WORDS
