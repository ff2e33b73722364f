# What surrounds a random program (tests/support/random_guests.py): boot, trap handlers that write down every trap
# with a checksum of all registers, and the end. Offsets are those of the layout there.

        .equ    FRAMES,   BASE + 0x1000
        .equ    M_FRAME,  FRAMES                # x0's word: the slot of the vector; then x1 to x31
        .equ    S_FRAME,  FRAMES + 0x80
        .equ    STATE,    FRAMES + 0x100
        .equ    LOG_NEXT, 0                     # in STATE: where the next record goes
        .equ    LOG_END,  4                     # where none fits any more
        .equ    SEED,     8                     # of the timer's next distance
        .equ    LANDING,  12                    # the address of the next landing's word
        .equ    LANDINGS, FRAMES + 0x200        # addresses to go on at when the way is lost, then 0
        .equ    PROGRAM,  0x6000                # bits of an address in the program, whatever its alias
        .equ    RECORD,   36

        .equ    CLINT,    0x02000000
        .equ    PLIC_CLAIM, 0x0c200004
        .equ    UART,     0x10000000
        .equ    FINISHER, 0x00100000

_start: la      t0, m_vectors
        csrw    mtvec, t0
        la      t0, s_vectors
        csrw    stvec, t0
        li      t0, -1
        csrw    pmpaddr15, t0
        li      t0, 0x1f000000
        csrw    pmpcfg3, t0
        li      t1, BASE + PROGRAM
        jr      t1

        .macro  stub number, scratch, frame, main
        csrw    \scratch, t0
        la      t0, \frame
        sw      t1, 4 * 6(t0)
        li      t1, \number
        j       \main
        .endm

        .macro  save scratch
        .irp    n, 1,2,3,4,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sw      x\n, 4 * \n(t0)
        .endr
        sw      t1, 0(t0)
        csrr    t1, \scratch
        sw      t1, 4 * 5(t0)
        .endm

        .macro  restore
        .irp    n, 1,2,3,4,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        lw      x\n, 4 * \n(t0)
        .endr
        lw      t0, 4 * 5(t0)
        .endm

        # Write a record of nine words: slot, cause, pc, value, status, pending, retired, checksum, scratch.
        # s0 = the cause, s1 = the pc. Goes to \full if there is no room.
        .macro  record cause, epc, tval, status, ip, count, full
        li      s2, 0
        mv      s3, t0
        addi    s4, t0, 128
1:      lw      s5, (s3)
        slli    s6, s2, 5
        sub     s2, s6, s2
        add     s2, s2, s5
        addi    s3, s3, 4
        bltu    s3, s4, 1b
        li      s3, STATE
        lw      s4, LOG_NEXT(s3)
        lw      s5, LOG_END(s3)
        bgeu    s4, s5, \full
        addi    s5, s4, RECORD
        sw      s5, LOG_NEXT(s3)
        lw      s5, 0(t0)
        sw      s5, 0(s4)
        csrr    s0, \cause
        sw      s0, 4(s4)
        csrr    s1, \epc
        sw      s1, 8(s4)
        csrr    s5, \tval
        sw      s5, 12(s4)
        csrr    s5, \status
        sw      s5, 16(s4)
        csrr    s5, \ip
        sw      s5, 20(s4)
        csrr    s5, \count
        sw      s5, 24(s4)
        sw      s2, 28(s4)
        lw      s5, 4 * 5(t0)
        sw      s5, 32(s4)
        .endm

        # s1 = where to go on after an exception at s1; goes to \lost if that is outside the program.
        .macro  skip lost
        li      s2, 0x3fffff
        addi    s1, s1, 4
        and     s2, s2, s1
        li      s3, PROGRAM
        bltu    s2, s3, \lost
        li      s3, PROGRAM_END
        bgeu    s2, s3, \lost
        .endm

# ---- traps to M

        .balign 256
m_vectors:
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11
        j       m_stub\n
        .endr
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11
m_stub\n: stub  \n, mscratch, M_FRAME, m_main
        .endr

m_main: save    mscratch
        record  mcause, mepc, mtval, mstatus, mip, minstret, finish
        li      s4, UART
        andi    s5, s0, 15
        addi    s5, s5, 'a'
        sb      s5, (s4)
        bltz    s0, m_interrupt
        li      s2, 1                           # a fetch that fails: the way is lost
        beq     s0, s2, m_lost
        li      s2, 12
        beq     s0, s2, m_lost
        skip    m_lost
        li      s2, 8                           # a system call goes on in M, and one illegal instruction in eight
        beq     s0, s2, m_promote
        li      s2, 9
        beq     s0, s2, m_promote
        andi    s2, s1, 0x1c
        bnez    s2, m_resume
m_promote:
        li      s2, 3 << 11
        csrs    mstatus, s2
m_resume:
        csrw    mepc, s1
m_return:
        restore
        mret

m_lost: li      s2, STATE                       # to the next landing, in M
        lw      s3, LANDING(s2)
        lw      s1, (s3)
        beqz    s1, finish
        addi    s3, s3, 4
        sw      s3, LANDING(s2)
        li      s2, 3 << 11
        csrs    mstatus, s2
        j       m_resume

m_interrupt:
        andi    s2, s0, 15
        li      s3, 1
        sll     s3, s3, s2
        li      s4, 7
        beq     s2, s4, m_timer
        li      s4, 3
        beq     s2, s4, m_software
        li      s4, 11
        beq     s2, s4, m_external
        csrc    mip, s3
        j       m_return
m_software:
        li      s4, CLINT
        sw      zero, (s4)
        j       m_return
m_external:
        li      s4, PLIC_CLAIM
        lw      s5, (s4)
        sw      s5, (s4)
        li      s4, UART
        lbu     s5, 2(s4)
        csrc    mie, s3
        j       m_return
m_timer:
        li      s4, STATE
        lw      s5, SEED(s4)
        li      s6, 1664525
        mul     s5, s5, s6
        li      s6, 1013904223
        add     s5, s5, s6
        sw      s5, SEED(s4)
        srli    s5, s5, 21
        addi    s5, s5, 16
        li      s4, CLINT + 0xbff8
        lw      s6, (s4)
        lw      s7, 4(s4)
        add     s5, s5, s6
        sltu    s6, s5, s6
        add     s6, s6, s7
        li      s4, CLINT + 0x4000
        li      s7, -1
        sw      s7, 4(s4)
        sw      s5, (s4)
        sw      s6, 4(s4)
        j       m_return

# The registers are in the frame that t0 points to.
finish: li      t0, FINISHER
        li      t1, 0x5555
        sw      t1, (t0)
1:      j       1b

# ---- traps to S

        .balign 256
s_vectors:
        .irp    n, 0,1,2,3,4,5,6,7,8,9
        j       s_stub\n
        .endr
        .irp    n, 0,1,2,3,4,5,6,7,8,9
s_stub\n: stub  \n, sscratch, S_FRAME, s_main
        .endr

s_main: save    sscratch
        record  scause, sepc, stval, sstatus, sip, sie, s_give_up
        bltz    s0, s_interrupt
        skip    s_give_up
        csrw    sepc, s1
s_return:
        restore
        sret
s_give_up:
        jr      zero                            # a fetch that fails, and is M's
s_interrupt:
        andi    s2, s0, 15
        li      s3, 1
        sll     s3, s3, s2
        csrc    sie, s3
        csrc    sip, s3
        j       s_return
