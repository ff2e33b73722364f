# containers/table.s - the containers: groups of processes, each of which believes to have the computer for itself.
#
# What a process belongs to stands in its P_PID, and so nothing had to be added to tinyos' process table:
#
#       byte 0          its number in its container: 1, 2, 3, ...       this is what programs get to see
#       byte 1          the number of its container                     and the whole word tells it from all others
#
# Container 0 is no container but the host: the kernel, where it speaks or acts for itself.

        .equ    CONTAINERS,     2
        .equ    CONTAINER_SPACE, SLOT_COUNT / CONTAINERS * SLOT_SIZE
                                                # the first half of the slots is container 1's, the other half 2's

        .equ    P_CONTAINER,    P_PID + 1       # a byte

        .equ    C_NAME,         0               # the host name, with zeros behind it
        .equ    C_QUOTA,        8               # how many blocks of the pool its processes may have together
        .equ    C_SHARED,       12              # the address of its own shared page
        .equ    C_PROCESSES,    16              # how many processes it has, those that have ended included
        .equ    C_BROKEN,       20              # not 0: somebody else has interrupted its last line on the console
        .equ    C_SIZE_SHIFT,   5               # the entries lie 32 bytes apart

        .equ    HOST_NAME_SIZE, 8

        .ifndef RED_QUOTA
        .equ    RED_QUOTA,      4
        .endif
        .ifndef BLUE_QUOTA
        .equ    BLUE_QUOTA,     2
        .endif

# an entry of the table
        .macro  container name, quota, shared
        .asciz  "\name"
        .balign HOST_NAME_SIZE
        .word   \quota, \shared, 0, 0
        .balign 1 << C_SIZE_SHIFT
        .endm

        .section .data
        .balign 1 << C_SIZE_SHIFT
containers:
        container host, 0, SHARED
        container red,  RED_QUOTA,  SHARED
        container blue, BLUE_QUOTA, SHARED + SHARED_SIZE

        .section .text

# container_of: t0 = the entry of the container that the current process (s0) belongs to. Changes t1, too.
container_of:
        lbu     t1, P_CONTAINER(s0)
        slli    t1, t1, C_SIZE_SHIFT
        la      t0, containers
        add     t0, t0, t1
        ret
