# type2.s - a type-2 hypervisor: binary translation, on a CPU on which trap and emulate cannot work.
#
# It is a program of hostos, in ring 3 like every other. It gives its guest a machine of its own: a virtual RISC-V
# hart with the modes M and U, memory at 0x8000_0000, a CLINT, a UART and a finisher. The guest is a kernel that was
# written for the real machine, unchanged. On this CPU a kernel instruction in ring 3 is ignored, and so
#
#       the guest's kernel      never runs. The hypervisor reads it, block by block, and writes a translation into the
#                               code cache, where every instruction that is harmless in ring 3 stands as it was, and
#                               every other is replaced: by something else, or by a call of the hypervisor
#       the guest's programs    run as they are, in a second address space, where they can do no harm. They may be
#                               trusted to be programs: they were written for ring 3
#
# Registers. While translated code runs all registers hold the guest's values, so there is none for us. What
# translated code needs to remember goes to the last page of the address space, which a load or store reaches without
# a register: sw ra, -100(zero). That is where the virtual CPU lives (type2/vcpu.s).
#
#       vcpu.s          the virtual CPU, a table of fields
#       boot.s          from the first instruction to the guest's
#       cache.s         the code cache, where blocks are found, and what every word of it came from
#       gates.s         into translated code, and out of it
#       loop.s          what to run next
#       translate.s     the translator
#       jumps.s         ... of what ends a block
#       inline.s        ... of CSR instructions that need no call
#       emulate.s       what translated code calls us for
#       csrs.s          the CSRs that a guest has
#       traps.s         giving traps and interrupts to the guest
#       signals.s       what the host tells us
#       access.s        loads and stores that may be a device's
#       devices.s       UART, CLINT, finisher
#       users.s         running the guest's programs
#       walls.s         the guest's memory protection
#       console.s       lines for the host's console
#
# Register habits: zero is the base of the virtual CPU; functions follow the usual calling convention.

        .include "hostlib.s"
        program  type2

        # ---- how large: a machine file may set these with `defines`

        .ifndef CACHE_SIZE
        .equ    CACHE_SIZE, 0x8000              # the code cache, in bytes
        .endif
        .ifndef INLINE
        .equ    INLINE, 1                       # 0: call the hypervisor for every CSR instruction
        .endif
        .ifndef CHAIN
        .equ    CHAIN, 1                        # 0: return to the hypervisor after every block
        .endif
        .ifndef ADAPT
        .equ    ADAPT, 1                        # 0: a signal for every access to a device
        .endif

        # ---- the guest's machine

        .equ    GUEST_RAM,      0x80000000      # where the guest finds its memory, and we, too
        .equ    GUEST_SIZE,     0x40000
        .equ    GUEST_PAGES,    GUEST_SIZE >> 12
        .equ    GUEST_OWN,      WINDOW + 0x200000   # where it lies in the memory that the host gave us

        .equ    FINISHER,       0x00100000
        .equ    CLINT,          0x02000000
        .equ    CLINT_SIZE,     0x10000
        .equ    UART,           0x10000000
        .equ    UART_SIZE,      0x100

        # ---- names of the architecture

        .equ    PRIV_U,         0
        .equ    PRIV_M,         3

        .equ    MSTATUS_MIE,    1 << 3
        .equ    MSTATUS_MPIE,   1 << 7
        .equ    MSTATUS_MPP,    3 << 11
        .equ    IP_MSIP,        1 << 3
        .equ    IP_MTIP,        1 << 7
        .equ    MISA,           1 << 30 | 1 << 20 | 1 << 12 | 1 << 8 | 1 << 0   # 32 bits: U, M, I, A

        .equ    CAUSE_FETCH_ACCESS, 1
        .equ    CAUSE_ILLEGAL,  2
        .equ    CAUSE_BREAKPOINT, 3
        .equ    CAUSE_LOAD_ACCESS, 5
        .equ    CAUSE_STORE_ACCESS, 7
        .equ    CAUSE_ECALL_M,  11
        .equ    CAUSE_FETCH_PAGE, 12
        .equ    CAUSE_LOAD_PAGE, 13
        .equ    CAUSE_STORE_PAGE, 15
        .equ    CAUSE_TIMER,    7               # of interrupts
        .equ    CAUSE_SOFTWARE, 3
        .equ    INTERRUPT,      1 << 31

        .equ    FENCE_I,        0x0000100f      # instructions that we meet or make
        .equ    ECALL,          0x00000073
        .equ    EBREAK,         0x00100073
        .equ    MRET,           0x30200073
        .equ    WFI,            0x10500073
        .equ    SFENCE_VMA,     0x12000073      # its operands are zero in this form

        .equ    EXIT_DIED,      0xff            # the code of a guest that we had to end

        .include "type2/vcpu.s"
        .include "type2/boot.s"
        .include "type2/cache.s"
        .include "type2/gates.s"
        .include "type2/loop.s"
        .include "type2/translate.s"
        .include "type2/jumps.s"
        .include "type2/inline.s"
        .include "type2/emulate.s"
        .include "type2/csrs.s"
        .include "type2/traps.s"
        .include "type2/signals.s"
        .include "type2/access.s"
        .include "type2/devices.s"
        .include "type2/users.s"
        .include "type2/walls.s"
        .include "type2/console.s"

        .section .bss
        .balign 16
        .space  2048                            # the one stack
stack_top:
