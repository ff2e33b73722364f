# waker.s - sets spinner free. See spinner.s.

        .include "lib.s"
        program  waker

_start:
        wait_for 1

        li      s0, SHARED
1:
        lw      t0, SHARED_SPINNING(s0)
        bnez    t0, 2f
        system  SYS_YIELD                       # not yet: let spinner run
        j       1b
2:
        la      a0, text_awake
        call    print
        li      t0, 1
        sw      t0, SHARED_FREE(s0)

        system  SYS_GETPID                      # spinner comes after us. End after it, so that those who wait for
        addi    a0, a0, 1                       # us have waited for both
        system  SYS_WAIT

        li      a0, 0
        system  SYS_EXIT

        .include "print.s"

        .section .rodata
text_awake:
        .asciz  "waker: the clock gave me the CPU, I free spinner\n"
