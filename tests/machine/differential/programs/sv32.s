# Sv32: what each page table entry allows to whom, A and D bits, megapages, bad entries, and the
# traps of real accesses from S and U.
#
# The window is the megapage at 0x40000000. M looks through it with MPRV, so that every case is one
# line; then S and U go there themselves.
    .include "lib.s"

    .equ WINDOW, 0x40000000
    .equ V, 1
    .equ R, 2
    .equ W, 4
    .equ X, 8
    .equ U, 16
    .equ A, 64
    .equ D, 128
    .equ RAM_PPN, 0x80000
    .equ MIRROR, 0x40000000         # RAM's second address, less its first

    # Switch translation on with the root table; `off` switches it off.
    .macro paging_on
    la t0, root
    srli t0, t0, 12
    li t1, 0x80000000
    or t0, t0, t1
    csrw satp, t0
    sfence.vma
    .endm

    .macro paging_off
    csrw satp, zero
    sfence.vma
    .endm

    # Read a cause and tval that a quiet trap left: all ones where there was none.
    .macro begin_quiet
    la s6, quiet
    li t0, -1
    sw t0, 4(s6)
    sw t0, 8(s6)
    li t0, 1
    sw t0, 0(s6)
    .endm

    .globl main
main:
    addi sp, sp, -16
    sw ra, 0(sp)

    # The root table: RAM for S at its own address (megapages), for U at 0xc0000000 as well; devices.
    la s0, root
    li t0, RAM_PPN << 10 | V | R | W | X | A | D
    li t1, 0x80000000 >> 20 
    add t1, t1, s0
    sw t0, 0(t1)
    li t2, 0x400 << 10              # the next 4 MiB
    add t3, t0, t2
    sw t3, 4(t1)
    ori t0, t0, U
    li t1, 0xc0000000 >> 20
    add t1, t1, s0
    sw t0, 0(t1)
    li t0, 0x10000 << 10 | V | R | W | A | D
    li t1, 0x10000000 >> 20
    add t1, t1, s0
    sw t0, 0(t1)
    li t0, 0x02000 << 10 | V | R | W | A | D
    li t1, 0x02000000 >> 20
    add t1, t1, s0
    sw t0, 0(t1)
    paging_on

    la t0, page                     # what a fetch finds: a return at 0, a breakpoint at 16
    li t1, 0x00008067
    sw t1, 0(t0)
    li t1, 0x00100073
    sw t1, 16(t0)
    fence.i

    title "every leaf without G, every mode: 4 KiB pages"
    li s10, 0                       # where in the window the page lies
    li s8, 0                        # the low bits of the entry
1:  la t0, table
    srli t0, t0, 12
    slli t0, t0, 10
    ori t0, t0, V
    li t1, WINDOW >> 20
    la s0, root
    add s0, s0, t1                  # s0: the root's entry
    sw t0, 0(s0)
    la s1, table                    # s1: the entry of the page
    la t0, page
    srli t0, t0, 12
    slli s9, t0, 10                 # s9: the page's number, in place
    or s7, s9, s8                   # s7: the entry
    call matrix
    addi s8, s8, 1
    andi t0, s8, 32
    add s8, s8, t0
    li t0, 256
    blt s8, t0, 1b

    title "every leaf without G, every mode: 4 MiB pages"
    la s10, page
    li t0, 0x80000000
    sub s10, s10, t0
    li s8, 0
1:  andi t0, s8, 15
    li t1, V                        # no leaf: it would make a table of our code
    beq t0, t1, 2f
    li t1, WINDOW >> 20
    la s0, root
    add s1, s0, t1
    li s9, RAM_PPN << 10
    or s7, s9, s8
    call matrix
2:  addi s8, s8, 1
    andi t0, s8, 32
    add s8, s8, t0
    li t0, 256
    blt s8, t0, 1b

    title "misaligned superpages, far and missing pages"
    la s0, root
    li t1, WINDOW >> 20
    add s1, s0, t1
    .irp entry, 0x800010cf, 0x200004cf, 0x200400cf, 0x200800cf, 0x004000cf, 0xffffffff, 0x3ffffccf, 0xffc000cf
    li s7, \entry
    li s9, 0
    call matrix
    .endr
    li s10, 0
    title "pointers with A, D, U"
    la t0, table
    srli t0, t0, 12
    slli s9, t0, 10
    .irp bits, 0x01, 0x11, 0x41, 0x81, 0xd1, 0x21, 0x301
    li t0, \bits
    or t0, t0, s9
    la s1, root
    li t1, WINDOW >> 20
    add s0, s1, t1
    sw t0, 0(s0)
    la s1, table
    la t0, page
    srli t0, t0, 12
    slli t0, t0, 10
    ori s7, t0, 0xcf
    call matrix
    .endr
    title "a pointer to where nothing is"
    li t0, 0x1000000 >> 12 << 10 | V
    sw t0, 0(s0)
    call matrix
    title "a pointer at the last level"
    la t0, table
    srli t0, t0, 12
    slli s9, t0, 10
    ori t0, s9, V
    sw t0, 0(s0)
    la s1, table
    ori s7, s9, V
    call matrix

    title "bits at the top of the physical address: 34 bits"
    la t0, page
    srli t0, t0, 12
    slli t0, t0, 10
    li t1, 0x40000000               # PPN bit 20: beyond 4 GiB
    or t0, t0, t1
    ori s7, t0, 0xcf
    call matrix

    # Accesses across a page boundary: two pages with rights of their own.
    title "misaligned accesses across pages"
    la s1, table
    .irp first, 0x00, 0xc1, 0xc3, 0xc7, 0x43, 0x47
    .irp second, 0x00, 0xc3, 0xc7, 0x03, 0x07
    la t0, page
    srli t0, t0, 12
    slli t0, t0, 10
    ori t1, t0, \first
    sw t1, 0(s1)
    addi t0, t0, 1024
    ori t1, t0, \second
    sw t1, 4(s1)
    sfence.vma
    call across
    .endr
    .endr

    title "real accesses: S and U in their pages"
    la s1, table
    la t0, page
    srli t0, t0, 12
    slli t0, t0, 10
    ori t1, t0, V | R | W | X | A | D       # page 0: S's
    sw t1, 0(s1)
    ori t1, t0, V | R | W | X | U | A | D   # page 1: U's
    sw t1, 4(s1)
    ori t1, t0, V | R | U | A               # page 2: U may read
    sw t1, 8(s1)
    ori t1, t0, V | X | U | A               # page 3: U may execute
    sw t1, 12(s1)
    sw zero, 16(s1)                         # page 4: nothing
    sfence.vma
    .irp delegated, 0, 0xb000
    li t0, \delegated
    csrw medeleg, t0
    .irp sum, 0, SUM
    .irp mxr, 0, MXR
    li t0, SUM | MXR
    csrc mstatus, t0
    li t0, \sum | \mxr
    csrs mstatus, t0
    to_s
    call touch
    to_m
    .endr
    .endr
    li t0, SUM | MXR
    csrc mstatus, t0
    li t0, MPP
    csrc mstatus, t0
    la t0, 1f                       # U runs the same code, and its stack, in the mirror
    li t1, MIRROR
    add t0, t0, t1
    add sp, sp, t1
    csrw mepc, t0
    la t0, resume
    la t1, 2f
    sw t1, 0(t0)
    mret
1:  call touch
    to_m
2:  li t1, MIRROR
    sub sp, sp, t1
    la t0, resume
    sw zero, 0(t0)
    .endr
    csrw medeleg, zero
    paging_off
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

# Load, store, AMO and fetch in each page of the window.
touch:
    addi sp, sp, -16
    sw ra, 0(sp)
    li s3, WINDOW
    li s4, 5
1:  lw a0, 4(s3)
    lbu a0, 0x7fe(s3)
    sw a0, 8(s3)
    sb a0, 0x7ff(s3)
    amoadd.w a0, zero, (s3)
    lr.w a0, (s3)
    sc.w a0, a0, (s3)
    jalr 0(s3)
    li t0, 0x1000
    add s3, s3, t0
    addi s4, s4, -1
    bnez s4, 1b
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

# Put the entry s7 at s1; as S and U, with each SUM and MXR, load, store, AMO, fetch at WINDOW. Print
# for each the cause (one digit; . for none), and A or D if the entry got it.
matrix:
    addi sp, sp, -16
    sw ra, 0(sp)
    mv a0, s7
    jal gp, print_hex
    li s4, 0                        # U, S; times SUM, MXR
2:  say " "
    .irp access, 0, 1, 2, 3
    sw s7, 0(s1)
    sfence.vma
    li t0, SUM | MXR | MPP | MPRV
    csrc mstatus, t0
    andi t0, s4, 6                  # SUM, MXR
    slli t0, t0, 17
    csrs mstatus, t0
    andi t0, s4, 1                  # MPP
    slli t0, t0, 11
    csrs mstatus, t0
    li t3, WINDOW
    add t3, t3, s10
    begin_quiet
    li t2, MPRV
    .if \access == 0
    csrs mstatus, t2
    lw t1, 8(t3)
    csrc mstatus, t2
    .elseif \access == 1
    csrs mstatus, t2
    sw t1, 12(t3)
    csrc mstatus, t2
    .elseif \access == 2
    csrs mstatus, t2
    addi t3, t3, 32
    amoadd.w t1, zero, (t3)
    csrc mstatus, t2
    .else
    la t1, 9f
    sw t1, 12(s6)
    addi t3, t3, 16
    csrw mepc, t3
    mret
    .endif
9:  sw zero, 0(s6)
    sw zero, 12(s6)
    lw a0, 4(s6)
    call print_cause
    lw t0, 0(s1)
    xor s3, t0, s7
    andi t0, s3, A
    beqz t0, 7f
    say "A"
7:  andi t0, s3, D
    beqz t0, 8f
    say "D"
8:
    .endr
    addi s4, s4, 1
    li t0, 8
    bne s4, t0, 2b
    newline
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

# A load and a store over the boundary of the first two pages of the window.
across:
    addi sp, sp, -16
    sw ra, 0(sp)
    lw a0, 0(s1)
    jal gp, print_hex
    say "+"
    lw a0, 4(s1)
    jal gp, print_hex
    lw s7, 0(s1)
    lw s9, 4(s1)
    la s2, page
    li t0, 0xffc
    add s2, s2, t0
    .irp access, lw, sw, lhu, sh
    .irp back, 1, 3
    sw s7, 0(s1)
    sw s9, 4(s1)
    sfence.vma
    li t1, 0x11223344
    sw t1, 0(s2)
    sw t1, 4(s2)
    li t0, MPP | SUM | MXR
    csrc mstatus, t0
    li t0, 1 << 11
    csrs mstatus, t0
    li t3, WINDOW + 0x1000 - \back
    li t1, 0x5566aabb
    begin_quiet
    li t2, MPRV
    csrs mstatus, t2
    \access t1, 0(t3)
    csrc mstatus, t2
    sw zero, 0(s6)
    lw s3, 4(s6)
    lw s4, 8(s6)
    show cause, s3
    show tval, s4
    mv s3, t1
    show value, s3
    lw s3, 0(s2)
    lw s4, 4(s2)
    show before, s3
    show behind, s4
    lw s3, 0(s1)
    lw s4, 4(s1)
    xor s3, s3, s7
    xor s4, s4, s9
    show ad, s3
    show ad, s4
    newline
    .endr
    .endr
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

# Print the cause in a0 as a digit, or a point for none.
print_cause:
    addi t0, a0, 1
    bnez t0, print_digit
    say "."
    ret
print_digit:
    andi a0, a0, 15
    addi a0, a0, 48
    li t0, 58
    blt a0, t0, 1f
    addi a0, a0, 39
1:  li t0, UART
    sb a0, 0(t0)
    ret

    .section .data
    .balign 4096
root:
    .zero 4096
table:
    .zero 4096
page:
    .zero 8192
