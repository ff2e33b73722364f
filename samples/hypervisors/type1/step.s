# type1/step.s - one instruction of the guest done by hand.
#
# Whatever the hardware cannot do for the guest ends here: an access that type1/loads.s has to emulate, and code in
# memory that cannot be mapped as the guest may use it. There every single instruction is emulated, which is slow,
# and rare: the PMP divides the page, or lets it be executed but not read.
#
# The trick for arithmetic: it needs no emulation. The instruction is put into `one_instruction` with registers of
# our choice, and called like a function.

        .equ    OPCODE,         0x7f
        .equ    ECALL,          0x00000073
        .equ    EBREAK,         0x00100073

        .section .text

# step_instruction: do the instruction at V_PC. May trap; else it is done.
step_instruction:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    guest_fetch
        lw      ra, 12(sp)
        addi    sp, sp, 16
        mv      t0, a0
        mv      a0, a1                          # a0 = the instruction
        bltz    t0, step_fetched
        mv      a0, t0
        ret

# step_fetched: the same, when it is known to be the instruction a0.
step_fetched:
        sw      a0, V_INSTRUCTION(s0)
        srli    t0, a0, 15 - 2
        andi    t0, t0, 31 << 2
        add     t0, t0, s0
        lw      a1, V_X(t0)                     # a1 = the value of its register rs1 (if it has one)
        srli    t0, a0, 20 - 2
        andi    t0, t0, 31 << 2
        add     t0, t0, s0
        lw      a2, V_X(t0)                     # a2 = the value of rs2
        srli    a3, a0, 12
        andi    a3, a3, 7                       # a3 = bits 14 to 12, which tell instructions of a kind apart
        andi    t0, a0, 3
        xori    t0, t0, 3
        bnez    t0, step_illegal                # a 16-bit instruction: our CPU has none
        andi    t0, a0, OPCODE & ~3             # the opcode's other five bits are an index
        la      t1, opcodes
        add     t0, t0, t1
        lw      t0, 0(t0)
        jr      t0

        .section .rodata
        .balign 4
opcodes:
        .word   step_load, step_illegal, step_illegal, step_fence               # 00000 ...
        .word   step_constant, step_auipc, step_illegal, step_illegal           # 00100 ...
        .word   step_store, step_illegal, step_illegal, step_atomic             # 01000 ...
        .word   step_arithmetic, step_lui, step_illegal, step_illegal           # 01100 ...
        .word   step_illegal, step_illegal, step_illegal, step_illegal          # 10000 ...
        .word   step_illegal, step_illegal, step_illegal, step_illegal          # 10100 ...
        .word   step_branch, step_jalr, step_illegal, step_jal                  # 11000 ...
        .word   step_system, step_illegal, step_illegal, step_illegal           # 11100 ...

        .section .text

# All of these: a0 = the instruction, a1, a2 = the values of rs1, rs2, a3 = bits 14 to 12. May trap; else it is
# done. They are jumped to, so that their ret leads out of step_instruction.

step_illegal:
        lw      a1, V_INSTRUCTION(s0)
        li      a0, CAUSE_ILLEGAL
        andi    t0, a1, 3
        xori    t0, t0, 3
        beqz    t0, 1f
        slli    a1, a1, 16                      # of a 16-bit instruction tval tells just its bits
        srli    a1, a1, 16
1:
        ret

step_load:
        li      t0, 0x37                        # a bit for each of bits 14 to 12 that exist
        srl     t0, t0, a3
        andi    t0, t0, 1
        beqz    t0, step_illegal
        j       emulate_load

step_store:
        li      t0, 2
        bgtu    a3, t0, step_illegal
        j       emulate_store

step_atomic:
        li      t0, 2                           # words only
        bne     a3, t0, step_illegal
        srli    t0, a0, 27
        li      t1, 0x1111111f                  # a bit for each of bits 31 to 27 that exist
        srl     t1, t1, t0
        andi    t1, t1, 1
        beqz    t1, step_illegal
        li      t1, ATOMIC_LR
        bne     t0, t1, emulate_atomic
        srli    t0, a0, 20
        andi    t0, t0, 31
        bnez    t0, step_illegal                # lr.w has no rs2
        j       emulate_atomic

step_fence:
        li      t0, 1
        bgtu    a3, t0, step_illegal
        fence.i                                 # more than enough for any of them
        j       instruction_done

# step_constant: register and constant. Of the shifts, those whose upper bits make sense.
step_constant:
        srli    t0, a0, 25
        li      t1, 1
        beq     a3, t1, 1f                      # slli
        li      t1, 5
        bne     a3, t1, 2f
        andi    t0, t0, ~0x20                   # srli and srai
1:
        bnez    t0, step_illegal
2:
        li      t0, 0xfff0707f                  # keep all but the registers
        and     a0, a0, t0
        li      t0, 10 << 7 | 11 << 15          # rd = a0, rs1 = a1
        or      a0, a0, t0
        j       run_and_set

# step_arithmetic: two registers; the M extension is here, too.
step_arithmetic:
        srli    t0, a0, 25
        li      t1, 1
        bleu    t0, t1, 1f
        li      t1, 0x20
        bne     t0, t1, step_illegal
        beqz    a3, 1f                          # sub
        li      t1, 5                           # sra
        bne     a3, t1, step_illegal
1:
        li      t0, 0xfe00707f
        and     a0, a0, t0
        li      t0, 10 << 7 | 11 << 15 | 12 << 20       # rd = a0, rs1 = a1, rs2 = a2
        or      a0, a0, t0

# run_and_set: the guest's rd = the result of the instruction a0 for a1 and a2.
run_and_set:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    run_one
        lw      ra, 12(sp)
        addi    sp, sp, 16
step_set:                                       # the guest's rd = a0, and the instruction is done
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    set_rd
        lw      ra, 12(sp)
        addi    sp, sp, 16
        j       instruction_done

step_lui:
        li      t0, ~0xfff
        and     a0, a0, t0
        j       step_set

step_auipc:
        li      t0, ~0xfff
        and     a0, a0, t0
        lw      t0, V_PC(s0)
        add     a0, a0, t0
        j       step_set

step_branch:
        li      t0, 0xf3                        # beq bne - - blt bge bltu bgeu
        srl     t0, t0, a3
        andi    t0, t0, 1
        beqz    t0, step_illegal
        li      t0, 4
        bltu    a3, t0, 2f
        li      t0, 6
        bltu    a3, t0, 1f
        sltu    t1, a1, a2
        j       3f
1:
        slt     t1, a1, a2
        j       3f
2:
        xor     t1, a1, a2
        seqz    t1, t1
3:
        andi    t0, a3, 1                       # the odd ones mean the contrary
        beq     t0, t1, instruction_done
        srai    t0, a0, 31                      # the distance: bit 31 is bit 12 and the sign ...
        slli    t0, t0, 12
        slli    t1, a0, 4                       # ... bit 7 is bit 11 ...
        li      t2, 1 << 11
        and     t1, t1, t2
        or      t0, t0, t1
        srli    t1, a0, 20                      # ... 30..25 are 10..5 ...
        andi    t1, t1, 0x7e0
        or      t0, t0, t1
        srli    t1, a0, 7                       # ... and 11..8 are 4..1
        andi    t1, t1, 0x1e
        or      t0, t0, t1
        lw      t1, V_PC(s0)
        add     a0, t0, t1
        j       step_jump

step_jal:
        srai    t0, a0, 31                      # the distance: bit 31 is bit 20 and the sign ...
        slli    t0, t0, 20
        li      t1, 0xff000                     # ... 19..12 are in their places ...
        and     t1, a0, t1
        or      t0, t0, t1
        srli    t1, a0, 9                       # ... bit 20 is bit 11 ...
        li      t2, 1 << 11
        and     t1, t1, t2
        or      t0, t0, t1
        srli    t1, a0, 20                      # ... and 30..21 are 10..1
        andi    t1, t1, 0x7fe
        or      t0, t0, t1
        lw      t1, V_PC(s0)
        add     a0, t0, t1
        j       step_call

step_jalr:
        bnez    a3, step_illegal
        srai    t0, a0, 20
        add     a0, a1, t0
        andi    a0, a0, ~1

# step_call: rd = the address after this instruction, and go on at a0.
step_call:
        andi    t0, a0, 3
        bnez    t0, step_misaligned             # then rd stays as it is
        lw      t1, V_PC(s0)
        addi    t1, t1, 4
        lw      t0, V_INSTRUCTION(s0)
        srli    t0, t0, 7 - 2
        andi    t0, t0, 31 << 2
        beqz    t0, step_jump
        add     t0, t0, s0
        sw      t1, V_X(t0)
step_jump:
        andi    t0, a0, 3
        bnez    t0, step_misaligned
        sw      a0, V_NEXT_PC(s0)
        j       jump_done
step_misaligned:
        mv      a1, a0
        li      a0, CAUSE_FETCH_MISALIGNED
        ret

step_system:
        li      t0, ECALL
        beq     a0, t0, 1f
        li      t0, EBREAK
        beq     a0, t0, 2f
        lw      t0, V_PC(s0)
        addi    t0, t0, 4
        sw      t0, V_NEXT_PC(s0)
        j       kernel_instruction
1:
        lw      a0, V_PRIVILEGE(s0)
        addi    a0, a0, CAUSE_ECALL_U           # the causes have the order of the modes
        li      a1, 0
        ret
2:
        li      a0, CAUSE_BREAKPOINT
        lw      a1, V_PC(s0)
        ret

# set_rd: the guest's register rd of V_INSTRUCTION = a0.
set_rd:
        lw      t0, V_INSTRUCTION(s0)
        srli    t0, t0, 7 - 2
        andi    t0, t0, 31 << 2
        beqz    t0, 1f                          # x0 stays 0
        add     t0, t0, s0
        sw      a0, V_X(t0)
1:
        ret

# instruction_done: the instruction at V_PC is done, the one after it is next. a0 = NO_TRAP.
instruction_done:
        lw      t0, V_PC(s0)
        addi    t0, t0, 4
        sw      t0, V_NEXT_PC(s0)
jump_done:                                      # the same, where V_NEXT_PC is set
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    retire
        li      a0, NO_TRAP
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# run_one: execute the instruction a0, which may read a1 and a2 and write a0 and memory: a0 = its result. It must be
# one that cannot trap.
run_one:
        la      t0, one_instruction
        sw      a0, 0(t0)
        fence.i                                 # code was written
one_instruction:
        nop                                     # its place
        ret
