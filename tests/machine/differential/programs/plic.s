# The PLIC with the UART's interrupt 10: priorities, thresholds, enables, claim and completion, for
# M (context 0) and S (context 1).
    .include "lib.s"

    .equ PLIC, 0x0c000000
    .equ PRIORITY, PLIC + 4 * 10
    .equ PENDING, PLIC + 0x1000
    .equ ENABLE_M, PLIC + 0x2000
    .equ ENABLE_S, PLIC + 0x2080
    .equ THRESHOLD_M, PLIC + 0x200000
    .equ CLAIM_M, PLIC + 0x200004
    .equ THRESHOLD_S, PLIC + 0x201000
    .equ CLAIM_S, PLIC + 0x201004
    .equ IER, 1
    .equ IIR, 2

    .macro put address, value
    li t0, \address
    li t1, \value
    sw t1, 0(t0)
    .endm

    .macro get register, address
    li t0, \address
    lw \register, 0(t0)
    .endm

    # The UART's interrupt "transmitter empty", on and off.
    .macro uart_raise
    li t0, UART
    li t1, 2
    sb t1, IER(t0)
    .endm

    .macro uart_calm
    li t0, UART
    sb zero, IER(t0)
    .endm

    # Keep what is pending for later: printing would move the UART's interrupt line. `again` has the
    # PLIC look once more by writing a threshold, since QEMU 7.2 does not look when an enable changes.
    .macro record
    get t1, PENDING
    csrr t2, mip
    sw t1, 0(s9)
    sw t2, 4(s9)
    addi s9, s9, 8
    .endm

    .macro again
    get t1, THRESHOLD_M
    sw t1, 0(t0)
    .endm

    # Print the records since the last time, with the UART's interrupt off.
    .macro report
    uart_calm
    call print_records
    .endm

    .globl main
main:
    mv s11, ra
    li t0, MTIMECMP
    li t1, -1
    sw t1, 4(t0)
    title "registers keep what is written"
    .irp value, 0, 1, 5, 7
    put PRIORITY, \value
    get s2, PRIORITY
    put THRESHOLD_M, \value
    get s3, THRESHOLD_M
    put THRESHOLD_S, \value
    get s4, THRESHOLD_S
    show priority, s2
    show threshold_m, s3
    show threshold_s, s4
    newline
    .endr
    put PRIORITY, 0
    put THRESHOLD_M, 0
    put THRESHOLD_S, 0
    put ENABLE_M, 0x400
    put ENABLE_S, 0x402
    get s2, ENABLE_M
    get s3, ENABLE_S
    put ENABLE_M, 0
    put ENABLE_S, 0
    get s4, ENABLE_M
    show m, s2
    show s, s3
    show off, s4
    newline
    get s2, PLIC                    # source 0 does not exist
    get s3, CLAIM_M                 # nothing to claim
    get s4, CLAIM_S
    show zero, s2
    show claim, s3
    show claim, s4
    newline

    title "pending and enabled"
    la s9, records
    uart_raise
    record                          # pending, not enabled
    get s2, CLAIM_M
    put ENABLE_M, 0x400
    again
    record                          # enabled, priority 0
    get s3, CLAIM_M
    put PRIORITY, 3
    record                          # now it counts
    put THRESHOLD_M, 3
    record                          # not above the threshold
    put THRESHOLD_M, 2
    record
    put ENABLE_M, 0
    again
    record
    put ENABLE_S, 0x400
    again
    record                          # for S alone
    put THRESHOLD_S, 7
    record
    put THRESHOLD_S, 0
    put ENABLE_M, 0x400
    again
    record                          # for both
    report
    show claim, s2
    show claim, s3
    newline

    title "claim and complete"
    la s9, records
    uart_raise
    record
    get s2, CLAIM_M
    record                          # claimed
    get s3, CLAIM_M
    get s4, CLAIM_S
    # QEMU 7.2 forgets a level that is still high at completion, so it is lowered first.
    li t0, UART
    sb zero, IER(t0)
    record
    put CLAIM_M, 10
    record
    get s5, CLAIM_M
    report
    show claim, s2
    show claim, s3
    show claim, s4
    show claim, s5
    newline

    title "interrupts: M's, S's, delegated"
    put THRESHOLD_M, 0
    put ENABLE_M, 0x400
    put ENABLE_S, 0
    li t0, 0x800
    csrw mie, t0
    uart_raise
    csrsi mstatus, 8
    nop
    nop
    csrci mstatus, 8
    uart_calm
    get s2, CLAIM_M
    put CLAIM_M, 10
    put ENABLE_M, 0
    put ENABLE_S, 0x400
    li t0, 0x200
    csrw mie, t0
    uart_raise
    csrsi mstatus, 8
    nop
    nop
    csrci mstatus, 8
    li t0, 0x200
    csrw mie, t0
    csrw mideleg, t0
    to_s
    csrsi sstatus, 2
    nop
    nop
    csrr s2, sip
    csrci sstatus, 2
    to_m
    show sip, s2
    newline
    title "S claims"
    to_s
    get s2, CLAIM_S
    csrr s3, sip
    uart_calm
    put CLAIM_S, 10
    csrr s4, sip
    to_m
    show claim, s2
    show claimed, s3
    show completed, s4
    newline

    title "the external bit of mip: software's and the PLIC's"
    la s9, records
    csrw mideleg, zero
    li t0, 0x200
    csrs mip, t0
    record
    uart_raise
    record                          # both
    get s2, CLAIM_S
    record                          # software's alone
    put CLAIM_S, 10
    li t0, 0x200
    csrc mip, t0
    li t0, UART
    sb zero, IER(t0)
    get s3, CLAIM_S
    put CLAIM_S, 10
    record
    report
    show claim, s2
    show claim, s3
    newline
    put ENABLE_S, 0
    csrw mie, zero

    title "external, software and timer at once: M's order"
    put ENABLE_M, 0x400
    li t0, CLINT
    li t1, 1
    sw t1, 0(t0)
    li t0, MTIMECMP
    sw zero, 4(t0)
    sw zero, 0(t0)
    li t0, 0x222
    csrs mip, t0
    uart_raise
    csrr s2, mip
    li t0, 0xaaa
    csrw mie, t0
    csrsi mstatus, 8
    nop
    nop
    csrci mstatus, 8
    csrw mie, zero
    csrw mip, zero
    uart_calm
    show mip, s2
    newline
    li t0, CLINT
    sw zero, 0(t0)
    mv ra, s11
    ret

print_records:
    la t0, records
1:  beq t0, s9, 2f
    lw t1, 0(t0)
    lw t2, 4(t0)
    show pending, t1
    show mip, t2
    newline
    addi t0, t0, 8
    j 1b
2:  la s9, records
    ret

    .section .bss
    .balign 4
records:
    .zero 256
