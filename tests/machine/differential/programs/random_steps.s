# Random CSR instructions, one after the other, from random modes. After each the CSRs that it has
# changed are printed. The steps come from a file that the test writes: for each a line
#
#     .word mode, instruction, value of a0, which bits of rd both machines have
    .include "lib.s"

    # Print a CSR if its bits in `mask` have changed since the last time.
    .macro watch name, mask=0xffffffff
    csrr t1, \name
    li t2, \mask
    and t1, t1, t2
    lw t3, 0(s5)
    beq t1, t3, 1f
    sw t1, 0(s5)
    show \name, t1
1:  addi s5, s5, 4
    .endm

    .globl main
main:
    addi sp, sp, -16
    sw ra, 0(sp)
    li t0, MTIMECMP
    li t1, -1
    sw t1, 4(t0)
    title "steps"
    la s1, steps
    li s2, 0
next:
    la t0, steps_end
    beq s1, t0, done
    lw s3, 4(s1)
    la s4, probe
    sw s3, 0(s4)
    fence.i
    la t1, quiet
    li t0, 1
    sw t0, 0(t1)
    li t0, -1
    sw t0, 4(t1)
    sw t0, 8(t1)
    la t0, back
    sw t0, 12(t1)
    li t0, MPP
    csrc mstatus, t0
    lw t0, 0(s1)
    slli t0, t0, 11
    csrs mstatus, t0
    csrw mepc, s4
    addi t0, s4, 4
    csrw sepc, t0
    lw a0, 8(s1)
    mret
back:
    la t1, quiet
    sw zero, 0(t1)
    sw zero, 12(t1)
    csrr t0, mepc                   # of the ecall that led back, or of the trap
    sub t0, t0, s4
    lw t2, 12(s1)
    and a0, a0, t2
    lw s7, 4(t1)
    lw s8, 8(t1)
    lw s9, 0(s1)
    show step, s2
    show mode, s9
    show word, s3
    show rd, a0
    addi t0, s7, 1
    beqz t0, 1f
    show cause, s7
    show tval, s8
1:  la s5, watched
    watch mstatus, 0x7ff819ff
    watch mcause
    watch mepc, 0xfffffffc
    watch mtval
    watch medeleg, 0xb3ff
    watch mideleg, 0x222
    watch mie, 0xaaa
    watch mip, 0xaaa
    watch mcounteren
    watch mcountinhibit
    watch menvcfg, 1
    watch sstatus, 0x000c0122
    watch scause
    watch sepc, 0xfffffffc
    watch stval
    watch sie, 0x222
    watch sip, 0x222
    watch scounteren
    watch senvcfg, 1
    watch satp
    newline
    addi s2, s2, 1
    addi s1, s1, 16
    j next
done:
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

    .balign 4
probe:
    nop
    to_m
    j .

    .section .data
    .balign 4
watched:
    .zero 256
steps:
    .include "steps.inc"
steps_end:
