# Reservations, misaligned accesses, and code that changes itself.
    .include "lib.s"

    .macro result
    show rd, s2
    lw s3, 0(s0)
    lw s4, 4(s0)
    show at0, s3
    show at4, s4
    newline
    .endm

    .globl main
main:
    addi sp, sp, -16
    sw ra, 0(sp)
    la s0, place
    la s1, place + 4
    li s5, 0x1234

    title "sc: with its lr, without, twice, elsewhere"
    lr.w s2, (s0)
    sc.w s2, s5, (s0)
    result
    sc.w s2, s0, (s0)
    result
    lr.w t0, (s0)
    sc.w s2, s5, (s0)
    sc.w s2, s0, (s0)
    result
    lr.w t0, (s0)
    sc.w s2, s5, (s1)
    result
    sc.w s2, s5, (s0)               # the failure before has ended the reservation
    result
    lr.w t0, (s0)
    lr.w t0, (s1)                   # the later reservation holds
    sc.w s2, s5, (s0)
    result
    lr.w t0, (s0)
    lr.w t0, (s1)
    li t1, 0x77
    sc.w s2, t1, (s1)
    result
    title "sc: after loads, other stores, a branch"
    lr.w t0, (s0)
    lw t1, 0(s0)
    lw t1, 64(s0)
    li t1, 0x99
    sc.w s2, t1, (s0)
    result
    lr.w t0, (s0)
    sw zero, 256(s0)
    li t1, 0xaa
    sc.w s2, t1, (s0)
    result
    lr.w t0, (s0)
    beqz zero, 1f
    nop
1:  li t1, 0xbb
    sc.w s2, t1, (s0)
    result
    title "sc: after a trap"
    lr.w t0, (s0)
    li a7, 0
    ecall
    li t1, 0xcc
    sc.w s2, t1, (s0)
    result
    title "sc into a page fault and an access fault"
    li t1, 0x1000000
    sc.w s2, t1, (t1)
    show rd, s2
    newline
    lr.w t0, (t1)

    title "atomics: each operation on corner values"
    .irp first, 0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x12345678
    .irp second, 0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xedcba987
    li s6, \first
    li s7, \second
    show first, s6
    show second, s7
    say ":"
    .irp name, amoswap.w, amoadd.w, amoxor.w, amoand.w, amoor.w, amomin.w, amomax.w, amominu.w, amomaxu.w
    sw s6, 0(s0)
    \name s2, s7, (s0)
    lw a0, 0(s0)
    sub s2, s2, s6                  # 0
    or a0, a0, s2
    say " "
    jal gp, print_hex
    .endr
    newline
    .endr
    .endr
    title "atomics: registers that are the same"
    sw s0, 0(s0)
    mv t0, s0
    amoadd.w t0, t0, (t0)
    show rd, t0
    lw t0, 0(s0)
    show memory, t0
    newline
    sw s5, 0(s0)
    mv t0, s0
    amoswap.w.aqrl zero, t0, (t0)
    lw t0, 0(s0)
    show memory, t0
    newline

    title "misaligned loads and stores"
    li t0, 0x03020100
    sw t0, 0(s0)
    li t0, 0x87868584
    sw t0, 4(s0)
    .irp offset, 0, 1, 2, 3
    lw s2, \offset(s0)
    lh s3, \offset(s0)
    lhu s4, \offset(s0)
    show lw, s2
    show lh, s3
    show lhu, s4
    lh s3, \offset+3(s0)
    show lh, s3
    newline
    .endr
    .irp offset, 1, 2, 3
    li t0, 0xa1b2c3d4
    sw t0, \offset(s0)
    mv s2, t0
    result
    sh s5, \offset(s0)
    result
    sb t0, \offset(s0)
    result
    .endr
    title "misaligned over the end of RAM"
    li s6, 0x80ffffff
    li t0, 0x5a
    sb t0, 0(s6)
    lw s2, 0(s6)
    sw s2, 0(s6)
    lhu s2, 0(s6)
    lbu s3, 0(s6)
    show last, s3
    newline

    title "code that changes itself"
    la t1, patched
    li t2, 0x00100513               # li a0, 1
    sw t2, 0(t1)
    fence.i
    call patched
    show a0, a0
    li t2, 0x00200513               # li a0, 2
    sw t2, 0(t1)
    fence.i
    call patched
    show a0, a0
    li t2, 0x00300513 >> 16         # half an instruction: li a0, 3
    sh t2, 2(t1)
    fence.i
    call patched
    show a0, a0
    li t0, 0x7f
    sb t0, 3(t1)                    # a byte of it
    fence.i
    call patched
    show a0, a0
    li t2, 0x00500513               # with an atomic
    amoswap.w zero, t2, (t1)
    fence.i
    call patched
    show a0, a0
    li t2, 0x00600513               # with sc
    lr.w t0, (t1)
    sc.w t0, t2, (t1)
    fence.i
    call patched
    show a0, a0
    li t2, 0x05131234               # misaligned, over the instruction's start
    sw t2, -2(t1)
    li t2, 0x0070
    sh t2, 2(t1)
    fence.i
    call patched
    show a0, a0
    newline
    li t2, 0                        # an illegal instruction in place of a good one, and back
    sw t2, 0(t1)
    fence.i
    call patched
    li t2, 0x00800513
    sw t2, 0(t1)
    fence.i
    call patched
    show a0, a0
    newline

    title "a loop that patches its own body"
    li s6, 0
    la s7, patched
1:  slli t0, s6, 20
    li t1, 0x00000513
    or t0, t0, t1
    sw t0, 0(s7)
    fence.i
    call patched
    mv s8, a0
    show a0, s8
    addi s6, s6, 1
    li t0, 6
    bne s6, t0, 1b
    newline

    title "registers: x0, and rd the same as rs1"
    la t0, place
    lw zero, 0(t0)
    addi zero, zero, 5
    mv t1, zero
    show zero, t1
    li t1, 0xfffff800
    lui zero, 5
    auipc t1, 0
    jal zero, 1f
1:  la t0, place
    lw t0, 0(t0)
    show loaded, t0
    la ra, 1f
    jalr ra, 0(ra)
1:  la t0, 1b
    sub t0, t0, ra
    show link, t0
    csrw mscratch, t0
    la t0, frame_m
    csrrw t0, mscratch, t0
    show scratch, t0
    newline
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

    .balign 16
    nop
    nop
patched:
    nop
    ret

    .section .data
    .balign 64
place:
    .zero 512
