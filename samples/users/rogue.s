# rogue.s - tries to get at memory that is not its own, first by a trick, then by force.
#
# The trick: let the kernel do it. The kernel may read everything, so why not ask it to print its own memory, or
# a neighbour's? The kernel checks the address of every write and refuses.
# Force: store to the kernel's memory. The PMP makes that a trap, and the kernel kills the program.

        .include "lib.s"
        program  rogue

        .equ    KERNEL,    0x80000000
        .equ    NEIGHBOUR, 0x80010000           # greeter's slot

_start:
        wait_for 1

        li      s0, 0                           # s0 = how often we were refused
        li      a0, KERNEL
        li      a1, 16
        system  SYS_WRITE
        srli    a0, a0, 31                      # 1 if the answer is -1
        add     s0, s0, a0
        li      a0, NEIGHBOUR
        li      a1, 16
        system  SYS_WRITE
        srli    a0, a0, 31
        add     s0, s0, a0

        la      a0, text_refused
        li      t0, 2
        beq     s0, t0, 1f
        la      a0, text_leak
1:
        call    print

        li      t0, KERNEL
        sw      zero, 0(t0)                     # the end of this program

        la      a0, text_alive
        call    print
        li      a0, 1
        system  SYS_EXIT

        .include "print.s"

        .section .rodata
text_refused:
        .asciz  "rogue: kernel will not print others' memory; I store there\n"
text_leak:
        .asciz  "rogue: the kernel printed memory that is not mine\n"
text_alive:
        .asciz  "rogue: I wrote over the kernel\n"
