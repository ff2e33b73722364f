# hostos.s - a small operating system for one RISC-V hart: the host of a type-2 hypervisor.
#
# The kernel runs in M mode (ring 0), its processes in U mode (ring 3). To it a hypervisor is a process like any other.
# It has no code for virtual machines; but it lets a process do three things that most systems let it do:
#
#       map             put pages of its own memory at other addresses, with less rights     (mmap, mprotect)
#       signals         handle its own faults, and an alarm                                  (sigaction, setitimer)
#       run             let a second address space of its own run, until anything happens    (ptrace)
#
# Processes see memory through page tables (Sv32); the kernel, in M mode, sees it as it is. Physical memory:
#
#       0x8000_0000     4 MiB    the kernel: this file. _start is its first byte
#       0x8040_0000     4 MiB    the memory of process 1: its program, its data, and what else it brings
#       0x8080_0000     4 MiB    process 2
#       0x80c0_0000     4 MiB    process 3
#
# Every process finds its own memory at 0x4000_0000 (WINDOW) and nothing anywhere else, until it maps it.
#
# The kernel has no disk. Programs lie in their memory before it starts, as if by a ROM, and begin with a header:
#
#       +0      word        PROGRAM_MAGIC, the letters H O S T
#       +4      word        the address to start at
#       +8      16 bytes    the name, at most 15 characters, then zeros
#
# As in tinyos, whose console, clock and way into the kernel this kernel shares, interrupts are off from trap to mret,
# and s0 always points to the current process.

        # ---- the machine

        .equ    UART,           0x10000000      # 16550 serial port, the console
        .equ    MTIMECMP,       0x02004000      # CLINT: the alarm, 64 bits
        .equ    MTIME,          0x0200bff8      # CLINT: the clock, 64 bits
        .equ    TICK_SHIFT,     13              # a process keeps the CPU for 2**13 = 8192 units of mtime
        .equ    FINISHER,       0x00100000      # writing a word here ends the run ...
        .equ    FINISH_PASS,    0x5555          # ... well
        .equ    FINISH_FAIL,    0x3333          # ... badly; the upper half of the word is the exit code

        .equ    MSTATUS_MPIE,   1 << 7          # interrupts are on after the next mret
        .equ    MSTATUS_MPP,    3 << 11         # the mode that the trap came from, and mret goes to: 0 is U
        .equ    MIE_MTIE,       1 << 7          # the timer interrupt is enabled
        .equ    CAUSE_ECALL_U,  8               # mcause: ecall in U mode
        .equ    CAUSE_TIMER,    7               # mcause of the timer interrupt, under the top bit
        .equ    INTERRUPT,      1 << 31
        .equ    PMP_ALL,        3 << 3 | 7      # a NAPOT region: read, write, execute

        # ---- memory

        .equ    PROCESSES,      3
        .equ    MEMORY,         0x80400000      # of the first process; the others' follows
        .equ    PROGRAM_MAGIC,  0x54534f48      # "HOST", least significant byte first

        .equ    EXIT_PANIC,     1               # exit code of the machine: the kernel itself faulted

        .include "abi.s"

        .section .bss
bss_start:

        .section .text
        .globl  _start
_start:
        csrr    t0, mhartid
        bnez    t0, park                        # one hart runs the kernel; others sleep

        la      sp, stack_top
        la      t0, trap_entry
        csrw    mtvec, t0
        la      s0, boot_process
        csrw    mscratch, s0                    # where trap_entry saves registers
        li      t0, MIE_MTIE
        csrw    mie, t0
        csrw    mcounteren, zero                # the clock is the kernel's: processes ask for it
        li      t0, -1
        csrw    pmpaddr0, t0                    # page tables say what a process may touch, so the PMP lets
        li      t0, PMP_ALL                     # everything pass
        csrw    pmpcfg0, t0

        la      a0, bss_start                   # RAM is not known to be zero when power comes on
        la      a1, bss_end
1:
        sw      zero, 0(a0)
        addi    a0, a0, 4
        bltu    a0, a1, 1b

        call    console_init
        call    find_programs
        la      s0, processes_last              # "the one that ran last", so that the first process comes next
        j       next_process

park:
        wfi
        j       park

# power_off: all processes have ended. If one ended badly its code is the machine's.
power_off:
        lw      a0, exit_code
        li      t0, FINISH_PASS
        beqz    a0, finish
# fail: end the run with exit code a0.
fail:
        slli    a0, a0, 16
        li      t0, FINISH_FAIL
        or      t0, a0, t0
finish:
        li      t1, FINISHER
        sw      t0, 0(t1)
1:
        wfi                                     # a real board takes a moment to turn off
        j       1b

# panic: a trap came from the kernel itself.
panic:
        la      a0, text_panic
        call    print
        csrr    a0, mcause
        call    print_hex
        la      a0, text_at
        call    print
        csrr    a0, mepc
        call    print_hex
        la      a0, text_newline
        call    print
        li      a0, EXIT_PANIC
        j       fail

        .section .rodata
text_panic:
        .asciz  "hostos: PANIC in the kernel: cause "
text_at:
        .asciz  ", pc "

        .include "hostos/process.s"
        .include "tinyos/trap.s"      # the way in: to schedule, system_call or kill; the way out: resume
        .include "hostos/scheduler.s"
        .include "hostos/syscalls.s"
        .include "hostos/memory.s"
        .include "hostos/signals.s"
        .include "hostos/run.s"
        .include "tinyos/clock.s"
        .include "tinyos/console.s"

        .section .bss
bss_end:
        .balign 16
        .space  1024                            # the kernel's stack
stack_top:
        .balign 4096
tables:                                         # page tables, cleared when they are given out
        .space  TABLES * 4096
tables_end:
