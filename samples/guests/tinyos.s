# tinyos.s - a small, but real, operating system kernel for one RISC-V hart.
#
# The kernel runs in M mode (ring 0), its programs in U mode (ring 3). It gives each program
#
#       a process        own registers, own memory, a number and a name
#       system calls     by ecall: write, getpid, yield, sleep, uptime, exit, wait   (tinyos/syscalls.s)
#       a turn           round robin; the clock takes the CPU away after one tick    (tinyos/scheduler.s)
#       walls            the PMP: nobody reaches the kernel or another process       (tinyos/protection.s)
#
# A program that breaks a rule is killed with a message, the others go on. When nobody can run the hart sleeps in
# wfi, and when all have ended the kernel turns the machine off.
#
# Memory, all of it inside the first 256 KiB of RAM:
#
#       0x8000_0000     64 KiB   the kernel: this file. _start is its first byte
#       0x8001_0000      8 KiB   program slot 0: code, data and stack of one process
#       0x8001_2000      8 KiB   program slot 1
#       ...                      up to slot 7 at 0x8001_E000
#       0x8003_0000      4 KiB   the shared page: every process may read and write it
#
# The kernel has no disk. Programs are put into the slots before it starts, as if by a ROM; it looks at the first
# bytes of each slot, and if they are a program header, it makes a process of it:
#
#       +0      word        PROGRAM_MAGIC, the letters T I N Y
#       +4      word        where to start, in bytes from the beginning of the slot
#       +8      16 bytes    the name, at most 15 characters, then zeros
#
# The process's stack begins at the end of the slot and grows down. All its registers but sp start as 0.
#
# One rule holds all over the kernel: it runs with interrupts off (mstatus.MIE = 0) from trap to mret. So
# nothing interrupts a system call, a line that is written appears in one piece, and a trap that comes from M mode
# can only mean a bug in the kernel: it panics.
#
# Register habits: s0 always points to the current process; functions follow the usual calling convention.

        # ---- the machine

        .include "tinyos/board.s"               # where the devices are: UART, MTIMECMP, MTIME, FINISHER

        .equ    TICK_SHIFT,     14              # a tick is 2**14 = 16384 units of mtime
        .equ    FINISH_PASS,    0x5555          # what is written to FINISHER if all went well ...
        .equ    FINISH_FAIL,    0x3333          # ... or badly; the upper half of the word is the exit code

        .equ    MSTATUS_MPIE,   1 << 7          # interrupts are on after the next mret
        .equ    MSTATUS_MPP,    3 << 11         # the mode that the trap came from, and mret goes to: 0 is U
        .equ    MIE_MTIE,       1 << 7          # the timer interrupt is enabled

        .equ    CAUSE_ILLEGAL,  2               # mcause: illegal instruction
        .equ    CAUSE_BREAKPOINT, 3             # mcause: ebreak
        .equ    CAUSE_ECALL_U,  8               # mcause: ecall in U mode
        .equ    CAUSE_TIMER,    7               # mcause of the timer interrupt, under the top bit

        # ---- memory

        .equ    SLOTS,          0x80010000      # the first program slot
        .equ    SLOT_SIZE,      0x2000
        .ifndef SLOT_COUNT                      # another kernel made of these files may have more
        .equ    SLOT_COUNT,     8
        .endif
        .equ    SHARED,         0x80030000      # the shared page
        .equ    SHARED_SIZE,    0x1000

        .equ    PROGRAM_MAGIC,  0x594e4954      # "TINY", least significant byte first
        .equ    HEADER_START,   4
        .equ    HEADER_NAME,    8
        .equ    HEADER_SIZE,    24
        .equ    NAME_SIZE,      16

        # ---- exit codes of the machine when something is badly wrong

        .equ    EXIT_PANIC,     1               # the kernel itself faulted
        .equ    EXIT_DEADLOCK,  2               # every process waits for another one

        .section .bss
bss_start:

        # The very first instruction of the machine. a0 holds the hart's number, a1 the address of the device tree
        # (this kernel knows its board and does not read it). Nothing is set up yet: no stack, no trap vector.

        .section .text
        .globl  _start
_start:
        csrr    t0, mhartid
        bnez    t0, park                        # one hart runs the kernel; others sleep

        la      sp, stack_top
        la      t0, trap_entry
        csrw    mtvec, t0                       # from now on every trap goes to trap_entry
        la      s0, boot_process
        csrw    mscratch, s0                    # where trap_entry saves registers; so even a fault in this
                                                # function ends in a proper panic
        li      t0, MIE_MTIE
        csrw    mie, t0                         # of all interrupts we want the timer's alone
        csrw    mcounteren, zero                # programs may not read the hardware's counters

        la      a0, bss_start                   # RAM is not known to be zero when power comes on
        la      a1, bss_end
        call    zero_memory
        li      a0, SHARED
        li      a1, SHARED + SHARED_SIZE
        call    zero_memory

        call    console_init
        call    protection_init
        call    find_programs                   # a0 = how many there are
        beqz    a0, nothing_to_run
        call    list_programs

        la      s0, processes_last              # "the one that ran last", so that the first process comes next
        j       schedule

nothing_to_run:
        la      a0, text_no_programs
        call    print
        j       power_off

park:
        wfi
        j       park

# zero_memory: clear the words from a0 up to, but not including, a1.
zero_memory:
        bgeu    a0, a1, 2f
1:
        sw      zero, 0(a0)
        addi    a0, a0, 4
        bltu    a0, a1, 1b
2:
        ret

# power_off: end the run, all is well.
power_off:
        li      a0, FINISH_PASS
        j       finish

# fail: end the run with exit code a0.
fail:
        slli    a0, a0, 16
        li      t0, FINISH_FAIL
        or      a0, a0, t0
finish:
        li      t0, FINISHER
        sw      a0, 0(t0)
1:
        wfi                                     # a real board takes a moment to turn off
        j       1b

        .section .rodata
text_no_programs:
        .asciz  "tinyos: no programs in the slots, nothing to do\n"

        .include "tinyos/process.s"
        .include "tinyos/trap.s"
        .include "tinyos/faults.s"
        .include "tinyos/syscalls.s"
        .include "tinyos/scheduler.s"
        .include "tinyos/clock.s"
        .include "tinyos/protection.s"
        .include "tinyos/console.s"

        .section .bss
bss_end:
        .balign 16
        .space  1024                            # the kernel's stack: one is enough, as the kernel is never
stack_top:                                      # interrupted and keeps nothing on it between two traps
