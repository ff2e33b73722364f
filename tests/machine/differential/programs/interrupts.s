# Software and timer interrupts: when they are taken, by whom, in which order, through which vector.
    .include "lib.s"

    # Make an interrupt pending: those of S through mip, those of M through the CLINT.
    .macro raise_s bits
    li t0, \bits
    csrs mip, t0
    .endm

    .macro raise_msip
    li t0, CLINT
    li t1, 1
    sw t1, 0(t0)
    .endm

    .macro clear_msip
    li t0, CLINT
    sw zero, 0(t0)
    .endm

    .macro raise_mtip
    li t0, MTIMECMP
    sw zero, 4(t0)
    sw zero, 0(t0)
    .endm

    .macro clear_mtip
    li t0, MTIMECMP
    li t1, -1
    sw t1, 4(t0)
    .endm

    .macro calm
    csrw mie, zero
    csrw mip, zero
    csrw mideleg, zero
    csrci mstatus, 10
    clear_msip
    clear_mtip
    .endm

    .macro enable bits
    li t0, \bits
    csrw mie, t0
    .endm

    .globl main
main:
    mv s11, ra
    clear_mtip
    title "one at a time, in M"
    .irp bit, 1, 5, 9
    raise_s 1 << \bit
    enable 1 << \bit
    show_csr mip
    newline
    csrsi mstatus, 8
    nop
    csrci mstatus, 8
    show_csr mip
    show_csr mie
    newline
    calm
    .endr
    raise_msip
    enable 8
    show_csr mip
    newline
    csrsi mstatus, 8
    nop
    csrci mstatus, 8
    calm
    raise_mtip
    enable 0x80
    show_csr mip
    newline
    csrsi mstatus, 8
    nop
    csrci mstatus, 8
    calm
    show_csr mip
    newline

    title "enabled first, pending later"
    csrsi mstatus, 8
    enable 0xaaa
    csrsi mip, 2
    nop
    enable 0xaaa
    li t0, CLINT
    li t1, 1
    sw t1, 0(t0)
    nop
    nop
    enable 0xaaa
    li t0, MTIMECMP
    sw zero, 4(t0)
    sw zero, 0(t0)
    nop
    nop
    calm

    title "all at once, in M"
    raise_s 0x222
    raise_msip
    raise_mtip
    show_csr mip
    newline
    enable 0xaaa
    csrsi mstatus, 8
    nop
    calm

    title "M's interrupts in S and U, MIE clear"
    .irp mode, 1, 0
    raise_s 0x222
    raise_msip
    raise_mtip
    enable 0xaaa
    csrci mstatus, 10
    li t0, MPIE
    csrc mstatus, t0
    to_mode \mode
    nop
    to_m
    calm
    .endr

    title "delegated, in M: not taken"
    li t0, 0x222
    csrw mideleg, t0
    raise_s 0x222
    enable 0xaaa
    csrsi mstatus, 10
    nop
    csrci mstatus, 10
    show_csr mip
    show_csr sip
    show_csr sie
    newline
    title "delegated, in S, SIE clear and then set"
    to_s
    csrci sstatus, 2
    nop
    say "not yet\n"
    csrsi sstatus, 2
    nop
    nop
    csrci sstatus, 2
    to_m
    show_csr mie
    newline
    title "delegated, in U, SIE clear"
    enable 0xaaa
    csrci mstatus, 2
    to_u
    nop
    nop
    to_m
    calm

    title "delegated in part, with M's own, in S"
    .irp deleg, 0x2, 0x20, 0x200, 0x202, 0x222
    li t0, \deleg
    csrw mideleg, t0
    raise_s 0x222
    raise_msip
    raise_mtip
    csrsi mstatus, 2
    enable 0xaaa
    to_s
    nop
    nop
    csrci sstatus, 2
    to_m
    show_csr mip
    newline
    calm
    .endr

    title "delegated in part, in U"
    .irp deleg, 0x2, 0x20, 0x200
    li t0, \deleg
    csrw mideleg, t0
    raise_s 0x222
    raise_msip
    enable 0xaaa
    to_u
    nop
    nop
    to_m
    calm
    .endr

    title "S's software interrupt, raised by S"
    li t0, 2
    csrw mideleg, t0
    enable 2
    to_s
    csrci sstatus, 2
    csrsi sip, 2
    csrr s2, sip
    csrsi sstatus, 2
    nop
    csrr s3, sip
    csrci sip, 2
    csrr s4, sip
    csrci sstatus, 2
    to_m
    show before, s2
    show within, s3
    show after, s4
    newline
    calm

    title "vectored, in M and in S"
    la t0, vector_m
    addi t0, t0, 1
    csrw mtvec, t0
    la t0, vector_s
    addi t0, t0, 1
    csrw stvec, t0
    raise_s 0x222
    raise_msip
    raise_mtip
    enable 0xaaa
    csrsi mstatus, 8
    nop
    csrci mstatus, 8
    .word 0
    li t0, 0x222
    csrw mideleg, t0
    raise_s 0x222
    enable 0x222
    csrsi mstatus, 2
    li t0, 4
    csrs medeleg, t0
    to_s
    nop
    .word 0
    csrci sstatus, 2
    to_m
    calm
    csrw medeleg, zero
    la t0, on_trap_m
    csrw mtvec, t0
    la t0, on_trap_s
    csrw stvec, t0

    title "an interrupt that an xRET enables"
    raise_s 2
    enable 2
    csrci mstatus, 8
    li t0, MPP | MPIE
    csrs mstatus, t0
    la t0, 1f
    csrw mepc, t0
    mret
    nop
1:  nop
    csrci mstatus, 8
    li t0, 2
    csrw mideleg, t0
    enable 2
    csrci mstatus, 2
    li t0, SPP | SPIE
    csrs mstatus, t0
    to_s
    la t0, 1f
    csrw sepc, t0
    sret
    nop
1:  nop
    csrci sstatus, 2
    to_m
    calm

    title "an interrupt between a trap and its handler's return waits"
    csrsi mstatus, 8
    raise_s 2
    csrci mstatus, 8
    enable 2
    .word 0
    csrsi mstatus, 8
    nop
    csrci mstatus, 8
    calm

    title "wfi, with the timer, MIE clear and set"
    la t2, soon
    enable 0x80
    jalr s10, 0(t2)
    wfi
    show_csr mip
    newline
    clear_mtip
    csrsi mstatus, 8
    jalr s10, 0(t2)
1:  wfi
    csrr t0, mie                    # the handler has cleared the bit when the timer has been
    bnez t0, 1b
    csrci mstatus, 8
    clear_mtip
    enable 0x80
    csrci mstatus, 8
    jalr s10, 0(t2)
    to_s
    wfi                             # M's interrupt wakes S and is taken at once
    nop
    to_m
    calm

    title "the CLINT's registers"
    li t0, CLINT
    li t1, -1
    sw t1, 0(t0)
    lw s2, 0(t0)
    csrr s3, mip
    sw zero, 0(t0)
    lw s4, 0(t0)
    show msip, s2
    show mip, s3
    show msip, s4
    newline
    li t0, MTIMECMP
    li t1, 0x12345678
    sw t1, 0(t0)
    li t1, 0x9abcdef0
    sw t1, 4(t0)
    lw s2, 0(t0)
    lw s3, 4(t0)
    show low, s2
    show high, s3
    newline
    li t0, MTIME
    li t1, 0x42
    sw t1, 4(t0)
    lw s2, 4(t0)
    csrr s3, timeh
    show high, s2
    show timeh, s3
    newline
    sw zero, 4(t0)
    li t1, 0x40000000
    sw t1, 0(t0)
    lw s2, 0(t0)
    csrr s3, time
    srli s2, s2, 24
    srli s3, s3, 24
    show low, s2
    show time, s3
    newline
    li t0, MTIMECMP                 # mtimecmp passed by a write of mtime
    li t1, 0x50000000
    sw zero, 4(t0)
    sw t1, 0(t0)
    csrr s2, mip
    li t0, MTIME
    li t1, 0x60000000
    sw t1, 0(t0)
    csrr s3, mip
    sw zero, 0(t0)
    csrr s4, mip
    show before, s2
    show passed, s3
    show back, s4
    newline
    clear_mtip

    title "an environment call from S, delegated; back through the CLINT"
    li t0, 0x200
    csrw medeleg, t0
    la t0, ipi_target
    la t1, 1f
    sw t1, 0(t0)
    enable 8
    to_s
    li a7, TO_M
    ecall
    raise_msip
2:  j 2b
1:  csrw medeleg, zero
    show_csr mcause
    newline
    calm
    mv ra, s11
    ret

# Set mtimecmp a little ahead. Links through s10.
soon:
    li t0, MTIME
    lw t1, 0(t0)
    lw t3, 4(t0)
    addi t4, t1, 1000
    sltu t1, t4, t1
    add t3, t3, t1
    li t0, MTIMECMP
    li t1, -1
    sw t1, 4(t0)
    sw t4, 0(t0)
    sw t3, 4(t0)
    jr s10
