# containers/calls.s - in place of tinyos/calls.s: the system calls that look up the caller's container.
#
# What programs see of each other they see through these. tinyos' sys_getpid and sys_wait are still in the
# kernel, but no number leads to them any more. New are
#
#       8  hostname(address, length) write the name of the caller's computer, 8 bytes with zeros behind it;
#                                    returns 0, or -1 if that is not memory of the caller's own slot
#       9  grow()                    another KiB of memory; returns its address, or -1      (containers/memory.s)

        .equ    SYSTEM_CALLS,   10              # length of the table that follows

        .section .rodata
        .balign 4
system_calls:
        .word   system_call_refused             # 0 is not a system call
        .word   sys_write
        .word   container_getpid
        .word   sys_yield
        .word   sys_sleep
        .word   sys_uptime
        .word   sys_exit
        .word   container_wait
        .word   sys_hostname
        .word   sys_grow

        .section .text

# container_getpid(): the number in the container. Each container has a process 1.
container_getpid:
        lbu     a0, P_PID(s0)
        ret

# container_wait(a0 pid): that process of the caller's own container. There is no number for any other one: it is not
# forbidden to wait for it, it cannot be said.
container_wait:
        mv      t2, ra
        call    container_of
        mv      ra, t2
        lw      t1, C_PROCESSES(t0)
        addi    t0, a0, -1                      # pid 0 makes it huge
        bgeu    t0, t1, system_call_refused     # no such process
        lbu     t0, P_CONTAINER(s0)
        slli    t0, t0, 8
        or      a0, a0, t0                      # a0 = its P_PID: number and container
        lw      t0, P_PID(s0)
        beq     a0, t0, system_call_refused     # itself
        la      t0, processes
1:
        lw      t1, P_PID(t0)
        beq     t1, a0, wait_for_process        # t0 = the process; the rest is sys_wait's
        addi    t0, t0, P_SIZE
        j       1b                              # it is there: its number is not too large

# sys_hostname(a0 address, a1 length)
#
# With -D PLANT_BUG=1 the kernel believes the address, whatever it is. A program may make it write anywhere then; see
# the lesson.
sys_hostname:
        li      t0, HOST_NAME_SIZE
        bltu    a1, t0, system_call_refused
        .ifndef PLANT_BUG
        lw      t1, P_SLOT(s0)
        sub     t1, a0, t1                      # t1 = how far into the slot; huge if the address is below it
        li      t2, SLOT_SIZE - HOST_NAME_SIZE
        bgtu    t1, t2, system_call_refused
        .endif
        mv      t2, ra
        call    container_of
        mv      ra, t2
        addi    t1, t0, HOST_NAME_SIZE         # t1 = where to stop
1:
        lbu     t2, C_NAME(t0)
        sb      t2, 0(a0)
        addi    t0, t0, 1
        addi    a0, a0, 1
        bltu    t0, t1, 1b
        li      a0, 0
        ret

        .include "containers/memory.s"
