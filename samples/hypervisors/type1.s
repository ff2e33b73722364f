# type1.s - a type-1 hypervisor: trap and emulate.
#
# It runs in M mode (ring 0, mode bit 1) on the bare machine and gives each guest a machine of its own: a virtual
# RISC-V hart with the modes M, S and U, memory at 0x8000_0000, a clock, a PLIC, a UART and a finisher. The guest is
# a kernel that was written for the real machine, unchanged: it believes to run in M mode. In truth everything of it
# runs in user mode (mode bit 0):
#
#       the guest is in ...     the hardware is in ...
#       virtual M (kernel)      S, ring 1
#       virtual S (kernel)      S, ring 1
#       virtual U (programs)    U, ring 3
#
# Ordinary instructions run at full speed. A kernel instruction in ring 1 or 3 must trap; then the hypervisor looks
# at it, does to the *virtual* hart what the real one would have done to itself, and goes on behind it. That is all
# of the trick, and it is the same for "write mtvec", "return from a trap" and "wait for an interrupt". It works
# exactly if every kernel instruction traps. Which do depends on the CPU (type1/cpu.s).
#
#       vcpu.s          the virtual CPU, a table of fields
#       boot.s          from reset to the first guest instruction
#       poweron.s       a virtual machine as it is when power comes on
#       cpu.s           which generation of CPU is this, and making it trap
#       world.s         the way out of a guest and the way back in: the world switch
#       rings.s         which real mode and which tables belong to the guest's mode
#       exits.s         why was the guest left? who is to deal with it?
#       kernel.s        emulating kernel instructions: decoding, mret, sret, wfi, sfence.vma
#       csrs.s          the CSRs that a guest has: a table
#       zicsr.s         emulating CSR instructions
#       views.s         the CSRs that are not a word of their own: sstatus, mip, counters, PMP ...
#       traps.s         giving a trap to the guest: what belongs to it
#       interrupts.s    giving interrupts to the guest, when and only when it would take them
#       time.s          the guest's clock
#       pmp.s           the guest's memory protection
#       walk.s          the guest's page tables
#       shadow.s        the tables that the hardware walks instead
#       faults.s        page faults: fill the tables, or emulate, or let the guest have its trap
#       access.s        where a guest's access goes when we make it
#       loads.s         emulating loads, stores and atomics: devices, and pages that cannot be mapped
#       step.s          emulating any instruction, where code cannot be mapped
#       devices.s       which device answers where; CLINT and finisher
#       uart.s plic.s   the two larger devices
#       nested.s        with NESTED: the guest's own trap bitmap, so that it can be a hypervisor itself
#       console.s       the real console, shared by all
#       scheduler.s     which VM runs, how long; waiting; the end
#
# Register habits: s0 points to the vCPU; functions follow the usual calling convention (a0-a7, t0-t6 are lost by a
# call, s1-s11 are kept); the hypervisor has one stack, runs with interrupts off, and never faults.

        # ---- how many machines, how large: a machine file may set these with `defines`

        .ifndef VMS
        .equ    VMS, 1                          # how many VMs
        .endif
        .ifndef VM_SIZE
        .equ    VM_SIZE, 0x400000               # memory of each, in bytes: a multiple of 4 MiB
        .endif
        .ifndef SLICE
        .equ    SLICE, 20000                    # how long a VM keeps the CPU while others want it, in units of mtime
        .endif
        .ifndef TIME_LIMIT
        .equ    TIME_LIMIT, 0                   # end all VMs when the real clock, mtime, shows this; 0: never
        .endif
        .ifndef TRAPMAP_WITHOUT
        .equ    TRAPMAP_WITHOUT, 0              # bits to leave out of the trap bitmap, to see what each is good for
        .endif
        # NESTED: if it is defined a guest's CPU has a trap bitmap, as ours (type1/nested.s)
        # TOHOST: if it is defined a word of that name tells the end, too: for simulators without a finisher
        # SPLIT: if it is defined we are a part of a kernel in ring 1; boot.s, cpu.s and world.s are others (split.s)

        # ---- the real machine

        .equ    RAM,            0x80000000
        .equ    HYPERVISOR_SIZE, 0x400000       # our own memory; the VMs' comes after it, one after the other
        .equ    MAX_VMS,        8

        .equ    FINISHER,       0x00100000
        .equ    CLINT,          0x02000000
        .equ    PLIC,           0x0c000000
        .equ    UART,           0x10000000
        .equ    UART_SOURCE,    10              # the UART's number at the PLIC
        .equ    CLINT_MSIP,     0x0000          # offsets in the CLINT
        .equ    CLINT_MTIMECMP, 0x4000
        .equ    CLINT_MTIME,    0xbff8

        .equ    FINISH_PASS,    0x5555
        .equ    FINISH_FAIL,    0x3333

        # ---- names of the architecture

        .equ    PRIV_U,         0
        .equ    PRIV_S,         1
        .equ    PRIV_M,         3

        .equ    MSTATUS_SIE,    1 << 1
        .equ    MSTATUS_MIE,    1 << 3
        .equ    MSTATUS_SPIE,   1 << 5
        .equ    MSTATUS_MPIE,   1 << 7
        .equ    MSTATUS_SPP,    1 << 8
        .equ    MSTATUS_MPP,    3 << 11
        .equ    MSTATUS_MPP_LOW, 11             # the lowest bit of MPP
        .equ    MSTATUS_FS,     3 << 13
        .equ    MSTATUS_MPRV,   1 << 17
        .equ    MSTATUS_SUM,    1 << 18
        .equ    MSTATUS_MXR,    1 << 19
        .equ    MSTATUS_TVM,    1 << 20
        .equ    MSTATUS_TW,     1 << 21
        .equ    MSTATUS_TSR,    1 << 22
        .equ    MSTATUS_SD,     1 << 31

        .equ    IP_SSIP,        1 << 1          # bits of mip and mie
        .equ    IP_MSIP,        1 << 3
        .equ    IP_STIP,        1 << 5
        .equ    IP_MTIP,        1 << 7
        .equ    IP_SEIP,        1 << 9
        .equ    IP_MEIP,        1 << 11
        .equ    IP_S_ALL,       IP_SSIP | IP_STIP | IP_SEIP

        .equ    CAUSE_FETCH_MISALIGNED, 0
        .equ    CAUSE_FETCH_ACCESS, 1
        .equ    CAUSE_ILLEGAL,  2
        .equ    CAUSE_BREAKPOINT, 3
        .equ    CAUSE_LOAD_MISALIGNED, 4
        .equ    CAUSE_LOAD_ACCESS, 5
        .equ    CAUSE_STORE_MISALIGNED, 6
        .equ    CAUSE_STORE_ACCESS, 7
        .equ    CAUSE_ECALL_U,  8
        .equ    CAUSE_ECALL_S,  9
        .equ    CAUSE_ECALL_M,  11
        .equ    CAUSE_FETCH_PAGE, 12
        .equ    CAUSE_LOAD_PAGE, 13
        .equ    CAUSE_STORE_PAGE, 15
        .equ    INTERRUPT,      1 << 31         # the top bit of mcause

        .equ    ACCESS_R,       1               # kinds of access; the bits are those of a PMP entry
        .equ    ACCESS_W,       2
        .equ    ACCESS_X,       4

        .equ    PAGE_SIZE,      4096
        .equ    SATP_SV32,      1 << 31
        .equ    PTE_V,          1 << 0
        .equ    PTE_R,          1 << 1          # R, W and X are the PMP's bits, shifted left by one
        .equ    PTE_W,          1 << 2
        .equ    PTE_X,          1 << 3
        .equ    PTE_U,          1 << 4
        .equ    PTE_G,          1 << 5
        .equ    PTE_A,          1 << 6
        .equ    PTE_D,          1 << 7

        # ---- sizes and states of our own

        .equ    GUEST_RAM,      0x80000000      # where a guest finds its memory
        .equ    LINE_SIZE,      120             # a console line is printed at the latest when it has so many bytes
        .equ    TABLE_PAGES,    64              # pages for shadow tables, each VM
        .equ    ROOT_M,         0               # shadow tables: one for each way to see memory (type1/shadow.s)
        .equ    ROOT_S,         1
        .equ    ROOT_U,         2
        .equ    ROOT_PAGED,     3
        .equ    ROOT_MPRV,      4
        .equ    ROOTS,          5
        .equ    SHADOW_STATE_SIZE, 32 + ROOTS * 128
        .equ    VM_RUNNABLE,    0
        .equ    VM_WAITING,     1               # in wfi
        .equ    VM_ENDED,       2
        .equ    EXIT_DIED,      0xff            # the exit code of a VM that we had to end
        .equ    NO_TRAP,        -1              # "the guest does not trap", see type1/traps.s

        .if     VMS < 1 || VMS > MAX_VMS
        .error  "VMS has to be 1 to 8"
        .endif
        .if     VM_SIZE < 0x400000 || VM_SIZE % 0x400000
        .error  "VM_SIZE has to be a multiple of 4 MiB"
        .endif

        .include "type1/vcpu.s"
        .include "type1/boot.s"                 # _start is the first byte of the program
        .include "type1/cpu.s"
        .include "type1/world.s"
        .include "type1/rings.s"
        .include "type1/exits.s"
        .include "type1/kernel.s"
        .include "type1/csrs.s"
        .include "type1/zicsr.s"
        .include "type1/views.s"
        .include "type1/traps.s"
        .include "type1/interrupts.s"
        .include "type1/time.s"
        .include "type1/pmp.s"
        .include "type1/walk.s"
        .include "type1/shadow.s"
        .include "type1/faults.s"
        .include "type1/access.s"
        .include "type1/loads.s"
        .include "type1/step.s"
        .include "type1/devices.s"
        .include "type1/uart.s"
        .include "type1/plic.s"
        .include "type1/nested.s"
        .include "type1/console.s"
        .include "type1/scheduler.s"

        .section .bss
        .balign 16
        .space  2048                            # the one stack
stack_top:
bss_end:
