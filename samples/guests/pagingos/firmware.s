# pagingos/firmware.s - the M-mode program under the kernel.
#
# It starts the machine, decides which traps the kernel handles by itself (delegation), and serves the two things
# that S mode cannot do: set the alarm, and turn the machine off. The kernel asks for them as its own programs ask
# the kernel, with ecall: number in a7, arguments in a0 and a1, answer in a0. (The standard for such calls is named
# SBI. This is a smaller one, with numbers of its own.)
#
#       0  shutdown(code)       end the run; code 0 means all is well
#       1  set_timer(low, high) raise the supervisor timer interrupt when the clock reaches high:low, and withdraw
#                               the one that is pending now
#
# The timer comes in two steps, because the hardware's timer interrupts M mode only. At the alarm the firmware sets
# mip.STIP by software, and that is the interrupt the kernel sees. It also disables its own interrupt (mie.MTIE):
# the alarm stays due until somebody sets a later one, and it must not go off again and again meanwhile.

        .equ    FIRMWARE_SHUTDOWN, 0
        .equ    FIRMWARE_SET_TIMER, 1

        .equ    MSTATUS_MPP_S,  1 << 11         # mret goes to S mode
        .equ    MIE_MTIE,       1 << 7          # the machine timer interrupt is enabled
        .equ    MIP_STIP,       1 << 5          # a supervisor timer interrupt is pending
        .equ    MCOUNTEREN_TM,  1 << 1          # S mode may read time
        .equ    CAUSE_ECALL_S,  9               # mcause: ecall in S mode
        .equ    CAUSE_M_TIMER,  7               # mcause of the machine timer interrupt, under the top bit

        # Exceptions 0 to 8 (up to ecall from U mode) and the page faults, 12, 13 and 15, go to S mode directly. An
        # ecall from S mode, 9, is meant for the firmware.
        .equ    DELEGATED,      0x01ff | 1 << 12 | 1 << 13 | 1 << 15

        .equ    PMP_R,          1
        .equ    PMP_W,          2
        .equ    PMP_X,          4
        .equ    PMP_NAPOT,      3 << 3          # the region is a naturally aligned power of two

        .section .text
        .globl  _start
_start:
        csrr    t0, mhartid
        bnez    t0, firmware_park               # one hart runs the kernel; others sleep

        la      t0, firmware_trap
        csrw    mtvec, t0
        la      t0, firmware_saved
        csrw    mscratch, t0
        li      t0, DELEGATED
        csrw    medeleg, t0
        li      t0, MIP_STIP
        csrw    mideleg, t0                     # the supervisor timer interrupt goes to the kernel, too
        csrw    mie, zero                       # no alarm until the kernel asks for one
        li      t0, MCOUNTEREN_TM
        csrw    mcounteren, t0

        # PMP. The first entry that matches decides: entry 0 takes the firmware's page away from S and U mode, entry
        # 1 gives them all the rest. Without any entry they could not fetch a single instruction.
        li      t0, (FIRMWARE >> 2) | (FIRMWARE_SIZE / 8 - 1)
        csrw    pmpaddr0, t0
        li      t0, -1
        csrw    pmpaddr1, t0                    # all ones: the largest region there is, everything
        li      t0, (PMP_NAPOT | PMP_R | PMP_W | PMP_X) << 8 | PMP_NAPOT
        csrw    pmpcfg0, t0

        csrw    satp, zero                      # the kernel begins without translation
        li      t0, MSTATUS_MPP_S
        csrw    mstatus, t0
        la      t0, kernel_start
        csrw    mepc, t0
        mret                                    # pc = mepc, mode = S

firmware_park:
        wfi
        j       firmware_park

        .balign 4
firmware_trap:
        csrrw   sp, mscratch, sp                # swap: sp = firmware_saved, mscratch = the kernel's sp
        sw      t0, 0(sp)
        sw      t1, 4(sp)
        csrr    t0, mcause
        bltz    t0, firmware_interrupt          # top bit set
        li      t1, CAUSE_ECALL_S
        bne     t0, t1, firmware_dies

        csrr    t0, mepc
        addi    t0, t0, 4                       # go on after the ecall
        csrw    mepc, t0
        beqz    a7, firmware_shutdown
        li      t0, FIRMWARE_SET_TIMER
        beq     a7, t0, firmware_set_timer
        li      a0, -1                          # no such call
        j       firmware_return

firmware_set_timer:
        li      t0, MTIMECMP
        li      t1, -1
        sw      t1, 0(t0)                       # no alarm can go off while the halves do not fit together
        sw      a1, 4(t0)
        sw      a0, 0(t0)
        li      t0, MIP_STIP
        csrc    mip, t0
        li      t0, MIE_MTIE
        csrs    mie, t0
        li      a0, 0
firmware_return:
        lw      t0, 0(sp)
        lw      t1, 4(sp)
        csrrw   sp, mscratch, sp                # swap back
        mret

firmware_interrupt:
        slli    t0, t0, 1                       # drop the top bit
        li      t1, CAUSE_M_TIMER << 1
        bne     t0, t1, firmware_dies
        li      t0, MIE_MTIE
        csrc    mie, t0
        li      t0, MIP_STIP
        csrs    mip, t0                         # pending for S mode: taken as soon as the kernel allows it
        j       firmware_return

firmware_dies:
        li      a0, EXIT_FIRMWARE
firmware_shutdown:
        li      t0, FINISH_PASS
        beqz    a0, 1f
        slli    a0, a0, 16
        li      t0, FINISH_FAIL
        or      t0, t0, a0
1:
        li      t1, FINISHER
        sw      t0, 0(t1)
2:
        wfi                                     # a real board takes a moment to turn off
        j       2b

        .balign 4
firmware_saved:                                 # two registers of the kernel, while the firmware runs. It lies in
        .word   0, 0                            # the firmware's own page, where nobody else can reach it
