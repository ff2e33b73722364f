# burglar.s - tries the walls of its address space, first by a trick, then by force.
#
# The trick: let the kernel do it. The hardware would not stop the kernel from reading its own memory. It checks the
# address and refuses. It refuses an address in the user part where nothing is, too: there the fault tells it.
# Force: four crimes, and each costs a life. So it commits them in children.

        .include "paging/lib.s"
        program  burglar

        .equ    KERNEL, 0x80001000

_start:
        wait_for 1

        li      a0, KERNEL
        li      a1, 16
        system  SYS_WRITE
        bgez    a0, leak
        li      a0, USER + 0x80000              # between the program and its heap
        li      a1, 16
        system  SYS_WRITE
        bgez    a0, leak

        la      s0, crimes
1:
        lw      s1, 0(s0)
        beqz    s1, 2f
        system  SYS_FORK
        bnez    a0, parent
        jr      s1                              # the child goes and does it
parent:
        system  SYS_WAIT
        addi    s0, s0, 4
        j       1b
2:
        quit    0

read_kernel:
        li      t0, KERNEL
        lw      t1, 0(t0)                       # the kernel's pages have no U
        quit    1

write_constant:
        la      t0, crimes
        sw      zero, 0(t0)                     # no W
        quit    2

run_data:
        la      t0, data                        # from the header: our data page
        jr      t0                              # no X

read_code:
        la      t0, read_code
        lw      t1, 0(t0)                       # no R
leak:
        quit    3

        .section .rodata
crimes:
        .word   read_kernel, write_constant, run_data, read_code, 0
