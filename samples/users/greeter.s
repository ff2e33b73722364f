# greeter.s - the simplest program: it says hello and ends.
#
# Step into its first ecall and watch: the ring goes from 3 to 0, mepc remembers the ecall, mcause says 8.

        .include "lib.s"
        program  greeter

_start:
        la      a0, hello                       # a system call by hand: arguments first ...
        la      a1, hello_end
        sub     a1, a1, a0
        li      a7, SYS_WRITE                   # ... then what we want ...
        ecall                                   # ... and into the kernel

        system  SYS_GETPID                      # the same with the macro
        call    print_number
        la      a0, newline
        call    print

        li      a0, 0
        system  SYS_EXIT

        .include "print.s"

        .section .rodata
hello:
        .ascii  "greeter: hello from user mode, I am process "
hello_end:
newline:
        .asciz  "\n"
