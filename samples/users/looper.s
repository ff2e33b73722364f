# looper.s - takes the CPU and never gives it back; only its own child can make it stop.
#
# There is one page that fork does not copy, not even when it is written. Through it the child sets the parent
# free. To do so it needs the CPU, which the parent does not give away: that the last line appears proves that the
# clock did.

        .include "paging/lib.s"
        program  looper

_start:
        wait_for 1

        say     text_spinning
        li      s0, SHARED
        sw      zero, 0(s0)
        system  SYS_FORK
        beqz    a0, child
spin:
        lw      t0, 0(s0)
        beqz    t0, spin

        system  SYS_WAIT                        # a0 still holds the child's number
        say     text_free
        quit    0

child:
        li      t0, 1
        sw      t0, 0(s0)
        quit    0

        .include "print.s"

        .section .rodata
text_spinning:
        .asciz  "looper: I spin until my child stops me\n"
text_free:
        .asciz  "looper: it did, so I was preempted\n"
