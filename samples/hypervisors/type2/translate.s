# type2/translate.s - the translator: from a block of the guest's code to one in the cache.
#
# A block begins anywhere and ends with the first jump or branch, or after BLOCK_MOST instructions. Registers, here and
# in all that translates:
#
#       s1      the guest's pc of the instruction
#       s2      where its translation goes
#       s3      where the block began in the cache
#       s4      the instruction
#       s5      how many more may be in this block
#       s6      0, or 1 when a part of this instruction's translation has been written (bit 0 of the map)

        .equ    BLOCK_MOST,     24

        .section .text

# translate: a0 = the guest's pc. a0 = its translation, or 0 if the guest has a trap instead.
translate:
        andi    t0, a0, 3
        li      t1, GUEST_RAM
        sub     t1, a0, t1
        li      t2, GUEST_SIZE
        bgeu    t1, t2, no_code
        bnez    t0, no_code
        addi    sp, sp, -32
        sw      ra, 28(sp)
        sw      s1, 24(sp)
        sw      s2, 20(sp)
        sw      s3, 16(sp)
        sw      s4, 12(sp)
        sw      s5, 8(sp)
        sw      s6, 4(sp)
        sw      a0, 0(sp)
        mv      s1, a0
        call    cache_reserve
        lw      s2, cache_next
        li      s5, BLOCK_MOST
        li      s6, 1
        lw      a0, load_ra
        call    emit                            # the way in, see gates.s
        mv      s3, s2

translate_next:
        li      t0, GUEST_RAM + GUEST_SIZE
        bgeu    s1, t0, block_full              # the guest's memory ends here
        addi    s5, s5, -1
        bltz    s5, block_full
        li      s6, 0
        lw      s4, 0(s1)
        andi    t0, s4, 3
        addi    t0, t0, -3
        bnez    t0, translate_callout           # not an instruction of 32 bits
        andi    t0, s4, 0x7c                    # the opcode
        la      t1, translators
        add     t0, t0, t1
        lw      t1, 0(t0)
        jr      t1

        .section .rodata
        .balign 4
translators:                                    # by bits 6 to 2 of the instruction
        .word   translate_copy                  # loads: a device is found out when it faults
        .word   translate_callout
        .word   translate_callout
        .word   translate_fence
        .word   translate_copy                  # addi and its like
        .word   translate_auipc
        .word   translate_callout
        .word   translate_callout
        .word   translate_copy                  # stores
        .word   translate_callout
        .word   translate_callout
        .word   translate_copy                  # atomics
        .word   translate_copy                  # add and its like
        .word   translate_copy                  # lui
        .word   translate_callout
        .word   translate_callout
        .rept   8
        .word   translate_callout
        .endr
        .word   translate_branch
        .word   translate_jalr
        .word   translate_callout
        .word   translate_jal
        .word   translate_system
        .word   translate_callout
        .word   translate_callout
        .word   translate_callout

        .section .text

# translate_copy: the same instruction. In ring 3 it does what it does in ring 0. If it is illegal the hart will tell.
translate_copy:
        mv      a0, s4
        call    emit
translated:
        addi    s1, s1, 4
        j       translate_next

# translate_fence: only fence.i is our business.
translate_fence:
        srli    t0, s4, 12
        andi    t0, t0, 7
        addi    t0, t0, -1
        bnez    t0, translate_copy
translate_callout:
        call    emit_callout
        j       translated

# translate_auipc: the pc is not what the guest thinks. What it would get is known now.
translate_auipc:
        li      t0, 0xfffff000
        and     a1, s4, t0
        add     a1, a1, s1
        srli    a0, s4, 7
        andi    a0, a0, 31
        beqz    a0, translated
        call    emit_li
        j       translated

# translate_system: CSR instructions go on in the block; of the others most do not come back. sfence.vma becomes nothing
# at all: this hart looks at the PMP anew whenever a program runs.
translate_system:
        srli    t0, s4, 12
        andi    t0, t0, 7
        bnez    t0, 1f
        li      t0, 0xfe007fff                  # whatever its operands are
        and     t0, t0, s4
        li      t1, SFENCE_VMA
        beq     t0, t1, translated
        call    emit_callout
        li      t0, WFI
        beq     s4, t0, translated
        j       block_done
1:
        .if     INLINE
        call    inline_csr                      # a0 = 1: it has been translated without a call
        bnez    a0, translated
        .endif
        j       translate_callout

# block_full: the block ends here, though the code goes on.
block_full:
        mv      a0, s1
        call    emit_exit
block_done:
        sw      s2, cache_next, t0
        lw      a1, 0(sp)                       # the guest's pc of the block
        block_index t0, a1
        la      t1, blocks
        add     t0, t0, t1
        sw      a1, BLOCK_GUEST(t0)
        sw      s3, BLOCK_PLACE(t0)
        fence.i                                 # the hart shall see what we wrote
        mv      a0, s3
        lw      ra, 28(sp)
        lw      s1, 24(sp)
        lw      s2, 20(sp)
        lw      s3, 16(sp)
        lw      s4, 12(sp)
        lw      s5, 8(sp)
        lw      s6, 4(sp)
        addi    sp, sp, 32
        ret

# no_code: the guest jumped to a0, where there is no code.
no_code:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        lw      t0, V_MTVEC(zero)
        andi    t0, t0, ~3
        beq     t0, a0, runs_wild               # its trap handler, of all things: this would never end
        mv      a1, a0
        li      a0, CAUSE_FETCH_ACCESS
        call    raise
        li      a0, 0
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# emit: write the word a0 to the cache. Changes t0 and t1 alone.
emit:
        sw      a0, 0(s2)
        la      t0, cache_map - cache
        add     t0, t0, s2
        or      t1, s1, s6
        sw      t1, 0(t0)
        addi    s2, s2, 4
        li      s6, 1
        ret

# emit_li: write what puts the value a1 into register a0.
emit_li:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s7, 8(sp)
        sw      s8, 4(sp)
        slli    s7, a0, 7                       # s7 = rd, where an instruction has it
        mv      s8, a1
        li      t0, 0x800                       # addi extends the sign of the low part; lui makes up for it
        add     t0, t0, a1
        srli    t0, t0, 12
        slli    t0, t0, 12
        sub     s8, s8, t0
        or      a0, t0, s7
        ori     a0, a0, 0x37                    # lui rd, high
        call    emit
        beqz    s8, 1f
        slli    a0, s8, 20
        slli    t0, s7, 8                       # rs1 = rd
        or      a0, a0, t0
        or      a0, a0, s7
        ori     a0, a0, 0x13                    # addi rd, rd, low
        call    emit
1:
        lw      ra, 12(sp)
        lw      s7, 8(sp)
        lw      s8, 4(sp)
        addi    sp, sp, 16
        ret

# emit_callout: write the call that emulates the instruction.
emit_callout:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        la      a0, callout
        call    emit_call
        lw      a0, load_ra
        call    emit
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# emit_call: write a call of the gate a0.
emit_call:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s7, 8(sp)
        mv      s7, a0
        lw      a0, store_ra
        call    emit
        sub     a0, s7, s2
        call    jump_word
        ori     a0, a0, 1 << 7                  # jal ra
        call    emit
        lw      ra, 12(sp)
        lw      s7, 8(sp)
        addi    sp, sp, 16
        ret

# emit_exit: write the way from the end of a block to the guest's pc a0. Before its first word all is as it should be
# at that pc.
emit_exit:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        mv      s1, a0
        li      s6, 0
        la      a0, block_exit
        call    emit_call
        mv      a0, s1
        call    emit
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

# jump_word: a0 = the instruction jal zero, over the distance a0.
jump_word:
        srli    t0, a0, 31                      # bit 20 of the distance goes to bit 31 ...
        slli    t0, t0, 31
        slli    t1, a0, 21                      # ... bits 10 to 1 to 30 to 21 ...
        srli    t1, t1, 22
        slli    t1, t1, 21
        or      t0, t0, t1
        slli    t1, a0, 20                      # ... bit 11 to 20 ...
        srli    t1, t1, 31
        slli    t1, t1, 20
        or      t0, t0, t1
        slli    t1, a0, 12                      # ... and bits 19 to 12 stay
        srli    t1, t1, 24
        slli    t1, t1, 12
        or      a0, t0, t1
        ori     a0, a0, 0x6f
        ret

# Instructions that translations have in common, to be copied from here.
        .section .rodata
        .balign 4
load_ra:
        lw      ra, V_RA(zero)
store_ra:
        sw      ra, V_RA(zero)
store_ra_target:
        sw      ra, V_TARGET(zero)
