# forker.s - one address, two values: fork and copy on write.
#
# Parent and child have the same variable at the same address, and at first in the same frame. The child adds 1.
# That store is a page fault; the kernel copies the page and lets the child have the copy. The parent's is as it
# was.
#
# Before it stores the child sleeps. The parent waits for it, all others wait for the parent, so there is nobody who
# could run: watch the kernel execute wfi.

        .include "paging/lib.s"
        program  forker

_start:
        la      s0, number
        system  SYS_FORK
        bnez    a0, parent

        li      a0, 1                           # the child: its answer is 0
        system  SYS_SLEEP
        lw      t0, 0(s0)
        addi    t0, t0, 1
        sw      t0, 0(s0)                       # the page fault
        say     text_child
        j       print_it

parent:
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
        .word   42

        .section .rodata
text_child:
        .asciz  "forker: the child has made it "
text_parent:
        .asciz  "forker: the parent still sees "
text_end:
        .asciz  "\n"
