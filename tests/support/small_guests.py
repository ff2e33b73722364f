"""Small guests for tests of whole runs: how one begins, and one that tries a kernel instruction."""

# What a source begins with: ``finish CODE`` ends the run, ``put CHARACTER`` prints.
MACROS = """\
        .equ    UART, 0x10000000
        .equ    FINISHER, 0x100000
        .macro  finish code
        li      t0, FINISHER
        li      t1, (\\code << 16) | 0x3333
        sw      t1, 0(t0)
        .endm
        .macro  put character
        li      t0, UART
        li      t1, \\character
        sb      t1, 0(t0)
        .endm
_start:
"""

# A user program in ring 3 that reads mstatus twice, and a handler that lets it go on.
USER_READS_STATUS = """\
        la      t0, handler
        csrw    mtvec, t0
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        la      t0, user
        csrw    mepc, t0
        li      t0, 0x1800
        csrc    mstatus, t0
        mret
        .balign 4
handler:
        csrr    t0, mcause
        li      t1, 8
        beq     t0, t1, 1f
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        mret
1:      finish  0
user:
        csrr    a0, mstatus
        csrr    a0, mstatus
        csrw    mscratch, a0
        ecall
"""
