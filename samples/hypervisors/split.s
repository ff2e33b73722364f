# split.s - a small operating system kernel with a hypervisor in it: the large half of a split hypervisor.
#
# This is the kernel of the host. It runs in S mode, ring 1, where kernels run on a machine that has somebody in ring
# 0, and does what kernels do: processes with their own memory, system calls, a clock that takes the CPU away, drivers
# for the console. One of the things it runs is special: the *VM thread*. It is the hypervisor of type1.s, file by
# file, but for those that touch ring 0. Called the highvisor here, it decides all, as before. What only ring 0 can
# do it has done by the lowvisor (split/lowvisor.s): "run this guest, and tell me why it stopped".
#
# So a VM is one more thing that the host schedules, beside its processes, and the highvisor has what kernels have.
# That is why Linux has KVM. What it costs: each exit is two traps, guest -> lowvisor and host -> lowvisor, and two
# returns, and a switch of worlds each way.
#
#       split/calls.s       what lowvisor and host have agreed on
#       split/boot.s        from the lowvisor's mret to the first task
#       split/spaces.s      who sees what memory: page tables
#       split/task.s        what the host knows of a task
#       split/tasks.s       the tasks; who comes next; waiting; the end
#       split/traps.s       what processes are interrupted by, and the way back to them
#       split/syscalls.s    the system calls: those of tinyos, so its programs run here
#       split/clock.s       the host's clock: ticks
#       split/vms.s         the VM thread begins; what it needs of the kernel           in the place of type1/boot.s
#       split/world.s       entering and leaving a guest: calls of the lowvisor         in the place of type1/world.s
#       split/cpu.s         nothing is known of the CPU                                 in the place of type1/cpu.s
#
# The machine file says what takes whose place (`replace`). Everything else of type1.s is as it is.
#
# Memory: the lowvisor's 64 KiB; this kernel from HOST on; slots of programs from SLOTS on; the host's own page tables
# from SPACES on; then, as in type1.s, shadow tables at TABLES and the VMs behind.
#
# Register habits: in the highvisor s0 points to the vCPU, in the rest of the kernel to the task. The kernel runs with
# interrupts off, and has one stack; the VM thread has its own.

        .equ    SPLIT,          1               # type1's files ask for that

        .include "split/calls.s"

        .equ    SLOTS,          0x80180000      # slot n, 8 KiB, may hold a program: a header, as tinyos has them
        .equ    SLOT_SIZE,      0x2000
        .equ    SLOT_COUNT,     4
        .equ    SPACES,         0x801c0000      # the kernel's page table; then two pages of tables for each slot
        .equ    PROGRAM,        0x40000000      # where every process finds itself

        .equ    PROGRAM_MAGIC,  0x594e4954      # "TINY"
        .equ    HEADER_START,   4
        .equ    HEADER_NAME,    8
        .equ    NAME_SIZE,      16

        .equ    HOST_TICK_SHIFT, 15
        .equ    HOST_TICK,      1 << HOST_TICK_SHIFT # units of mtime from one tick of the host to the next

        .include "type1.s"
        .include "split/spaces.s"
        .include "split/traps.s"
        .include "split/tasks.s"
        .include "split/syscalls.s"
        .include "split/clock.s"

        .section .bss
        .balign 16
        .space  1024
kernel_stack_top:
host_bss_end:
