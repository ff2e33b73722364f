# tenant.s - looks around on the computer that it lives on, and takes all the memory that it can get.
#
# A program in a container has two ways to find out about it. One is to ask for names: they are what the container
# wants them to be. The other is to use things up, and see where they end.

        .include "containers/calls.s"
        program  tenant

_start:
        wait_for 1

        li      a0, 0                           # a careless program: the name goes to address 0. A kernel must
        li      a1, HOST_NAME_SIZE              # look at that before it writes
        system  SYS_HOSTNAME
        bltz    a0, 1f
        la      a0, text_believed
        call    print
1:
        la      a0, host_name
        li      a1, HOST_NAME_SIZE
        system  SYS_HOSTNAME
        la      a0, text_name
        call    print
        la      a0, host_name
        call    print
        la      a0, text_number
        call    print
        system  SYS_GETPID
        call    print_number
        la      a0, newline
        call    print

        li      s0, 0                           # s0 = how many blocks we have got
2:
        system  SYS_GROW
        li      t0, -1
        beq     a0, t0, 4f                      # refused
        lw      t0, 0(a0)
        beqz    t0, 3f                          # it ought to be clean
        la      a0, text_dirty
        call    print
        j       4f
3:
        sw      a0, 0(a0)                       # leave something in it, for the next owner to find
        addi    s0, s0, 1
        j       2b
4:
        la      a0, text_got
        call    print
        mv      a0, s0
        call    print_number
        la      a0, text_blocks
        call    print

        li      a0, 0
        system  SYS_EXIT

        .include "print.s"

        .section .rodata
text_believed:
        .asciz  "tenant: the kernel has written to address 0 for me\n"
text_name:
        .asciz  "tenant: this computer is called "
text_number:
        .asciz  ", and I am process "
text_dirty:
        .asciz  "tenant: there is something in my new memory\n"
text_got:
        .asciz  "tenant: the kernel gave me "
text_blocks:
        .asciz  " KiB, then no more\n"
newline:
        .asciz  "\n"

        .section .bss
host_name:
        .space  HOST_NAME_SIZE
