# type1/time.s - the guest's clock.
#
# A guest has a clock of its own. It advances by one for each instruction that the guest retires, as the real machine's
# clock does for everybody, and while the guest sleeps in wfi it follows the real one up to the guest's alarm. It stands
# still while the hypervisor works or another VM runs. So a guest cannot tell by the clock that it is not alone: all of
# its instructions, timer interrupts included, come in the same order as on a machine of its own.
#
# An emulated instruction counts as one, though it cost us two hundred.

        .equ    LONGEST_RUN, 1 << 17            # look after a guest at the latest after so many instructions

        .section .text

# add64: the 64-bit word at a1 += a0 (32 bits, unsigned).
add64:
        lw      t0, 0(a1)
        add     t0, t0, a0
        sw      t0, 0(a1)
        sltu    t0, t0, a0                      # the carry
        lw      t1, 4(a1)
        add     t1, t1, t0
        sw      t1, 4(a1)
        ret

# time_advance: the guest has retired a0 more instructions.
time_advance:
        mv      t2, ra
        addi    a1, s0, V_RETIRED
        call    add64
        addi    a1, s0, V_MTIME
        mv      ra, t2
        j       add64

# retire: an emulated instruction is done, the guest goes on at V_NEXT_PC.
retire:
        lw      t0, V_NEXT_PC(s0)
        sw      t0, V_PC(s0)
        li      a0, 1
        j       time_advance

# time_to_alarm: a1:a0 = V_MTIMECMP - V_MTIME; zero or less means that the alarm goes off now.
# a2 = 1 if the guest's timer is due: MTIP.
time_to_alarm:
        lw      t0, V_MTIMECMP(s0)
        lw      t1, V_MTIMECMP + 4(s0)
        lw      t2, V_MTIME(s0)
        lw      t3, V_MTIME + 4(s0)
        sub     a0, t0, t2
        sltu    t4, t0, t2
        sub     a1, t1, t3
        sub     a1, a1, t4
        sltu    a2, t1, t3                      # due: the clock is not below the alarm, unsigned
        bne     t1, t3, 1f
        sltu    a2, t0, t2
        bne     t0, t2, 1f
        li      a2, 1
1:
        ret

# time_budget: a0 = how many instructions the guest may retire before we look after it: up to its alarm, to the end
# of its time slice if somebody else waits, and never too many.
time_budget:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        li      t5, LONGEST_RUN
        lw      t0, slice_is_shared
        beqz    t0, 1f
        rdtime  t1
        lw      t0, V_SLICE_END(s0)
        sub     t0, t0, t1
        blez    t0, 2f                          # hardly any: but one instruction it shall have
        bgeu    t0, t5, 1f
        mv      t5, t0
        j       1f
2:
        li      t5, 1
1:
        call    time_to_alarm
        bnez    a2, 3f                          # the alarm is off already: nothing to wait for
        bnez    a1, 3f                          # or far away
        bgeu    a0, t5, 3f
        mv      t5, a0
3:
        mv      a0, t5
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
