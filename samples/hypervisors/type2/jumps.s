# type2/jumps.s - translating what ends a block. A return address is the guest's, always: the guest may look at it.

        .section .text

# translate_branch: the same branch, over the first of two exits.
#
#               bne     t0, t1, 1f
#               exit    to the next instruction
#       1:      exit    to where the guest branches
translate_branch:
        li      t0, 0x01fff07f                  # all of it but the distance, and that is 16
        and     a0, s4, t0
        li      t0, 0x00000800
        or      a0, a0, t0
        call    emit
        addi    a0, s1, 4
        call    emit_exit
        srai    a0, s4, 31                      # bit 12 of the distance is bit 31 ...
        slli    a0, a0, 12
        slli    t0, s4, 24                      # ... bit 11 is bit 7 ...
        srli    t0, t0, 31
        slli    t0, t0, 11
        or      a0, a0, t0
        slli    t0, s4, 1                       # ... bits 10 to 5 are 30 to 25 ...
        srli    t0, t0, 26
        slli    t0, t0, 5
        or      a0, a0, t0
        slli    t0, s4, 20                      # ... and 4 to 1 are 11 to 8
        srli    t0, t0, 28
        slli    t0, t0, 1
        or      a0, a0, t0
        add     a0, a0, s1
        call    emit_exit
        j       block_done

# translate_jal: rd gets the return address, which is known; then an exit.
translate_jal:
        call    emit_link
        srai    a0, s4, 31                      # bit 20 of the distance is bit 31 ...
        slli    a0, a0, 20
        slli    t0, s4, 12                      # ... bits 19 to 12 stay ...
        srli    t0, t0, 24
        slli    t0, t0, 12
        or      a0, a0, t0
        slli    t0, s4, 11                      # ... bit 11 is bit 20 ...
        srli    t0, t0, 31
        slli    t0, t0, 11
        or      a0, a0, t0
        slli    t0, s4, 1                       # ... and bits 10 to 1 are 30 to 21
        srli    t0, t0, 22
        slli    t0, t0, 1
        or      a0, a0, t0
        add     a0, a0, s1
        call    emit_exit
        j       block_done

# translate_jalr: where it goes is known when it goes.
#
#               sw      ra, V_RA(zero)
#               addi    ra, rs1, distance       rs1 may be ra: it has not changed
#               sw      ra, V_TARGET(zero)
#               lw      ra, V_RA(zero)
#               li      rd, return address      rd may be ra or rs1
#               sw      ra, V_RA(zero)
#               jal     ra, indirect
translate_jalr:
        srli    t0, s4, 12
        andi    t0, t0, 7
        bnez    t0, translate_callout           # no such instruction
        lw      a0, store_ra
        call    emit
        srli    a0, s4, 15                      # distance and rs1 stay where they are
        slli    a0, a0, 15
        ori     a0, a0, 1 << 7 | 0x13
        call    emit
        lw      a0, store_ra_target
        call    emit
        lw      a0, load_ra
        call    emit
        call    emit_link
        la      a0, indirect
        call    emit_call
        j       block_done

# emit_link: write what puts the return address into rd, if that is not zero.
emit_link:
        srli    a0, s4, 7
        andi    a0, a0, 31
        addi    a1, s1, 4
        bnez    a0, emit_li
        ret
