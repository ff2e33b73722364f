# Physical memory protection: what the entries keep, the four ways to match, priority, partial
# matches, locks, and entries for M; then many random settings.
#
# Entry 15 opens everything for S and U unless a test says otherwise. Accesses are made by M with
# MPRV, so that a refusal is a quiet trap and a digit in a line.
    .include "lib.s"

    .equ NA4, 0x10
    .equ TOR, 0x08
    .equ NAPOT, 0x18

    # In register a0, the cause of an access to 0(t3) as the mode in s4 (MPP bits); -1 for none.
    .macro attempt access
    la s6, quiet
    li t0, -1
    sw t0, 4(s6)
    li t0, 1
    sw t0, 0(s6)
    li t0, MPP
    csrc mstatus, t0
    csrs mstatus, s4
    li t2, MPRV
    csrs mstatus, t2
    \access
    csrc mstatus, t2
    sw zero, 0(s6)
    lw a0, 4(s6)
    .endm

    .globl main
main:
    addi sp, sp, -16
    sw ra, 0(sp)

    title "configurations that keep what is written"
    .irp value, 0x00000000, 0x01030507, 0x090b0d0f, 0x11131517, 0x191b1d1f, 0x04000100, 0x0c080c09
    li t0, \value
    csrw pmpcfg0, t0
    csrr s2, pmpcfg0
    csrw pmpcfg1, t0
    csrr s3, pmpcfg1
    show wrote, t0
    show cfg0, s2
    show cfg1, s3
    newline
    .endr
    title "configurations with reserved bits"
    .irp value, 0x02020202, 0x06060606, 0x0a0e1216, 0x1a1e1a1e, 0x60606060, 0x61414121, 0x7f7f7f7f
    li t0, \value
    csrw pmpcfg0, t0
    csrr s2, pmpcfg0
    show wrote, t0
    show kept, s2
    newline
    .endr
    csrw pmpcfg0, zero
    csrw pmpcfg1, zero

    # The area: 64 bytes, around which the entries are laid. Probed as U, S and M by words, halves
    # and bytes.
    title "no entry matches"
    csrw pmpcfg3, zero
    call scan
    title "entry 15 again"
    li t0, 0x1f000000
    csrw pmpcfg3, t0
    call scan

    # An entry, given as shifted addresses relative to the area.
    .macro entry n, address
    la t0, area
    addi t0, t0, \address
    srli t0, t0, 2
    csrw pmpaddr\n, t0
    .endm

    .macro configure value
    li t0, \value
    csrw pmpcfg0, t0
    .endm

    title "NA4: nothing, R, RW, X, RX, RWX"
    entry 0, 16
    .irp rights, 0, 1, 3, 4, 5, 7
    configure NA4 | \rights
    call scan
    .endr
    title "NAPOT of 8, 16, 32 and 64 bytes"
    .irp ones, 0, 1, 3, 7
    la t0, area
    srli t0, t0, 2
    ori t0, t0, \ones
    csrw pmpaddr0, t0
    configure NAPOT | 1
    call scan
    .endr
    title "NAPOT of everything"
    li t0, -1
    csrw pmpaddr0, t0
    configure NAPOT | 1
    call scan
    li t0, 0x1fffffff
    csrw pmpaddr0, t0
    call scan
    title "TOR from 0, from another, empty, the wrong way round"
    entry 0, 16
    configure TOR | 1
    call scan
    entry 1, 32
    configure (TOR | 4) << 8
    call scan
    configure (TOR | 4) << 8 | TOR | 1
    call scan
    entry 1, 16
    configure (TOR | 0) << 8
    call scan
    entry 1, 12
    configure (TOR | 0) << 8
    call scan
    title "the first match decides"
    entry 0, 16
    la t0, area
    srli t0, t0, 2
    ori t0, t0, 3
    csrw pmpaddr1, t0
    configure (NAPOT | 0) << 8 | NA4 | 7
    call scan
    configure (NAPOT | 7) << 8 | NA4 | 0
    call scan
    configure (NAPOT | 3) << 8 | 7
    call scan

    title "misaligned accesses over the edge of an entry"
    entry 0, 16
    configure NA4 | 0
    call edges
    configure NA4 | 7
    call edges
    csrw pmpcfg3, zero
    call edges
    li t0, 0x1f000000
    csrw pmpcfg3, t0

    title "page table walks and PMP"
    la t0, table
    srli t1, t0, 12
    li t2, 0x80000000
    or t1, t1, t2
    li s8, 0x200000df               # RAM for U, at its address
    li t3, 0x80000000 >> 20
    add t3, t3, t0
    sw s8, 0(t3)
    srli t0, t0, 2
    addi t0, t0, 0x200
    csrw pmpaddr0, t0               # the entry itself
    csrw satp, t1
    sfence.vma
    .irp rights, 7, 3, 1, 0, 4
    configure NA4 | \rights
    la t3, table + 0x800
    sw s8, 0(t3)
    sfence.vma
    la t3, area
    li s4, 0
    attempt "lw t1, 0(t3)"
    mv s2, a0
    attempt "sw t1, 0(t3)"
    show load, s2
    show store, a0
    la t3, table + 0x800
    lw t1, 0(t3)
    show entry, t1
    newline
    .endr
    title "page table walks that set A and D, and PMP"
    .irp entry, 0x2000005f, 0x2000001f
    .irp rights, 3, 1
    configure NA4 | \rights
    li t1, \entry
    la t3, table + 0x800
    sw t1, 0(t3)
    sfence.vma
    la t3, area
    attempt "lw t1, 0(t3)"
    mv s2, a0
    attempt "sw t1, 0(t3)"
    show load, s2
    show store, a0
    la t3, table + 0x800
    lw t1, 0(t3)
    show entry, t1
    newline
    .endr
    .endr
    csrw satp, zero
    configure 0
    sfence.vma

    title "random settings of four entries"
    li s11, 0x2545f491
    li s10, 150
1:  call shuffle
    call scan_some
    addi s10, s10, -1
    bnez s10, 1b

    # Locks last: only a reset takes them away.
    title "locks"
    csrw pmpcfg0, zero
    entry 0, 0
    entry 1, 16
    entry 2, 32
    entry 3, 48
    configure (0x80 | TOR | 1) << 16 | (NA4 | 7)    # entry 2 from 16 to 32
    csrr s2, pmpcfg0
    show cfg, s2
    newline
    call scan
    li t0, -1
    csrw pmpaddr0, t0
    csrw pmpaddr1, t0               # kept: entry 2 is TOR and locked
    csrw pmpaddr2, t0
    csrw pmpaddr3, t0
    csrr s2, pmpaddr0
    csrr s3, pmpaddr1
    csrr s4, pmpaddr2
    csrr s5, pmpaddr3
    show addr0, s2
    show addr1, s3
    show addr2, s4
    show addr3, s5
    newline
    configure 0x07070707
    csrr s2, pmpcfg0
    show cfg, s2
    newline
    configure 0
    call scan
    title "a locked entry that is off"
    li t0, 0x80
    csrw pmpcfg1, t0
    li t0, -1
    csrw pmpaddr4, t0
    li t0, 0x1f1f1f1f
    csrw pmpcfg1, t0
    csrr s2, pmpcfg1
    csrr s3, pmpaddr4
    show cfg, s2
    show addr, s3
    newline
    csrw pmpcfg1, zero
    title "locked: executing and writing in M"
    la t0, area
    srli t0, t0, 2
    ori t0, t0, 7
    csrw pmpaddr8, t0
    li t0, 0x80 | NAPOT | 3
    csrw pmpcfg2, t0
    call scan
    la t0, area
    jalr t0
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

# For U, S and M: a line of causes of reading each word of the area, writing it, and executing it.
scan:
    addi sp, sp, -16
    sw ra, 0(sp)
    sfence.vma
    .irp mode, 0, 0x800, 0x1800
    li s4, \mode
    la t3, area
    li s7, 64
1:  attempt "lw t1, 0(t3)"
    call print_cause
    addi t3, t3, 4
    addi s7, s7, -4
    bnez s7, 1b
    say " "
    la t3, area
    li s7, 64
1:  attempt "sw zero, 0(t3)"
    call print_cause
    addi t3, t3, 4
    addi s7, s7, -4
    bnez s7, 1b
    say " "
    la t3, area
    li s7, 64
1:  call try_fetch
    call print_cause
    addi t3, t3, 4
    addi s7, s7, -4
    bnez s7, 1b
    say " "
    la t3, area                     # bytes, halves, LR, SC and AMO here and there
    attempt "lbu t1, 15(t3)"
    call print_cause
    attempt "lbu t1, 16(t3)"
    call print_cause
    attempt "lhu t1, 18(t3)"
    call print_cause
    attempt "lhu t1, 20(t3)"
    call print_cause
    attempt "sb t1, 19(t3)"
    call print_cause
    attempt "sh t1, 30(t3)"
    call print_cause
    addi t3, t3, 16
    attempt "amoor.w t1, zero, (t3)"
    call print_cause
    attempt "lr.w t1, (t3)"
    call print_cause
    newline
    .endr
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

# As scan, but only a few words, for the random settings.
scan_some:
    addi sp, sp, -16
    sw ra, 0(sp)
    sfence.vma
    csrr a0, pmpcfg0
    jal gp, print_hex
    .irp n, 0, 1, 2, 3
    csrr t0, pmpaddr\n
    show a\n, t0
    .endr
    say " "
    .irp mode, 0, 0x800
    li s4, \mode
    la t3, area
    li s7, 64
1:  attempt "lw t1, 0(t3)"
    call print_cause
    addi t3, t3, 4
    attempt "sw zero, 0(t3)"
    call print_cause
    addi t3, t3, 4
    addi s7, s7, -8
    bnez s7, 1b
    la t3, area
    li s7, 64
1:  call try_fetch
    call print_cause
    addi t3, t3, 8
    addi s7, s7, -8
    bnez s7, 1b
    say " "
    .endr
    newline
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

# Misaligned loads and stores around byte 16 of the area.
edges:
    addi sp, sp, -16
    sw ra, 0(sp)
    sfence.vma
    li s4, 0
    .irp offset, 11, 13, 14, 15, 17, 18, 19, 21
    la t3, area + \offset
    attempt "lw t1, 0(t3)"
    call print_cause
    attempt "sw zero, 0(t3)"
    call print_cause
    attempt "lhu t1, 0(t3)"
    call print_cause
    attempt "sh zero, 0(t3)"
    call print_cause
    say " "
    .endr
    newline
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

# Random entries 0 to 3 near the area, without lock and reserved bits. s11 is the state.
shuffle:
    addi sp, sp, -16
    sw ra, 0(sp)
    .irp n, 0, 1, 2, 3
    call random
    andi t0, a0, 31
    slli t0, t0, 2
    la t1, area - 32
    add t1, t1, t0
    srli t1, t1, 2
    csrw pmpaddr\n, t1
    .endr
    call random
    li t0, 0x1f1f1f1f
    and a0, a0, t0
    li t0, 0x01010101               # writable only if readable
    and t0, a0, t0
    slli t0, t0, 1
    li t1, 0xfdfdfdfd
    or t0, t0, t1
    and a0, a0, t0
    csrw pmpcfg0, a0
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

random:
    slli t0, s11, 13
    xor s11, s11, t0
    srli t0, s11, 17
    xor s11, s11, t0
    slli t0, s11, 5
    xor s11, s11, t0
    mv a0, s11
    ret

# Execute at t3 in the mode s4. The area holds illegal instructions, so cause 2 is success.
try_fetch:
    la s6, quiet
    li t0, -1
    sw t0, 4(s6)
    la t0, 1f
    sw t0, 12(s6)
    li t0, 1
    sw t0, 0(s6)
    li t0, MPP
    csrc mstatus, t0
    csrs mstatus, s4
    csrw mepc, t3
    mret
1:  sw zero, 0(s6)
    sw zero, 12(s6)
    lw a0, 4(s6)
    ret

print_cause:
    addi t0, a0, 1
    bnez t0, 1f
    say "."
    ret
1:  andi a0, a0, 15
    addi a0, a0, 48
    li t0, 58
    blt a0, t0, 2f
    addi a0, a0, 39
2:  li t0, UART
    sb a0, 0(t0)
    ret

    .section .data
    .balign 4096
table:
    .zero 4096
    .balign 256
    .zero 64
area:
    .zero 256
