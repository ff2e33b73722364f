# paravirt.s - a hypervisor for a guest that knows of it: paravirtualization.
#
# It runs in M mode (ring 0, mode bit 1), the guest's kernel in S (ring 1), its programs in U (ring 3). That is how
# type1.s does it, too. But this guest was changed: there is no kernel instruction in it. Where it had one there is a
# load or a store to a page that both share (page.s), or an ecall, which from ring 1 is a hypercall.
#
# So nothing has to trap that does not trap on every CPU, and nothing has to be decoded. It works on CPUs that ignore
# kernel instructions in user mode. And it is short: a hypervisor that is asked need not find out.
#
#       page.s          the shared page, the guest's view of us
#       boot.s          from reset to the guest
#       walls.s         two views of memory: the kernel's and the programs'
#       world.s         the way out of the guest and the way back in
#       calls.s         the hypercalls
#       events.s        traps and interrupts for the guest, its clock
#       console.s       the console, and the end; with serial.s, the port itself
#
# What the guest can do to us: nothing, whatever it writes into the page. We keep no pointer there and follow none,
# each word is masked before it goes into a register of the hart, and the walls are ours.
#
# Register habits: s0 to s11, gp and tp are the guest's at all times, nobody here touches them. Functions may change
# ra, a0-a7 and t0-t6; these, and sp, were saved on the way in. We run with interrupts off, and never fault.

        # ---- the machine

        .equ    RAM,            0x80000000
        .equ    FINISHER,       0x00100000
        .equ    MTIMECMP,       0x02004000      # CLINT: the alarm
        .equ    UART,           0x10000000

        .equ    FINISH_PASS,    0x5555
        .equ    FINISH_FAIL,    0x3333          # the upper half of the word is the exit code
        .equ    EXIT_DIED,      0xff            # the exit code of a guest that we had to end
        .equ    EXIT_FAULT,     0xfe            # ours, if we trap

        .equ    MSTATUS_MIE,    1 << 3
        .equ    MSTATUS_MPIE,   1 << 7
        .equ    MSTATUS_MPP_S,  1 << 11         # mstatus.MPP: S mode, ring 1. U mode, ring 3, is 0
        .equ    MSTATUS_MPP,    3 << 11
        .equ    MSTATUS_TVM,    1 << 20         # ring 1 may not use satp ...
        .equ    MSTATUS_TW,     1 << 21         # ... nor wfi ...
        .equ    MSTATUS_TSR,    1 << 22         # ... nor sret
        .equ    MIE_MTIE,       1 << 7          # the timer interrupt, in mie and in mip

        .equ    CAUSE_ILLEGAL,  2
        .equ    CAUSE_ECALL_S,  9
        .equ    CAUSE_TIMER,    0x80000007

        .include "page.s"
        .include "paravirt/boot.s"              # _start is the first byte of the program
        .include "paravirt/walls.s"
        .include "paravirt/world.s"
        .include "paravirt/calls.s"
        .include "paravirt/events.s"
        .include "paravirt/console.s"

        .section .bss
        .balign 16
        .space  1024                            # the one stack
frame:
        .space  FRAME_SIZE                      # the guest's registers: mscratch always points here
bss_end:
