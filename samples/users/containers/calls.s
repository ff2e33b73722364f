# containers/calls.s - what programs begin with that ask a kernel with containers for more than tinyos knows.

        .include "lib.s"

        .equ    SYS_HOSTNAME,   8               # a0 = address, a1 = length; the name of this computer
        .equ    SYS_GROW,       9               # answer: the address of another KiB of memory, or -1
        .equ    HOST_NAME_SIZE, 8
