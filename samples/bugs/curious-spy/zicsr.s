# type1/zicsr.s - emulating CSR instructions: read, write, set and clear bits of a CSR of the virtual hart.
#
# Which CSRs there are, and what they are, is a matter of type1/csrs.s.

        .section .text

# csr_instruction: csrrw, csrrs, csrrc and their immediate forms. May trap.
#
# The order matters: all of the old value and of the operand is taken before anything is changed, because the CSR
# may be rd's or rs1's neighbour (csrrw t0, mscratch, t0 swaps). A set or clear of no bits (rs1 = x0) does not write
# at all, a csrrw to x0 does not read.
csr_instruction:
        addi    sp, sp, -48
        sw      ra, 44(sp)
        sw      s1, 40(sp)
        sw      s2, 36(sp)
        sw      s3, 32(sp)
        sw      s4, 28(sp)
        sw      s5, 24(sp)
        sw      s6, 20(sp)

        lw      s1, V_INSTRUCTION(s0)
        srli    s2, s1, 20                      # s2 = the CSR's number
        la      t0, csr_index
        add     t0, t0, s2
        lbu     t0, 0(t0)
        beqz    t0, csr_illegal                 # there is none
        addi    t0, t0, -1
        li      t1, ROW_SIZE
        mul     t0, t0, t1
        la      s3, csr_table
        add     s3, s3, t0                      # s3 = its row

        .ifdef  NESTED
        call    csr_intercepted                 # the guest's own bitmap
        bnez    a0, csr_illegal
        .endif
        li      t0, PRIV_M                      # bits 9 and 8 of the number: the least mode that may use it
        srli    t1, s2, 8
        andi    t1, t1, 3
        bltu    t0, t1, csr_refused
        li      t1, PRIV_M
        beq     t0, t1, 1f
        call    csr_gate                        # below M, some have a gate of their own
        beqz    a0, csr_refused
1:
        srli    s4, s1, 12
        andi    s4, s4, 7                       # s4 = funct3: 1 write, 2 set, 3 clear; 4 more: immediate
        srli    t0, s1, 15
        andi    t0, t0, 31                      # rs1, or the immediate
        andi    s6, s4, 3
        addi    t1, s6, -1
        seqz    t1, t1
        snez    t2, t0
        or      t2, t1, t2                      # does it write? csrrw always, the others if rs1 is not 0
        srli    t1, s2, 10
        addi    t1, t1, -3
        snez    t1, t1                          # is it writable? not if bits 11 and 10 are ones
        andi    t4, s4, 4
        bnez    t4, 2f
        slli    t0, t0, 2
        add     t0, t0, s0
        lw      t0, 0(t0)                       # a register: its value
2:
        mv      s5, t0                          # s5 = the operand
        beqz    t2, 3f
        beqz    t1, csr_illegal                 # a write to a read-only CSR
3:
        mv      s4, t2                          # s4 = whether it writes

        lw      t0, ROW_READ(s3)                # the old value. Reading has no effect here, so we always do it
        beqz    t0, 4f
        lw      a2, ROW_FIRST(s3)
        sub     a2, s2, a2
        jalr    t0
        j       5f
4:
        lw      t0, ROW_FIELD(s3)
        add     t0, t0, s0
        lw      a0, 0(t0)
        mv      a1, a0
5:
        mv      t6, a0                          # what rd gets
        beqz    s4, 9f                          # no write

        li      t0, 1
        beq     s6, t0, 6f
        li      t0, 2
        beq     s6, t0, 7f
        not     s5, s5                          # clear
        and     s5, a1, s5
        j       6f
7:
        or      s5, a1, s5                      # set
6:
        srli    s1, s1, 7                       # s1 = rd, already: the write may be of anything
        andi    s1, s1, 31
        sw      t6, 16(sp)
        mv      a0, s5
        lw      t0, ROW_WRITE(s3)
        beqz    t0, 8f
        lw      a2, ROW_FIRST(s3)
        sub     a2, s2, a2
        lw      a3, ROW_MASK(s3)
        jalr    t0
        j       10f
8:
        lw      t0, ROW_FIELD(s3)               # an ordinary word: change the bits of the mask
        add     t0, t0, s0
        lw      t1, 0(t0)
        lw      t2, ROW_MASK(s3)
        xor     a0, a0, t1
        and     a0, a0, t2
        xor     t1, t1, a0
        sw      t1, 0(t0)
10:
        lw      t6, 16(sp)
        j       11f
9:
        srli    s1, s1, 7
        andi    s1, s1, 31
11:
        beqz    s1, 12f                         # rd = x0
        slli    s1, s1, 2
        add     s1, s1, s0
        sw      t6, 0(s1)
12:
        call    done                            # a0 = NO_TRAP
        j       csr_return
csr_refused:                                    # for another mode than the guest's
        .ifdef  NESTED
        call    refused_for_guest
        j       csr_return
        .endif
csr_illegal:
        call    illegal_for_guest
csr_return:
        lw      ra, 44(sp)
        lw      s1, 40(sp)
        lw      s2, 36(sp)
        lw      s3, 32(sp)
        lw      s4, 28(sp)
        lw      s5, 24(sp)
        lw      s6, 20(sp)
        addi    sp, sp, 48
        ret

# csr_gate: a0 = 1 if the guest, below M, may use CSR s2. M can close satp to S (TVM), and the user counters to both.
csr_gate:
        li      a0, 1
        li      t0, 0x180
        beq     s2, t0, 1f
        srli    t0, s2, 8
        li      t1, 0xc
        bne     t0, t1, 3f                      # not a counter: 0xc00 to 0xcff
        lw      t1, V_MCOUNTEREN(s0)
        lw      t2, V_PRIVILEGE(s0)
        bnez    t2, 2f
        lw      t2, V_SCOUNTEREN(s0)            # for U both have to be open
        and     t1, t1, t2
2:
        srl     t1, t1, s2                      # a bit a counter: the number's low five bits
        andi    a0, t1, 1
        ret
1:
        lw      t0, V_MSTATUS(s0)
        li      t1, MSTATUS_TVM
        and     t0, t0, t1
        seqz    a0, t0
3:
        ret
