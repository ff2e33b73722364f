# pagingos.s - a small operating system kernel that uses page tables (Sv32).
#
# tinyos keeps its programs apart with the PMP, and they all see the same addresses. Here every process has an
# address space of its own: all of them begin at 0x4000_0000, and what is there differs from one to the next. The
# kernel runs in S mode (ring 1), the programs in U mode (ring 3). Below both, in M mode (ring 0), lies a little
# firmware, which this file brings along (pagingos/firmware.s). It gives each program
#
#       an address space  page tables of its own, one switch of satp away          (pagingos/space.s)
#       pages on demand   heap and stack come into being when they are touched      (pagingos/demand.s)
#       fork              a copy of the process; pages are copied when written      (pagingos/fork.s)
#       more heap         than it has frames: the rest is swapped out               (pagingos/replacement.s)
#       system calls      write, getpid, fork, sleep, pages, exit, wait             (pagingos/syscalls.s)
#       a turn            round robin, with a clock that comes through the firmware (pagingos/scheduler.s)
#
# A program that touches what it may not is killed with a message, the others go on.
#
# Physical memory. All of it lies in the first 4 MiB of RAM, which one superpage maps:
#
#       0x8000_0000      4 KiB   the firmware. The PMP hides it even from the kernel
#       0x8000_1000              the kernel
#       0x8001_0000     16 KiB   program slot 0: the image of one program, as it came from the assembler
#       0x8001_4000     16 KiB   program slot 1
#       ...                      up to slot 7 at 0x8002_C000
#       0x8004_0000    640 KiB   160 frames of 4 KiB: page tables and the pages of the processes
#       0x8010_0000    192 KiB   the swap area, which plays the disk: 6 pages for each process
#
# Virtual memory of every process:
#
#       0x1000_0000      4 KiB   the serial port                      the kernel's alone
#       0x4000_0000              the program's code                   execute only: the program cannot read it
#       after it                 its constants                        read only
#       after them       4 KiB   its data                             a private copy as soon as it is written
#       0x4010_0000     24 KiB   the heap                             comes page by page
#       0x4020_0000      4 KiB   a page shared with its forks         comes when touched
#       0x403f_8000     32 KiB   the stack, down from 0x4040_0000     comes page by page
#       0x8000_0000      4 MiB   physical memory, same addresses      the kernel's alone
#
# The kernel part is the same in all address spaces. So the kernel does not notice a switch of satp: its own code
# and stack stay where they are, only the user part changes.
#
# A program image in a slot begins with a header (samples/users/paging/lib.s makes it):
#
#       +0      word    PROGRAM_MAGIC, the letters P A G E
#       +4      word    where to start
#       +8      word    where the constants begin, on a page; the code ends there
#       +12     word    where the data page begins; the constants end there
#       +16     word    where the name is, among the constants: at most 11 characters and a 0
#
# All four are virtual addresses. Three rules hold all over the kernel:
#
#       It runs with interrupts off (sstatus.SIE = 0), from trap to sret.
#       It touches user memory only in usercopy.s. Everywhere else SUM is 0 and the hardware would not let it.
#       Whoever changes a page table entry executes sfence.vma before anyone relies on the change.
#
# Register habits: s0 always points to the current process; functions follow the usual calling convention.

        # ---- the machine

        .equ    UART,           0x10000000      # 16550 serial port, the console
        .equ    MTIMECMP,       0x02004000      # CLINT: the alarm, 64 bits. Only the firmware uses it
        .equ    TICK_SHIFT,     14              # a tick is 2**14 = 16384 units of time
        .equ    FINISHER,       0x00100000      # writing a word here ends the run ...
        .equ    FINISH_PASS,    0x5555          # ... well
        .equ    FINISH_FAIL,    0x3333          # ... badly; the upper half of the word is the exit code

        .equ    SSTATUS_SPIE,   1 << 5          # interrupts are on after the next sret
        .equ    SSTATUS_SUM,    1 << 18         # S mode may load from and store to pages of U mode
        .equ    SSTATUS_MXR,    1 << 19         # loads from pages that are only executable succeed
        .equ    SIE_STIE,       1 << 5          # the supervisor timer interrupt is enabled

        .equ    CAUSE_BREAKPOINT, 3             # scause: ebreak
        .equ    CAUSE_ECALL_U,  8               # scause: ecall in U mode
        .equ    CAUSE_FETCH_PAGE, 12            # scause: page fault of an instruction fetch
        .equ    CAUSE_LOAD_PAGE, 13             #         of a load
        .equ    CAUSE_STORE_PAGE, 15            #         of a store or an AMO
        .equ    CAUSE_S_TIMER,  5               # scause of the timer interrupt, under the top bit

        # ---- physical memory

        .ifndef RAM                             # the machine file may say that its memory begins elsewhere
        .equ    RAM,            0x80000000      # what the superpage maps
        .endif
        .equ    FIRMWARE,       RAM
        .equ    FIRMWARE_SIZE,  0x1000
        .equ    SLOTS,          RAM + 0x10000
        .equ    SLOT_SIZE,      0x4000
        .equ    SLOT_COUNT,     8
        .equ    FRAMES,         RAM + 0x40000
        .equ    FRAME_COUNT,    160             # more than PROCESS_COUNT processes can ever hold
        .equ    SWAP,           RAM + 0x100000

        .equ    PAGE_SIZE,      0x1000
        .equ    PAGE_SHIFT,     12

        # ---- virtual memory of a process

        .equ    USER,           0x40000000
        .equ    USER_SIZE,      0x400000        # 4 MiB: what one second-level table maps
        .equ    HEAP,           0x40100000
        .equ    HEAP_PAGES,     6
        .equ    HEAP_FRAMES,    3               # how many of them may be in memory at a time
        .equ    SHARED,         0x40200000
        .equ    STACK_PAGES,    8
        .equ    STACK_TOP,      USER + USER_SIZE
        .equ    STACK,          STACK_TOP - STACK_PAGES * PAGE_SIZE

        .equ    PROGRAM_MAGIC,  0x45474150      # "PAGE", least significant byte first
        .equ    HEADER_START,   4
        .equ    HEADER_CONSTANTS, 8
        .equ    HEADER_DATA,    12
        .equ    HEADER_NAME,    16
        .equ    NAME_SIZE,      12

        # ---- exit codes of the machine when something is badly wrong

        .equ    EXIT_PANIC,     1               # the kernel itself faulted
        .equ    EXIT_DEADLOCK,  2               # every process waits for another one
        .equ    EXIT_FIRMWARE,  3               # the firmware met a trap that it does not know

        .include "pagingos/entries.s"           # definitions only
        .include "pagingos/firmware.s"          # the first code: the machine starts at _start

        .section .bss
        .balign 4
bss_start:

        # The kernel's first instruction: S mode, interrupts off, no translation yet (satp = 0). The firmware has
        # left nothing else behind: no stack, no trap vector.

        .section .text
        .balign PAGE_SIZE                       # the kernel begins on the page after the firmware
kernel_start:
        la      sp, stack_top
        la      t0, trap_entry
        csrw    stvec, t0                       # from now on every trap goes to trap_entry
        csrw    sscratch, zero                  # 0: "the kernel is running"; see trap.s
        li      t0, SSTATUS_SUM | SSTATUS_MXR
        csrc    sstatus, t0                     # hands off user memory
        li      t0, SIE_STIE
        csrw    sie, t0                         # of all interrupts we want the timer's alone
        csrw    scounteren, zero                # programs may not read the hardware's counters
        li      s0, 0                           # there is no process yet

        la      t0, bss_start                   # RAM is not known to be zero when power comes on
        la      t1, bss_end
1:
        sw      zero, 0(t0)
        addi    t0, t0, 4
        bltu    t0, t1, 1b

        call    console_init
        call    space_init                      # from here on satp translates
        call    find_programs                   # a0 = how many there are
        beqz    a0, nothing_to_run
        call    list_programs

        la      s0, processes                   # borrow the first process's address space ...
        call    space_switch
        call    check_walls                     # ... to see whether the hardware keeps its promises

        la      s0, processes_last              # "the one that ran last", so that the first process comes next
        j       schedule

nothing_to_run:
        la      a0, text_no_programs
        call    print
        j       power_off

# power_off: end the run, all is well.
power_off:
        li      a0, 0
# fail: end the run with exit code a0.
fail:
        li      a7, FIRMWARE_SHUTDOWN
        ecall                                   # does not return

        .section .rodata
text_no_programs:
        .asciz  "pagingos: no programs in the slots, nothing to do\n"

        .include "pagingos/process.s"
        .include "pagingos/trap.s"
        .include "pagingos/faults.s"
        .include "pagingos/frames.s"
        .include "pagingos/space.s"
        .include "pagingos/demand.s"
        .include "pagingos/fork.s"
        .include "pagingos/replacement.s"
        .include "pagingos/usercopy.s"
        .include "pagingos/walls.s"
        .include "pagingos/syscalls.s"
        .include "pagingos/scheduler.s"
        .include "pagingos/clock.s"
        .include "pagingos/console.s"

        .section .bss
bss_end:
        .balign 16
        .space  2048                            # the kernel's stack: one is enough, as no process keeps anything
stack_top:                                      # on it while another one runs
