# spinner.s - takes the CPU and never gives it back.
#
# Its loop has no system call. A kernel that waits for programs to be polite would hang here for ever; ours has the
# clock. That spinner's last line appears at all proves that it was preempted: only waker can end the
# loop, and waker needs the CPU for that.

        .include "lib.s"
        program  spinner

_start:
        wait_for 2                              # waker comes before us: wait for the one before waker

        la      a0, text_spinning
        call    print

        li      s0, SHARED
        li      t0, 1
        sw      t0, SHARED_SPINNING(s0)         # tell waker
spin:
        lw      t0, SHARED_FREE(s0)
        beqz    t0, spin

        la      a0, text_free
        call    print

        li      a0, 0
        system  SYS_EXIT

        .include "print.s"

        .section .rodata
text_spinning:
        .asciz  "spinner: I spin, without a system call\n"
text_free:
        .asciz  "spinner: free again, so I was preempted\n"
