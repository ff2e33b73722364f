# forker.s - one address, two values: fork and copy on write.
#
# Three times somebody stores to the variable `number`, and each time it is a page fault:
#
#       number = 42     before the fork. Until now the page was the program's image; the process gets a copy
#       number + 1      by the parent. It shares the frame with its child since the fork, and gets a copy
#       number + 10     by the child. Nobody shares the frame with it any more: it may have it without a copy
#
# Before it stores the child sleeps. The parent waits for it, all others wait for the parent, so there is nobody who
# could run: watch the kernel execute wfi.

        .include "paging/lib.s"
        program  forker

_start:
        la      s0, number
        li      t0, 42
        sw      t0, 0(s0)                       # a page fault
        system  SYS_FORK
        bnez    a0, parent

        li      a0, 1                           # the child: its answer is 0
        system  SYS_SLEEP
        lw      t0, 0(s0)
        addi    t0, t0, 10
        sw      t0, 0(s0)                       # a page fault
        say     text_child
        j       print_it

parent:
        lw      t0, 0(s0)
        addi    t0, t0, 1
        sw      t0, 0(s0)                       # a page fault
        system  SYS_WAIT                        # a0 holds the child's number
        say     text_parent

print_it:
        lw      a0, 0(s0)
        call    print_number
        say     text_end
        quit    0

        .include "print.s"

        .section .data
number:
        .word   0

        .section .rodata
text_child:
        .asciz  "forker: the child makes 42 + 10 = "
text_parent:
        .asciz  "forker: the parent has made 42 + 1 = "
text_end:
        .asciz  "\n"
