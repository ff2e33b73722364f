# grower.s - memory that nobody asked for: pages on demand.
#
# A recursive function needs more and more stack. Nobody reserves it: when the stack reaches a new page there is
# a page fault, and the kernel puts a fresh page there. The function notices nothing.
#
# Then the program passes a buffer to the kernel that it has never touched. Now it is the kernel that meets the page
# fault, in the middle of a store to user memory, and serves itself.

        .include "paging/lib.s"
        program  grower

        .equ    DEPTH, 10
        .equ    LOCALS, 1024                    # bytes that each call of sum keeps on the stack

_start:
        wait_for 1

        li      a0, DEPTH
        call    sum
        mv      s1, a0
        li      s0, HEAP
        mv      a0, s0
        system  SYS_PAGES
        mv      s2, a0

        say     text_sum
        mv      a0, s1
        call    print_number
        say     text_pages
        mv      a0, s2
        call    print_number
        say     text_heap
        mv      a0, s0
        li      a1, HEAP_PAGES
        system  SYS_WRITE
        say     text_end
        quit    0

# sum: a0 = 1 + 2 + ... + a0, the hard way.
sum:
        beqz    a0, 1f
        addi    sp, sp, -LOCALS
        sw      ra, LOCALS - 4(sp)
        sw      a0, 0(sp)
        addi    a0, a0, -1
        call    sum
        lw      t0, 0(sp)
        add     a0, a0, t0
        lw      ra, LOCALS - 4(sp)
        addi    sp, sp, LOCALS
1:
        ret

        .include "print.s"

        .section .rodata
text_sum:
        .asciz  "grower: the sum is "
text_pages:
        .asciz  ", it took "
text_heap:
        .asciz  " pages of stack; heap "
text_end:
        .asciz  "\n"
