# Relocation functions, in each instruction that takes them.
        .text
        lui     a0, %hi(target)
        addi    a0, a0, %lo(target)
        lw      a1, %lo(target + 4)(a0)
        sw      a1, %lo(target + 8)(a0)
        jalr    ra, %lo(target)(a0)
        jalr    %lo(target)(a0)
        jalr    ra, a0, %lo(target)
        li      a2, %lo(target)
        add     a2, a2, %lo(target)
        lui     a0, %hi(0x12345fff)
        addi    a0, a0, %lo(0x12345fff)
        lui     a0, %hi(constant)
        ori     a0, a0, %lo(constant)
1:      auipc   a0, %pcrel_hi(target)
        addi    a0, a0, %pcrel_lo(1b)
        lw      a1, %pcrel_lo(1b)(a0)
        sb      a1, %pcrel_lo(1b)(a0)
        jalr    %pcrel_lo(1b)(a0)
named:  auipc   a0, %pcrel_hi(behind)
        nop
        addi    a0, a0, %pcrel_lo(named)
behind: auipc   a0, %hi(target)
        la      a0, target
        la      a0, target + 0x800
        la      a0, behind - 4
        lla     a0, target
        la      a0, 0x12345678

        .equ    constant, 0xabcde

        call    target
        tail    target
        .data
        .space  0x7f8
target: .word   target, target - behind
        .text
        lw      a0, %lo(target) + 4(a0)
        lui     a0, %hi(target) + 0x1000
        lw      a0, %lo ( target ) ( a0 )
        lw      a0, 4 ( sp )
        lw      a0, 4 * (1 + 1)(sp)
        sw      a0, -(-4)(sp)
