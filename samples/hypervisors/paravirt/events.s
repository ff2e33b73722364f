# paravirt/events.s - traps and interrupts for the guest, and its clock.
#
# A trap of a program belongs to the guest's kernel. We do to the words in the page what the hart would have done to its
# CSRs, and let the guest go on in its handler: five stores, for which type1.s needs an exit each time the kernel
# looks at one of them.

        .section .text

# exception: the guest did something that makes its hart trap. a0 = cause, a1 = value.
#
# If it was the very first instruction of its trap handler, there is no use in calling the handler again.
exception:
        csrr    t0, mstatus
        li      t1, MSTATUS_MPP
        and     t0, t0, t1
        beqz    t0, 1f                          # from ring 3
        li      t0, PAGE
        lw      t0, PAGE_mtvec(t0)
        andi    t0, t0, -4
        csrr    t1, mepc
        bne     t0, t1, 1f
        la      a0, text_wild
        j       guest_dies
1:
        call    deliver
        j       enter

# deliver: a trap of the virtual hart, at mepc. a0 = cause, a1 = value.
deliver:
        li      t0, PAGE
        sw      a0, PAGE_mcause(t0)
        sw      a1, PAGE_mtval(t0)
        csrr    t1, mepc
        sw      t1, PAGE_mepc(t0)
        lw      t1, PAGE_mtvec(t0)
        andi    t1, t1, -4
        csrw    mepc, t1

        csrr    t1, mstatus                     # MPP = the ring it comes from; it goes to ring 1
        li      t2, MSTATUS_MPP
        and     t1, t1, t2
        li      t2, MSTATUS_MPP_S
        csrs    mstatus, t2
        lw      t2, PAGE_mstatus(t0)            # MPIE = MIE, MIE = 0
        andi    t2, t2, MSTATUS_MIE
        slli    t2, t2, 4
        or      t1, t1, t2
        sw      t1, PAGE_mstatus(t0)

        lw      t1, PAGE_mscratch(t0)           # sp <-> mscratch: see page.s
        lw      t2, F_SP(sp)
        sw      t1, F_SP(sp)
        sw      t2, PAGE_mscratch(t0)
        ret

# interrupt_due: a0 = not 0 if the guest, where it goes on, takes an interrupt. In ring 3 it takes what mie wants; in
# ring 1 only if it has its interrupts on.
interrupt_due:
        li      t0, PAGE
        lw      a0, PAGE_mip(t0)
        lw      t1, PAGE_mie(t0)
        and     a0, a0, t1
        csrr    t1, mstatus
        li      t2, MSTATUS_MPP
        and     t1, t1, t2
        beqz    t1, 1f
        lw      t1, PAGE_mstatus(t0)
        andi    t1, t1, MSTATUS_MIE
        bnez    t1, 1f
        li      a0, 0
1:
        ret

# clock_update: tell the guest the time, and whether its alarm has gone off. If it has, the interrupt stays pending
# until the guest sets a later alarm, and ours is off until then. If not, the real alarm is the guest's.
clock_update:
        li      t3, PAGE
1:
        rdtimeh t1
        rdtime  t0
        rdtimeh t2
        bne     t1, t2, 1b                      # the low half went round between the reads: again
        sw      t0, PAGE_TIME(t3)
        sw      t1, PAGE_TIME + 4(t3)
        lw      t2, PAGE_ALARM + 4(t3)
        lw      t4, PAGE_ALARM(t3)
        li      t5, MIE_MTIE
        bltu    t2, t1, 2f                      # due if alarm <= now: first the high halves ...
        bne     t2, t1, 3f
        bgtu    t4, t0, 3f                      # ... then the low ones
2:
        csrw    mie, zero
        sw      t5, PAGE_mip(t3)
        ret
3:
        sw      zero, PAGE_mip(t3)
        li      t0, MTIMECMP
        li      t1, -1
        sw      t1, 0(t0)                       # no alarm can go off while the halves do not fit together
        sw      t2, 4(t0)
        sw      t4, 0(t0)
        csrw    mie, t5
        ret

        .section .rodata
text_wild:
        .asciz  "paravirt: the guest's trap handler traps at its first instruction; I end it\n"
