# type1/interrupts.s - giving interrupts to the guest: when and only when the virtual hart would take one.
#
# An interrupt is asserted (mip) by the guest's devices, its clock or its own software. It is taken if it is enabled
# (mie) and the mode leaves it in: an interrupt for M always in S and U, in M only with mstatus.MIE; one that is
# delegated to S always in U, in S only with SIE, in M never. We look every time before a guest goes on: a guest
# that switches its interrupts on does that by a kernel instruction, and is left for it.

        .section .text

# interrupts_asserted: a0 = mip: what software and devices assert.
interrupts_asserted:
        mv      t6, ra
        call    time_to_alarm
        mv      ra, t6
        slli    a0, a2, 7                       # MTIP
        lw      t0, V_MIP(s0)
        or      a0, a0, t0
        sw      a0, V_MIP(s0)                   # it stays asserted until the guest has dealt with it
        lw      t0, V_LINES(s0)
        or      a0, a0, t0
        ret

# interrupts_pending: a0 = mip & mie: what ends a wfi.
interrupts_pending:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    interrupts_asserted
        lw      t0, V_MIE(s0)
        and     a0, a0, t0
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# interrupts_deliver: if the virtual hart would take an interrupt now, let it.
interrupts_deliver:
        lw      t0, V_MIE(s0)
        beqz    t0, 9f                          # the short way: none is enabled
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    interrupts_pending
        lw      ra, 12(sp)
        addi    sp, sp, 16
        beqz    a0, 9f

        lw      t0, V_PRIVILEGE(s0)
        lw      t1, V_MSTATUS(s0)
        lw      t2, V_MIDELEG(s0)
        not     t3, t2
        and     t3, a0, t3                      # for M
        beqz    t3, 1f
        li      t4, PRIV_M
        bne     t0, t4, 2f
        andi    t4, t1, MSTATUS_MIE
        bnez    t4, 2f
1:
        and     t3, a0, t2                      # for S
        beqz    t3, 9f
        beqz    t0, 2f                          # in U: always
        li      t4, PRIV_S
        bne     t0, t4, 9f                      # in M: never
        andi    t4, t1, MSTATUS_SIE
        beqz    t4, 9f
2:
        la      t0, interrupt_order             # several may wait: the most urgent one
3:
        lbu     a0, 0(t0)
        addi    t0, t0, 1
        srl     t1, t3, a0
        andi    t1, t1, 1
        beqz    t1, 3b
        li      t0, INTERRUPT
        or      a0, a0, t0
        li      a1, 0
        j       trap_guest
9:
        ret

        .section .rodata
interrupt_order:
        .byte   11, 3, 7, 9, 1, 5               # MEI, MSI, MTI, SEI, SSI, STI: one of them is pending
