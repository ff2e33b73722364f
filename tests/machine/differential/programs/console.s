# Console input: polled, then through the PLIC. The first line that comes is echoed by polling, the
# second one by an interrupt for each character.
    .include "lib.s"

    .equ PRIORITY, 0x0c000028
    .equ ENABLE_M, 0x0c002000
    .equ CLAIM_M, 0x0c200004

    .globl main
main:
    mv s11, ra
    li s0, UART
    li t0, MTIMECMP
    li t1, -1
    sw t1, 4(t0)
    title "polled"
    la s1, line
    mv s2, s1
1:  lbu t0, 5(s0)
    andi t0, t0, 1
    beqz t0, 1b
    lbu t1, 0(s0)
    sb t1, 0(s2)
    addi s2, s2, 1
    li t2, 10
    bne t1, t2, 1b
    call echo

    title "by interrupts"
    li t0, PRIORITY
    li t1, 1
    sw t1, 0(t0)
    li t0, ENABLE_M
    li t1, 0x400
    sw t1, 0(t0)
    li t1, 1
    sb t1, 1(s0)                    # received data interrupts
    li t0, 0x800
    csrw mie, t0
    csrci mstatus, 8
    la s1, line
    mv s2, s1
2:  wfi
    csrr t0, mip
    andi t0, t0, -2048
    beqz t0, 2b
    li t0, CLAIM_M
    lw s3, 0(t0)
    li t1, 10
    bne s3, t1, 4f
    lbu s4, 2(s0)                   # identification: received data
    lbu t1, 0(s0)
    sb t1, 0(s2)
    addi s2, s2, 1
    sw s3, 0(t0)
    li t2, 10
    bne t1, t2, 2b
    andi s4, s4, 15
    show identification, s4
    newline
    call echo
    csrr s2, mip
    show mip, s2
    lbu s2, 5(s0)
    show lsr, s2
    newline
    mv ra, s11
    ret
4:  say "claimed nothing\n"
    j 2b

echo:
    sub s3, s2, s1
    show count, s3
    newline
3:  lbu a0, 0(s1)
    jal gp, print_hex
    say " "
    addi s1, s1, 1
    bne s1, s2, 3b
    newline
    ret

    .section .bss
line:
    .zero 256
