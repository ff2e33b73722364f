# pager.s - four pages of heap, three frames to keep them in: A and D.
#
# Three times it asks the kernel for the state of its pages. A letter each, - s . r d w: the kernel's file
# pagingos/replacement.s says what they mean, and how the kernel chooses the page that has to go.
#
#       1   pages 0, 1, 2, 3 were written, in this order    page 0 had to go
#       2   page 1 was read, then page 0                    page 1 was the oldest, but in use: 2 had to go
#       3   page 0 was written, then 2, 3, 1, 0 were read   pages 3, 0, 2 had to go. The swap area had a copy of 0,
#                                                           but it had changed. 2 had not: it was just dropped
#
# The sum tells whether all of them came back with what was in them.

        .include "paging/lib.s"
        program  pager

        .equ    PAGES, 4

_start:
        wait_for 1

        li      s0, HEAP                        # s0 = page 0, s1 = page 1, ...
        li      t0, PAGE_SIZE
        add     s1, s0, t0
        add     s2, s1, t0
        add     s3, s2, t0

        li      t0, 1
        sw      t0, 0(s0)
        li      t0, 2
        sw      t0, 0(s1)
        li      t0, 3
        sw      t0, 0(s2)
        li      t0, 4
        sw      t0, 0(s3)
        la      a0, states
        system  SYS_PAGES

        lw      t0, 0(s1)
        lw      t0, 0(s0)
        la      a0, states + 7
        system  SYS_PAGES

        li      t0, 5
        sw      t0, 0(s0)                       # was mapped for reading, and is dirty from here on
        lw      s4, 0(s2)
        lw      t0, 0(s3)
        add     s4, s4, t0
        lw      t0, 0(s1)
        add     s4, s4, t0
        lw      t0, 0(s0)
        add     s4, s4, t0
        la      a0, states + 14
        system  SYS_PAGES

        say     states_text
        say     text_sum
        mv      a0, s4
        call    print_number
        say     text_end
        quit    0

        .include "print.s"

        .section .data
states_text:
        .ascii  "pager: "
states:
        .asciz  "......,......,......"          # the kernel writes the letters over the dots

        .section .rodata
text_sum:
        .asciz  "; the sum is "
text_end:
        .asciz  "\n"
