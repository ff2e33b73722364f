# type2/inline.s - CSR instructions that need no call.
#
# Many CSRs are just a word that the hart keeps. The virtual hart keeps it in a page that every load and store can
# reach, so reading it is one instruction in place of one:
#
#       csrr    t0, mepc                lw      t0, V_MEPC(zero)
#       csrw    mscratch, s0            sw      s0, V_MSCRATCH(zero)
#
# No trap and emulate can be so fast, on any CPU.

        .section .text

# inline_csr: translate the CSR instruction s4, if it is a simple one. a0 = 1 if so, else 0.
inline_csr:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        srli    a0, s4, 20
        call    find_csr
        beqz    a0, inline_not
        lw      t0, ROW_SIMPLE(a0)
        beqz    t0, inline_not
        lw      a1, ROW_FIELD(a0)               # a1 = where the virtual CPU keeps it
        srli    t1, s4, 12
        andi    t1, t1, 7                       # t1 = funct3
        srli    t2, s4, 15
        andi    t2, t2, 31                      # t2 = rs1
        srli    t3, s4, 7
        andi    t3, t3, 31                      # t3 = rd
        li      t4, 2
        beq     t1, t4, inline_read
        li      t4, 1
        bne     t1, t4, inline_not
        li      t4, SIMPLE_BOTH
        bne     t0, t4, inline_not
        bnez    t3, inline_swap
        mv      a0, t2
        call    emit_store
        j       inline_done

inline_read:                                    # csrrs: only with rs1 = x0 it does not write
        bnez    t2, inline_not
        mv      a0, t3
        call    emit_load
inline_done:
        li      a0, 1
        j       1f
inline_not:
        li      a0, 0
1:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# csrrw rd, csr, rs1. If they differ, load the one and store the other. If not, it is an exchange, and there is no free
# register: ra makes room.
inline_swap:
        beq     t2, t3, 2f
        sw      t2, 8(sp)
        mv      a0, t3
        call    emit_load
        lw      a0, 8(sp)
        call    emit_store
        j       inline_done
2:
        li      t0, 1
        beq     t2, t0, inline_not              # ra itself: not worth the trouble
        sw      a1, 8(sp)
        sw      t2, 4(sp)
        mv      a0, t2
        li      a1, V_SPARE
        call    emit_store                      # sw rd, spare
        lw      a0, 4(sp)
        lw      a1, 8(sp)
        call    emit_load                       # lw rd, csr
        lw      a0, store_ra
        call    emit
        li      a0, 1
        li      a1, V_SPARE
        call    emit_load                       # lw ra, spare
        li      a0, 1
        lw      a1, 8(sp)
        call    emit_store                      # sw ra, csr
        lw      a0, load_ra
        call    emit
        j       inline_done

# emit_load, emit_store: write lw or sw of register a0, at the field a1 of the virtual CPU. Keep a1.
emit_load:
        slli    t0, a0, 7
        slli    t1, a1, 20
        or      a0, t0, t1
        li      t0, 0x2003                      # lw
        or      a0, a0, t0
        j       emit
emit_store:
        slli    t0, a0, 20
        srai    t1, a1, 5
        slli    t1, t1, 25
        or      a0, t0, t1
        andi    t1, a1, 31
        slli    t1, t1, 7
        or      a0, a0, t1
        li      t0, 0x2023                      # sw
        or      a0, a0, t0
        j       emit
