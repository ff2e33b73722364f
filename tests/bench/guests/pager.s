# pager.s - a program for pagingos: it keeps its kernel's page tables in motion.
#
#       ROUNDS          how many times it goes round its heap
#
# The heap has more pages than the kernel gives it frames, so each round moves pages out and in. Every eighth round it
# forks; parent and child store to the data page that they share then, and so to a copy of it each. Pages that are
# taken away, copied and given again come out as they were, or the number that it prints in the end is another one.

        .include "paging/lib.s"
        program  pager

        .equ    WORDS, 64                       # of each page that it works on

_start:
        system  SYS_GETPID
        mv      s4, a0                          # s4 = our number: no two do the same
        la      s5, number
        li      s0, ROUNDS
        mv      s1, a0                          # s1 = what is made of it all
1:
        li      s2, HEAP
        li      s6, HEAP_PAGES
2:
        mv      t2, s2
        li      s3, WORDS
3:
        lw      t0, 0(t2)
        slli    t1, s1, 13
        xor     s1, s1, t1
        srli    t1, s1, 17
        xor     s1, s1, t1
        slli    t1, s1, 5
        xor     s1, s1, t1
        add     t0, t0, s1
        sw      t0, 0(t2)
        addi    t2, t2, 4
        addi    s3, s3, -1
        bnez    s3, 3b
        add     s1, s1, t0
        li      t0, PAGE_SIZE
        add     s2, s2, t0
        addi    s6, s6, -1
        bnez    s6, 2b

        andi    t0, s0, 7
        bnez    t0, 5f
        sw      s1, 0(s5)
        system  SYS_FORK
        bnez    a0, 4f
        sw      zero, 0(s5)                     # the child: to its own copy
        quit    0
4:
        lw      t0, 0(s5)
        addi    t0, t0, 1
        sw      t0, 0(s5)
        system  SYS_WAIT                        # a0 is the child's number
        lw      t0, 0(s5)
        add     s1, s1, t0
5:
        addi    s0, s0, -1
        bnez    s0, 1b

        wait_for 1
        say     text_begin
        mv      a0, s4
        call    print_number
        say     text_makes
        mv      a0, s1
        call    print_number
        say     text_end
        quit    0

        .include "print.s"

        .section .data
number:
        .word   0

        .section .rodata
text_begin:
        .asciz  "pager "
text_makes:
        .asciz  " makes "
text_end:
        .asciz  "\n"
