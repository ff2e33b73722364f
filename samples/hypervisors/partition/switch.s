# partition/switch.s - what makes a partition, and how the hart goes from one to another.
#
# While a guest runs, the registers of S mode are its own: it changes them directly. So when another guest gets the
# hart, all of them have to be exchanged, and the walls moved.

        .equ    V_STATUS,       128             # mstatus: S mode's part of it, and the mode the guest was in
        .equ    V_SIE,          132
        .equ    V_STVEC,        136
        .equ    V_SSCRATCH,     140
        .equ    V_SEPC,         144
        .equ    V_SCAUSE,       148
        .equ    V_STVAL,        152
        .equ    V_SATP,         156
        .equ    V_SCOUNTEREN,   160
        .equ    V_SENVCFG,      164
        .equ    V_STIP,         168             # mip.STIP, where it stands in mip
        .equ    V_ALARM_LOW,    172             # when it wants a timer interrupt, 64 bits; -1: never
        .equ    V_ALARM_HIGH,   176
        .equ    V_ENDED,        180             # not 0: it has shut down ...
        .equ    V_CODE,         184             # ... with this code
        .equ    V_DEVICES,      188             # permissions of PMP entry 2, its devices
        .equ    V_RESERVE,      192             # a word that partition_enter may overwrite
        .equ    V_SIZE,         196

        # The walls. The first entry that matches decides; where none matches there is no access.
        #
        #       entry 0         the first page of the partition         nothing
        #       entry 1         the partition                           read, write, execute
        #       entry 2         the serial port                         read, write, for the partition that has it
        .equ    PMP_R,          1
        .equ    PMP_W,          2
        .equ    PMP_X,          4
        .equ    PMP_NAPOT,      3 << 3          # the region is a naturally aligned power of two

        .equ    PMP_MEMORY,     (PMP_NAPOT | PMP_R | PMP_W | PMP_X) << 8 | PMP_NAPOT
        .equ    PMP_DEVICE,     (PMP_NAPOT | PMP_R | PMP_W) << 16

        .section .text

# partition_init: the partition s0, before its guest has run. The first one gets the serial port.
partition_init:
        mv      t0, s0
        addi    t1, s0, V_SIZE
1:
        sw      zero, 0(t0)                     # RAM is not known to be zero when power comes on
        addi    t0, t0, 4
        bltu    t0, t1, 1b
        li      t0, OWN_SIZE
        add     t0, t0, s0
        sw      t0, V_PC(s0)
        li      t0, MSTATUS_MPP_S
        sw      t0, V_STATUS(s0)
        li      t0, -1
        sw      t0, V_ALARM_LOW(s0)
        sw      t0, V_ALARM_HIGH(s0)
        li      t0, LOG
        add     t0, t0, s0
        sw      zero, 0(t0)                     # it has not said anything yet
        li      t0, FIRST
        bne     s0, t0, 2f
        li      t0, PMP_DEVICE
        sw      t0, V_DEVICES(s0)
2:
        ret

# partition_next: a0 = the next partition after s0, in a circle, that has not ended; s0 itself comes last.
# 0 if all have ended.
partition_next:
        mv      a0, s0
1:
        li      t0, PARTITION_SIZE
        add     a0, a0, t0
        li      t0, BEHIND_LAST
        bltu    a0, t0, 2f
        li      a0, FIRST
2:
        lw      t0, V_ENDED(a0)
        beqz    t0, 3f
        bne     a0, s0, 1b
        li      a0, 0
3:
        ret

# partition_save: put the registers of S mode away for the partition s0. The others have been saved already.
partition_save:
        csrr    t0, mstatus
        sw      t0, V_STATUS(s0)
        csrr    t0, sie
        sw      t0, V_SIE(s0)
        csrr    t0, stvec
        sw      t0, V_STVEC(s0)
        csrr    t0, sscratch
        sw      t0, V_SSCRATCH(s0)
        csrr    t0, sepc
        sw      t0, V_SEPC(s0)
        csrr    t0, scause
        sw      t0, V_SCAUSE(s0)
        csrr    t0, stval
        sw      t0, V_STVAL(s0)
        csrr    t0, satp
        sw      t0, V_SATP(s0)
        csrr    t0, scounteren
        sw      t0, V_SCOUNTEREN(s0)
        csrr    t0, senvcfg
        sw      t0, V_SENVCFG(s0)
        csrr    t0, mip
        andi    t0, t0, MIP_STIP
        sw      t0, V_STIP(s0)
        ret

# partition_enter: give the hart to the partition s0, for a slice.
partition_enter:
        csrw    mscratch, s0                    # the next trap saves its registers there

        srli    t0, s0, 2
        ori     t1, t0, OWN_SIZE / 8 - 1
        csrw    pmpaddr0, t1
        li      t1, PARTITION_SIZE / 8 - 1
        or      t0, t0, t1
        csrw    pmpaddr1, t0
        li      t0, (UART >> 2) | (UART_SIZE / 8 - 1)
        csrw    pmpaddr2, t0
        li      t0, PMP_MEMORY
        lw      t1, V_DEVICES(s0)
        or      t0, t0, t1
        csrw    pmpcfg0, t0

        lw      t0, V_STATUS(s0)
        csrw    mstatus, t0
        lw      t0, V_SIE(s0)
        csrw    sie, t0
        lw      t0, V_STVEC(s0)
        csrw    stvec, t0
        lw      t0, V_SSCRATCH(s0)
        csrw    sscratch, t0
        lw      t0, V_SEPC(s0)
        csrw    sepc, t0
        lw      t0, V_SCAUSE(s0)
        csrw    scause, t0
        lw      t0, V_STVAL(s0)
        csrw    stval, t0
        lw      t0, V_SATP(s0)
        csrw    satp, t0
        lw      t0, V_SCOUNTEREN(s0)
        csrw    scounteren, t0
        lw      t0, V_SENVCFG(s0)
        csrw    senvcfg, t0
        li      t0, MIP_STIP
        csrc    mip, t0
        lw      t0, V_STIP(s0)
        csrs    mip, t0
        sfence.vma                              # the hart may keep old answers of page tables and PMP: forget them
        addi    t0, s0, V_RESERVE
        sc.w    t1, zero, (t0)                  # ends a reservation that the other guest's lr.w has left

        call    clock_begin_slice
        call    clock_deliver
        call    clock_program
        j       resume
