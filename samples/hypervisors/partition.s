# partition.s - a hypervisor that does as little as it can: it divides the computer, and then keeps out of the way.
#
# Each guest gets a part of the machine for itself, a partition: memory of its own and, one of them, the serial port.
# Nothing is emulated. The guests are kernels for S mode, as kernels for RISC-V are, and in S mode they run: in ring
# 1, where they believe to be. Their registers are the real ones, their page tables are walked by the hardware, their
# programs trap to them directly. The hypervisor is what a kernel finds under itself on every RISC-V board: the
# firmware. What it protects it protects by the PMP alone.
#
# What is left for it to do:
#
#       calls           ecall from S mode: set_timer and shutdown                   (partition/traps.s)
#       the alarm       there is one, and each guest wants one; so they share it    (partition/clock.s)
#       slices          there is one hart, and each guest wants one                 (partition/switch.s)
#       the end         when the last guest has shut down, so does the machine      (partition/ending.s)
#
# The price: a guest is not deceived about anything. It sees where it really lies in memory, and has to be linked for
# that place; it has the devices that it is given and no others; it sees the real time, and can see it jump.
#
# Physical memory:
#
#       0x8000_0000             the hypervisor
#       0x8040_0000      4 MiB  partition 1: its first page is the hypervisor's, the guest begins on the second
#       0x8080_0000      4 MiB  partition 2
#
# Register habits: s0 always points to the current partition, which is to its first page, where its registers are
# kept; functions follow the usual calling convention.

        # ---- what the machine file may set

        .ifndef PARTITIONS
        .equ    PARTITIONS,     2
        .endif
        .ifndef SLICE
        .equ    SLICE,          50000           # how long a guest may keep the hart while others want it, in units
        .endif                                  # of mtime

        # ---- the machine

        .equ    UART,           0x10000000      # 16550 serial port
        .equ    UART_SIZE,      0x100
        .equ    MTIMECMP,       0x02004000      # CLINT: the alarm, 64 bits
        .equ    MTIME,          0x0200bff8      # CLINT: the clock, 64 bits
        .equ    FINISHER,       0x00100000      # writing a word here ends the run ...
        .equ    FINISH_PASS,    0x5555          # ... well
        .equ    FINISH_FAIL,    0x3333          # ... badly; the upper half of the word is the exit code

        .equ    MSTATUS_MPP_S,  1 << 11         # mret goes to S mode
        .equ    MIE_MTIE,       1 << 7          # the machine timer interrupt is enabled
        .equ    MIP_STIP,       1 << 5          # a supervisor timer interrupt is pending
        .equ    MCOUNTEREN_TM,  1 << 1          # S mode may read time
        .equ    CAUSE_ECALL_S,  9               # mcause: ecall in S mode
        .equ    CAUSE_M_TIMER,  7               # mcause of the machine timer interrupt, under the top bit

        # All that can happen to a program, and to its kernel, the kernel gets: exceptions 0 to 8 (up to ecall from U
        # mode) and the page faults, 12, 13 and 15. Only the kernel's own ecall, 9, is for us.
        .equ    DELEGATED,      0x01ff | 1 << 12 | 1 << 13 | 1 << 15

        # ---- partitions

        .equ    FIRST,          0x80400000
        .equ    PARTITION_SIZE, 0x400000
        .equ    BEHIND_LAST,    FIRST + PARTITIONS * PARTITION_SIZE
        .equ    OWN_SIZE,       0x1000          # the page at the beginning that is ours; the guest starts after it
        .equ    LOG,            0x140000        # where a guest without a serial port leaves what it has to say
        .equ    LOG_SIZE,       4096

        .equ    EXIT_STRAY,     3               # a trap that cannot be

        .section .text
        .globl  _start
_start:
        csrr    t0, mhartid
        bnez    t0, park                        # one hart runs the guests; others sleep

        la      sp, stack_top
        la      t0, trap_entry
        csrw    mtvec, t0
        li      t0, DELEGATED
        csrw    medeleg, t0
        li      t0, MIP_STIP
        csrw    mideleg, t0                     # so is the timer interrupt for S mode
        li      t0, MIE_MTIE
        csrw    mie, t0                         # the one for M mode is ours, and no guest can keep it from us
        li      t0, MCOUNTEREN_TM
        csrw    mcounteren, t0

        li      s0, FIRST
1:
        call    partition_init
        li      t0, PARTITION_SIZE
        add     s0, s0, t0
        li      t0, BEHIND_LAST
        bltu    s0, t0, 1b
        li      s0, FIRST
        j       partition_enter

park:
        wfi
        j       park

        .include "partition/traps.s"
        .include "partition/switch.s"
        .include "partition/clock.s"
        .include "partition/ending.s"

        .section .bss
        .balign 16
        .space  256                             # the hypervisor's stack: it keeps nothing on it between two traps
stack_top:
