# type2/traps.s - giving traps and interrupts to the guest: what the hart would do by itself.

        .section .text

# raise: the guest takes a trap at V_PC; a0 = mcause, a1 = mtval.
raise:
        sw      a0, V_MCAUSE(zero)
        sw      a1, V_MTVAL(zero)
        lw      t0, V_PC(zero)
        sw      t0, V_MEPC(zero)
        lw      t0, V_MSTATUS(zero)
        andi    t1, t0, MSTATUS_MIE             # MPIE = MIE, MIE = 0, MPP = where it was
        slli    t1, t1, 4
        li      t2, ~(MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MIE)
        and     t0, t0, t2
        or      t0, t0, t1
        lw      t1, V_PRIVILEGE(zero)
        slli    t1, t1, 11
        or      t0, t0, t1
        sw      t0, V_MSTATUS(zero)
        li      t0, PRIV_M
        sw      t0, V_PRIVILEGE(zero)
        lw      t0, V_MTVEC(zero)
        andi    t1, t0, ~3
        andi    t0, t0, 1
        beqz    t0, 1f
        bgez    a0, 1f
        slli    t0, a0, 2                       # vectored: interrupts have an entry each
        add     t1, t1, t0
1:
        sw      t1, V_PC(zero)
        ret

# take_interrupt: if one is pending and the guest would take it, give it.
take_interrupt:
        lw      t0, V_MIP(zero)
        lw      t1, V_MIE(zero)
        and     t0, t0, t1
        beqz    t0, 1f
        lw      t1, V_PRIVILEGE(zero)
        beqz    t1, 2f                          # a program: always
        lw      t1, V_MSTATUS(zero)
        andi    t1, t1, MSTATUS_MIE
        beqz    t1, 1f
2:
        li      a0, INTERRUPT | CAUSE_SOFTWARE
        li      a1, 0
        andi    t1, t0, IP_MSIP
        bnez    t1, raise
        li      a0, INTERRUPT | CAUSE_TIMER
        j       raise
1:
        ret

# time_update: look at the clock. V_TIME and the timer's bit of V_MIP are right then.
time_update:
        host    HOST_CLOCK
        sw      a0, V_TIME(zero)
        sw      a1, V_TIME + 4(zero)
        lw      t0, V_ALARM(zero)
        lw      t1, V_ALARM + 4(zero)
        lw      t2, V_MIP(zero)
        andi    t2, t2, ~IP_MTIP
        bltu    a1, t1, 1f
        bne     a1, t1, 2f
        bltu    a0, t0, 1f
2:
        ori     t2, t2, IP_MTIP
1:
        sw      t2, V_MIP(zero)
        ret

# runs_wild: a trap whose handler traps, for ever.
runs_wild:
        la      a0, text_wild

# die: end the guest, and say why: the text at a0.
die:
        la      sp, stack_top
        mv      s1, a0
        call    console_flush
        mv      a0, s1
        call    say
        li      a0, EXIT_DIED
        host    HOST_EXIT

        .section .rodata
text_wild:
        .asciz  "vm1 runs wild: its trap handler traps before its first instruction is done"
