# page.s - the shared page of 09-paravirt: all that the hypervisor and its guest have to agree on.
#
# It is the last page of the guest's memory, and both sides read and write it. This file is included by both.
#
# Most of it is a virtual hart: a word for each CSR that the guest's kernel uses. What the hardware does to its CSRs
# at a trap, the hypervisor does to these words. Then the kernel reads them, without an exit. What the kernel wants of
# the hart it writes into them, without an exit; the hypervisor takes it over at the next hypercall, all at once. That
# is why there are hardly any hypercalls: the page is a batch that is always open.
#
# A hypercall is an ecall from ring 1. Its number stands in PAGE_CALL, not in a register: the kernel's mret comes
# when all registers hold a program's values. Nothing else is passed, and no register is changed.

        .macro  word_of_page name, bytes=4      # the next word: its name is its offset in bytes
        .equ    PAGE_\name, page_used
        .set    page_used, page_used + \bytes
        .endm

        .equ    GUEST_RAM,      0x80000000      # the guest's memory; real addresses, nobody translates
        .equ    GUEST_SIZE,     0x400000
        .equ    PAGE_SIZE,      0x1000
        .equ    PAGE,           GUEST_RAM + GUEST_SIZE - PAGE_SIZE

        .set    page_used, 0

        # ---- the virtual hart. Written by ...

        word_of_page mstatus                    # both: MIE, MPIE, MPP. MIE is the guest's own interrupt enable
        word_of_page mie                        # the guest: which interrupts it wants; there is only the timer's
        word_of_page mip                        # the hypervisor: which are pending
        word_of_page mtvec                      # the guest: where it wants its traps
        word_of_page mscratch                   # both: see below
        word_of_page mepc                       # both: where the trap came from; where mret leads to
        word_of_page mcause                     # the hypervisor
        word_of_page mtval                      # the hypervisor
        word_of_page mhartid                    # the hypervisor: 0
        word_of_page mcounteren                 # nobody reads it: the counters are closed to programs anyway
        word_of_page pmpcfg0                    # the guest: what its programs may reach. In force after the next
        word_of_page pmpaddr0                   # CALL_RETURN
        word_of_page pmpaddr1
        word_of_page pmpaddr2
        word_of_page pmpaddr3

        # A trap does one thing more than on the hart: it exchanges sp and mscratch. On the hart that has to be the
        # first instruction of a trap handler, because it has no free register; here it comes with the trap.

        # ---- instead of devices

        word_of_page TIME, 8                    # the hypervisor: the clock, whenever the guest's kernel is entered
        word_of_page ALARM, 8                   # the guest: when it wants the timer interrupt; all ones: never
        word_of_page POWER                      # the guest: not 0 ends it, as a word that is written to the finisher
        word_of_page CALL                       # the guest: the number of the hypercall. Back to 0 when it is done

        word_of_page SENT                       # the guest: how many bytes it has put into the ring since the start
        word_of_page PRINTED                    # the hypervisor: how many it has taken out
        .equ    PAGE_RING,      0x400           # console output: byte n of all is at n modulo RING_SIZE
        .equ    RING_SIZE,      0x400           # a power of two

        # ---- hypercalls. Each of them also prints what is in the ring, and looks at PAGE_POWER

        .equ    CALL_RETURN,    0               # what mret does: to mepc, to the mode in mstatus.MPP
        .equ    CALL_WAIT,      1               # what wfi does: comes back when an interrupt that mie wants is pending
        .equ    CALL_LOOK,      2               # nothing more. For a ring that is full, and for a kernel that has set
                                                # mstatus.MIE and sees something in mip: it is delivered now
        .equ    CALLS,          3               # any other number is an illegal instruction
