# lowvisor.s - the small half of a split hypervisor: it switches worlds, and nothing else; but as the timer is wired to
# ring 0, it passes that on to the host.
#
# There are two worlds on this hart, and both believe to have it. Both kernels run in ring 1:
#
#                       the host's world                        a guest's world
#       ring 3          the host's processes                    the guest's programs
#       ring 1          the host kernel, with the highvisor     the guest kernel
#       ring 0          ------------------- this file ------------------------
#
# The host kernel cannot run in ring 0, because a kernel for ring 1 is what it is; the guest kernel must not. But a
# trap out of a guest has to go to ring 0, that is how the hardware is made. So somebody has to be there. It gets the
# trap, puts the host's world into the place of the guest's, and hands over what happened: the *double trap*. Why the
# guest was left, and what to do about it, the lowvisor does not even look at. That is for the highvisor.
#
# What makes a world:
#
#                       in the host's world                     in a guest's
#       x1-x31, pc      saved here: as of a function call       saved in the vCPU: all
#       mstatus, satp   the host's own                          the highvisor says which
#       mtrapmap        nothing: it owns ring 1                 all: it only believes to own ring 0
#       medeleg         all but ecall from ring 1               nothing: everything comes here
#       mideleg, mie    its own; and our timer, if it asked     nothing; the timer and the console end its turn
#       pmpcfg          all but this file                       VMs' memory, and the tables walked for them
#       mtvec           host_called                             guest_left
#
# The registers of S mode (stvec, sepc, scause ...) stay as they are: with the bitmap set a guest cannot touch them.

        .include "calls.s"

        .equ    CPU_VT,         3               # mimpid of the first CPU with a trap bitmap
        .equ    MTRAPMAP,       0x7c0

        .equ    FINISHER,       0x00100000
        .equ    FINISH_FAIL,    0x3333
        .equ    MTIMECMP,       0x02004000

        .equ    MSTATUS_MPP_S,  1 << 11
        .equ    IP_SSIP,        1 << 1          # bits of mie, mip and mideleg
        .equ    IP_STIP,        1 << 5
        .equ    IP_MTIP,        1 << 7
        .equ    IP_SEIP,        1 << 9

        .equ    HOST_EXCEPTIONS, 0xb1ff         # all but ecall from ring 1, which calls us
        .equ    HOST_INTERRUPTS, IP_SSIP | IP_STIP | IP_SEIP
        .equ    HOST_COUNTERS,  1 << 1          # it may read the clock
        .equ    HOST_WALLS,     0x0f0f080f      # the PMP, see walls: a byte each, the first one lowest
        .equ    GUEST_WALLS,    0x0f080800
        .equ    ALL_MEMORY,     1 << 30         # the end of all addresses, as pmpaddr has it: in words

        # The host's world, while it waits for a guest: x0 to x31 as far as a call keeps them, and
        .equ    H_PC,           4 * 32
        .equ    H_STATUS,       H_PC + 4
        .equ    H_SATP,         H_PC + 8
        .equ    H_MIE,          H_PC + 12
        .equ    H_ENTERED,      H_PC + 16       # minstret when the guest was entered, low word
        .equ    H_SIZE,         H_PC + 20

        .section .bss
        .balign 16
host_world:
        .space  H_SIZE

        .section .text
        .globl  _start
_start:
        csrr    t0, mhartid
        bnez    t0, park                        # one hart is enough
        csrr    t0, mimpid
        li      t1, CPU_VT
        bltu    t0, t1, no_bitmap
        la      t0, host_called
        csrw    mtvec, t0
        la      t0, host_world
        csrw    mscratch, t0
        li      t0, HOST_COUNTERS
        csrw    mcounteren, t0

walls:                                          # four pieces of memory:
        li      t0, LOWVISOR >> 2               # devices               host    -
        csrw    pmpaddr0, t0
        li      t0, HOST >> 2                   # the lowvisor          -       -
        csrw    pmpaddr1, t0
        li      t0, TABLES >> 2                 # the host              host    -
        csrw    pmpaddr2, t0
        li      t0, ALL_MEMORY                  # guests' tables, VMs   host    guest
        csrw    pmpaddr3, t0
        li      t0, HOST_WALLS
        csrw    pmpcfg0, t0

        csrw    mie, zero
        csrw    MTRAPMAP, zero
        li      t0, HOST_EXCEPTIONS
        csrw    medeleg, t0
        li      t0, HOST_INTERRUPTS
        csrw    mideleg, t0
        li      t0, MSTATUS_MPP_S
        csrw    mstatus, t0
        li      t0, HOST
        csrw    mepc, t0
        mret                                    # from here on we are a servant

no_bitmap:                                      # without one a guest kernel would be ignored, not trapped
        li      t0, FINISHER
        li      t1, FINISH_FAIL | 1 << 16
        sw      t1, 0(t0)
park:
        wfi
        j       park

# host_called: the trap vector of the host's world. Only two things lead here: the host kernel's ecall, and the timer.
        .balign 4
host_called:
        csrrw   sp, mscratch, sp                # sp = host_world
        sw      t0, 4*5(sp)
        csrr    t0, mcause
        bltz    t0, timer_rings
        bnez    a7, set_alarm

# run_guest: the host's world goes, the guest's comes.
run_guest:
        .irp    n, 1,3,4,8,9,18,19,20,21,22,23,24,25,26,27
        sw      x\n, 4*\n(sp)                   # ra, gp, tp, s0-s11
        .endr
        csrr    t0, mscratch
        sw      t0, 4*2(sp)                     # its sp
        csrr    t0, mepc
        addi    t0, t0, 4                       # it goes on behind its ecall
        sw      t0, H_PC(sp)
        csrrw   t0, mstatus, a1
        sw      t0, H_STATUS(sp)
        csrrw   t0, satp, a2
        sw      t0, H_SATP(sp)
        sfence.vma
        li      t0, IP_MTIP | IP_SEIP
        csrrw   t0, mie, t0
        sw      t0, H_MIE(sp)
        csrw    medeleg, zero
        csrw    mideleg, zero
        li      t0, GUEST_WALLS
        csrw    pmpcfg0, t0
        li      t0, -1
        csrw    MTRAPMAP, t0                    # every bit that there is
        la      t0, guest_left
        csrw    mtvec, t0
        lw      t0, VCPU_PC(a0)
        csrw    mepc, t0
        csrw    mscratch, a0

        # The alarm, a3 instructions of the guest from now. Should the clock's low half wrap just here it rings far too
        # early, and the host calls again. In between, minstret is noted, to tell how many instructions the guest had.
        # No branch is on the way from here to the guest, nor back to the next reading, so ours are always as many, and
        # a guest's clock counts the guest's own, to the very instruction.
        li      t4, MTIMECMP
        lw      t5, instructions_in
        add     a3, a3, t5
        rdtimeh t2
enter_stamp:
        rdtime  t1
        csrr    t0, minstret
        sw      t0, H_ENTERED(sp)
        add     t1, t1, a3
        sltu    t3, t1, a3
        add     t2, t2, t3
        sw      t1, 0(t4)
        sw      t2, 4(t4)
        .irp    n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        lw      x\n, 4*\n(a0)
        .endr
        lw      a0, 4*10(a0)                    # the base register comes last
        mret
        .equ    INSTRUCTIONS_IN, (. - enter_stamp) / 4

# guest_left: the trap vector of a guest's world. Whatever it is, the guest's world goes and the host's comes back.
        .balign 4
guest_left:
        csrrw   a0, mscratch, a0                # a0 = the vCPU
        .irp    n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sw      x\n, 4*\n(a0)
        .endr
        .equ    INSTRUCTIONS_OUT, (. - guest_left) / 4
        csrr    a2, minstret
        la      sp, host_world
        csrrw   t0, mscratch, sp
        sw      t0, 4*10(a0)
        csrr    t0, mepc
        sw      t0, VCPU_PC(a0)
        lw      t0, H_ENTERED(sp)
        sub     a2, a2, t0
        lw      t0, instructions_ours
        sub     a2, a2, t0                      # a2 = what the guest has retired
        lw      t0, H_STATUS(sp)
        csrw    mstatus, t0
        lw      t0, H_SATP(sp)
        csrw    satp, t0
        sfence.vma
        lw      t0, H_MIE(sp)
        andi    t0, t0, ~IP_MTIP                # its alarm is not the host's
        csrw    mie, t0
        li      t0, HOST_EXCEPTIONS
        csrw    medeleg, t0
        li      t0, HOST_INTERRUPTS
        csrw    mideleg, t0
        li      t0, HOST_WALLS
        csrw    pmpcfg0, t0
        csrw    MTRAPMAP, zero
        la      t0, host_called
        csrw    mtvec, t0
        lw      t0, H_PC(sp)
        csrw    mepc, t0
        csrr    a0, mcause                      # the highvisor may read what it means
        csrr    a1, mtval
        .irp    n, 1,3,4,8,9,18,19,20,21,22,23,24,25,26,27
        lw      x\n, 4*\n(sp)
        .endr
        lw      sp, 4*2(sp)
        mret

# set_alarm: LOW_ALARM. The timer is wired to ring 0, so even for its own clock a kernel in ring 1 needs somebody here.
set_alarm:
        li      t0, MTIMECMP
        sw      a0, 0(t0)
        sw      a1, 4(t0)
        li      t0, IP_STIP
        csrc    mip, t0
        li      t0, IP_MTIP
        csrs    mie, t0
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        csrrw   sp, mscratch, sp
        mret

# timer_rings: hand it on. The host takes it as its own timer interrupt, when it likes.
timer_rings:
        li      t0, IP_MTIP
        csrc    mie, t0
        li      t0, IP_STIP
        csrs    mip, t0
        lw      t0, 4*5(sp)
        csrrw   sp, mscratch, sp
        mret

        .section .rodata
        .balign 4
instructions_in:                                # of ours, from reading the clock to the guest
        .word   INSTRUCTIONS_IN
instructions_ours:                              # from reading minstret to the guest, and back to reading it
        .word   INSTRUCTIONS_IN - 1 + INSTRUCTIONS_OUT
