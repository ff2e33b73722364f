# Random page tables and PMP entries: accesses as S and U through a window of four pages, some of them
# misaligned and some over a page's edge. A line for each setting: its entries; then for each access
# the cause, the address that it names, and a sum of what was read; then the entries' A and D bits.
    .include "lib.s"

    .equ WINDOW, 0x40000000

    .macro attempt access
    la s6, quiet
    li t0, -1
    sw t0, 4(s6)
    sw zero, 8(s6)
    li t0, 1
    sw t0, 0(s6)
    csrc mstatus, s5
    csrs mstatus, s4
    li t1, 0
    li t2, MPRV
    csrs mstatus, t2
    \access
    csrc mstatus, t2
    sw zero, 0(s6)
    call outcome
    .endm

    .globl main
main:
    addi sp, sp, -16
    sw ra, 0(sp)
    li s11, SEED
    li s10, ROUNDS
    li s5, MPP | SUM | MXR
    la t0, root
    srli t0, t0, 12
    li t1, 0x80000000
    or t0, t0, t1
    csrw satp, t0
round:
    title "setting"
    # Fill the pages with words of their own; no byte has a low bit, so no word is an instruction.
    la t0, pages
    li t1, 0x4000 / 256
    li t4, 0x04080404
    mul t2, s10, t4
    li t5, 0xfcfcfcfc
1:  and t2, t2, t5
    sw t2, 0(t0)
    sw t2, 252(t0)
    add t2, t2, t4
    addi t0, t0, 256
    addi t1, t1, -1
    bnez t1, 1b
    la t0, pages + 0xffc
    li t1, 4
    li t3, 0x1000
2:  and t2, t2, t5
    sw t2, 0(t0)
    add t2, t2, t4
    add t0, t0, t3
    addi t1, t1, -1
    bnez t1, 2b

    # The root's entry: mostly the table; sometimes a megapage, or spoilt.
    call random
    andi s7, a0, 15
    la s0, root + WINDOW / 0x100000
    la t0, table
    srli t0, t0, 12
    slli t0, t0, 10
    ori t0, t0, 1
    bnez s7, 3f
    call random
    andi a0, a0, 0xd0               # bits that a pointer should not have
    la t0, table
    srli t0, t0, 12
    slli t0, t0, 10
    or t0, t0, a0
    ori t0, t0, 1
3:  sw t0, 0(s0)
    mv a0, t0
    jal gp, print_hex
    # Four entries: valid for the most part, with random rights, for one of the four pages.
    la s1, table
    li s2, 4
4:  call random
    srli t0, a0, 16
    andi t0, t0, 3
    slli t0, t0, 10
    la t1, pages
    srli t1, t1, 12
    slli t1, t1, 10
    add t1, t1, t0
    andi t0, a0, 0xdf
    or t1, t1, t0
    srli t0, a0, 20
    andi t0, t0, 7
    beqz t0, 5f
    ori t1, t1, 0xb                 # readable, seven times of eight
5:  sw t1, 0(s1)
    say " "
    mv a0, t1
    jal gp, print_hex
    addi s1, s1, 4
    addi s2, s2, -1
    bnez s2, 4b
    # A PMP entry over part of a page, one round in two.
    csrw pmpcfg0, zero
    call random
    andi t0, a0, 1
    beqz t0, 6f
    srli t0, a0, 8
    li t1, 0xfff
    and t0, t0, t1
    la t1, pages
    srli t1, t1, 2
    add t0, t0, t1
    ori t0, t0, 0xff                # NAPOT of 2 KiB or more
    csrw pmpaddr0, t0
    srli t0, a0, 2
    andi t0, t0, 5                  # not writable without readable
    andi t1, t0, 1
    slli t1, t1, 1
    or t0, t0, t1
    ori t0, t0, 0x18
    csrw pmpcfg0, t0
6:  sfence.vma
    newline

    # Accesses.
    li s9, 12
access:
    call random
    andi t0, a0, 1
    slli s4, t0, 11                 # U or S
    srli t0, a0, 1
    andi t0, t0, 3
    slli t0, t0, 18                 # SUM, MXR
    or s4, s4, t0
    srli t0, a0, 4
    andi t0, t0, 3
    slli s3, t0, 12                 # a page
    srli t0, a0, 8
    andi t0, t0, 7
    srli t1, a0, 12
    andi t1, t1, 1
    beqz t1, 1f
    addi t0, t0, -5                 # around its start
1:  add s3, s3, t0
    li t0, WINDOW
    add s3, s3, t0                  # s3: the address
    csrr t0, pmpcfg0                # with PMP no access over an edge: QEMU 7.2 judges it as a whole
    beqz t0, 1f
    andi s3, s3, -4
1:
    srli s8, a0, 16
    andi s8, s8, 7
    mv a0, s4
    srli a0, a0, 11
    jal gp, print_hex
    show at, s3
    show kind, s8
    slli a4, s9, 2                  # what is stored
    la t0, kinds
    slli t1, s8, 2
    add t0, t0, t1
    lw t0, 0(t0)
    jalr t0
    newline
    addi s9, s9, -1
    bnez s9, access

    say "entries"
    la s1, table
    .irp n, 0, 1, 2, 3
    lw a0, 4*\n(s1)
    say " "
    jal gp, print_hex
    .endr
    newline
    addi s10, s10, -1
    bnez s10, round
    csrw satp, zero
    csrw pmpcfg0, zero
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

    .macro kind name, access
\name:
    addi sp, sp, -16
    sw ra, 0(sp)
    attempt "\access"
    lw ra, 0(sp)
    addi sp, sp, 16
    ret
    .endm

    kind load_word, "lw t1, 0(s3)"
    kind load_half, "lhu t1, 0(s3)"
    kind load_byte, "lb t1, 0(s3)"
    kind store_word, "sw a4, 0(s3)"
    kind store_half, "sh a4, 0(s3)"
    kind store_byte, "sb a4, 0(s3)"
    kind load_again, "lw t1, 0(s3)"

# A fetch: the pages hold no instruction, so every one ends in a trap.
fetch:
    addi sp, sp, -16
    sw ra, 0(sp)
    la s6, quiet
    li t0, -1
    sw t0, 4(s6)
    sw zero, 8(s6)
    la t0, 1f
    sw t0, 12(s6)
    li t0, 1
    sw t0, 0(s6)
    csrc mstatus, s5
    csrs mstatus, s4
    andi t0, s3, -4
    csrw mepc, t0
    mret
1:  sw zero, 0(s6)
    sw zero, 12(s6)
    li t1, 0
    call outcome
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

outcome:
    addi sp, sp, -16
    sw ra, 0(sp)
    lw t0, 4(s6)
    lw t2, 8(s6)
    mv s0, t1
    show cause, t0
    show tval, t2
    show value, s0
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

    .section .data
    .balign 4
kinds:
    .word load_word, load_half, load_byte, store_word, store_half, store_byte, load_again, fetch
    .balign 4096
root:
    .zero 4096
table:
    .zero 4096
pages:
    .zero 0x4000
