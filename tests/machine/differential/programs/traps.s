# Every exception that needs no page table, from each mode: cause, epc, tval, status.
    .include "lib.s"

# The list that runs in each mode.
    .macro exceptions
    .word 0                         # illegal: all zeros
    .word 0xffffffff                # all ones
    .word 0x12348082                # 16 bits: ret of C, and what follows it
    .word 0xabcd4501
    .word 0x0000007f                # a longer encoding
    .word 0x40105013 | 1 << 25      # srai with shamt[5]
    .word 0x20001013                # slli with funct7 0010000
    .word 0x40001033                # sll with funct7 0100000
    .word 0x0400c0b3                # an OP that does not exist
    .word 0x00003003                # ld
    .word 0x00006003                # lwu
    .word 0x00003023                # sd
    .word 0x0000100b                # custom-0
    .word 0x00000007                # an opcode of F
    .word 0x00002007                # flw
    .word 0x00000053                # fadd.s
    .word 0x10004073                # SYSTEM with funct3 4
    .word 0x0000302f                # amoadd.d
    .word 0x1010202f                # lr.w with rs2 != 0
    .word 0x0000002f                # amoadd.b
    .word 0xf800202f                # no such AMO
    .word 0x00002063                # branch with funct3 2
    .word 0x00001067                # jalr with funct3 1
    .word 0x00200073                # uret
    .word 0x7b200073                # dret
    .word 0x000000f3                # ecall with rd != 0
    .word 0x30208073                # mret with rs1 != 0
    .word 0x105000f3                # wfi with rd != 0
    .word 0x120000f3                # sfence.vma with rd != 0
    .word 0x16000073                # sinval.vma
    .word 0x0000200f                # MISC-MEM with funct3 2
    .word 0x0000003b                # addw
    .word 0x0000001b                # addiw
    ebreak
    li a7, 0
    ecall
    .word 0x8ff02573                # csrr a0, 0x8ff: no such CSR
    csrw 0xc00, a0                  # read-only
    csrw 0xf11, zero
    li a1, 1
    li a2, 0
    csrrs a0, 0xf11, a1
    csrrc a0, 0xf11, a2             # writes, though no bit: only x0 would not
    csrrsi a0, 0xf14, 1
    csrrci a0, 0xf14, 3
    csrr a0, cycle                  # below M only with mcounteren, which is 0
    csrr a0, mstatus
    csrr a0, sstatus
    csrr a0, satp
    sfence.vma
    # Access faults: nothing is at these addresses.
    li a1, 0x1000000
    lw a0, 0(a1)
    lb a0, 3(a1)
    lhu a0, 2(a1)
    sw a0, 4(a1)
    sb a0, 7(a1)
    sh a0, 6(a1)
    lr.w a0, (a1)
    amoadd.w a0, a0, (a1)
    amoswap.w zero, a0, (a1)
    jalr ra, 0(a1)
    li a1, 0xfffffff0
    lw a0, 0(a1)
    sw a0, 0(a1)
    jalr ra, 0(a1)
    jalr ra, 12(a1)
    li a1, -1
    lbu a0, 0(a1)
    li a1, 0x81000000               # behind the end of RAM
    lw a0, 0(a1)
    lw a0, -4(a1)
    sw a0, 0(a1)
    jalr ra, 0(a1)
    # Misaligned atomics: not done, whatever lies there.
    la a1, place
    addi a2, a1, 1
    lr.w a0, (a2)
    sc.w a0, a0, (a2)
    amoadd.w a0, a0, (a2)
    addi a2, a1, 2
    amomaxu.w a0, a0, (a2)
    li a1, 0x1000002                # misaligned and nothing there
    amoadd.w a0, a0, (a1)
    lr.w a0, (a1)
    # Misaligned jumps: the cause is the jump's, rd stays.
    li s2, 0x55
    la a1, 1f
    jalr s2, 2(a1)
    show rd, s2
    newline
    .word 0x002009ef                # jal s3, .+2
    li a2, 1
    .word 0x00060163                # beq a2, zero, .+2: not taken
    .word 0x00c60163                # beq a2, a2, .+2
    .word 0x00061163                # bne a2, zero, .+2
1:
    .endm

    .globl main
main:
    mv s11, ra
    csrw mcounteren, zero
    title "exceptions from M"
    exceptions
    title "exceptions from S"
    to_s
    exceptions
    to_m
    title "exceptions from U"
    to_u
    exceptions
    to_m
    title "exceptions from S, delegated"
    li t0, 0xb1ff                   # all but the environment call from S
    csrw medeleg, t0
    show_csr medeleg
    newline
    to_s
    exceptions
    to_m
    title "exceptions from U, delegated"
    li t0, 0xb0ff
    csrw medeleg, t0
    to_u
    exceptions
    to_m
    title "exceptions from M, delegated: they stay"
    exceptions
    csrw medeleg, zero
    mv ra, s11
    ret

    .section .data
    .balign 4
place:
    .word 0x11223344, 0x55667788
