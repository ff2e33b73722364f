# spy.s - a kernel instruction in user mode.
#
# mstatus belongs to the kernel. On a CPU as the RISC-V specification wants it, reading it in ring 3 is an illegal
# instruction: it traps, and the kernel kills the program. Other CPUs are not so strict, and on them the
# program lives to tell what it saw. Change cpu in the machine file and see.

        .include "lib.s"
        program  spy

        .equ    MARK, 0x5a5                     # not a value that mstatus could have

_start:
        wait_for 1

        la      a0, text_before
        call    print

        li      t0, MARK
        csrr    t0, mstatus                     # the kernel instruction

        la      a0, text_ignored                # from here on: the CPU did not trap
        li      t1, MARK
        beq     t0, t1, 1f
        la      a0, text_leaked
1:
        call    print
        li      a0, 1
        system  SYS_EXIT

        .include "print.s"

        .section .rodata
text_before:
        .asciz  "spy: I read mstatus now\n"
text_ignored:
        .asciz  "spy: nothing happened, the CPU ignored it\n"
text_leaked:
        .asciz  "spy: I can see the kernel's status\n"
