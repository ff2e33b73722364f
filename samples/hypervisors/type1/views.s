# type1/views.s - the CSRs of the virtual hart that are not a word of their own.
#
# sstatus is a part of mstatus, mip is what software set and what devices ask for, the counters are the guest's
# retired instructions and an offset. A reader gives a0 = what rd gets, and a1 = what a set or clear of bits starts
# from; the two differ in mip alone. A writer takes the new value in a0 and the row's mask in a3. Both find in a2 which
# CSR of their row it is, counted from 0.

        .equ    SSTATUS_MASK,   MSTATUS_SD | MSTATUS_MXR | MSTATUS_SUM | MSTATUS_FS | MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE
        .equ    MISA_RV32IMASU, 1 << 30 | 1 << 20 | 1 << 18 | 1 << 12 | 1 << 8 | 1
        .equ    INHIBIT_CYCLE,  1
        .equ    INHIBIT_INSTRET, 4

        .section .text

# read_mstatus: SD says whether FS is "dirty".
read_mstatus:
        lw      a0, V_MSTATUS(s0)
        li      t0, MSTATUS_FS
        and     t1, a0, t0
        bne     t1, t0, 1f
        li      t0, MSTATUS_SD
        or      a0, a0, t0
1:
        mv      a1, a0
        ret

# write_mstatus: there is no mode 2; who asks for it in MPP gets U.
write_mstatus:
        and     a0, a0, a3
        li      t0, MSTATUS_MPP
        and     t0, a0, t0
        li      t1, 2 << MSTATUS_MPP_LOW
        bne     t0, t1, 1f
        xor     a0, a0, t1
1:
        sw      a0, V_MSTATUS(s0)
        ret

read_sstatus:
        mv      t2, ra
        call    read_mstatus
        mv      ra, t2
        li      t0, SSTATUS_MASK
        and     a0, a0, t0
        mv      a1, a0
        ret

read_misa:
        li      a0, MISA_RV32IMASU
        mv      a1, a0
        ret

# read_mip: the lines of devices are or'ed in, but a set or clear of bits must not make them software's.
read_mip:
        mv      t5, ra
        call    interrupts_asserted
        mv      ra, t5
        lw      a1, V_MIP(s0)
        ret

# sie and sip: mie and mip through the holes of mideleg.
read_sie:
        lw      a0, V_MIE(s0)
        lw      t0, V_MIDELEG(s0)
        and     a0, a0, t0
        mv      a1, a0
        ret

read_sip:
        mv      t5, ra
        call    interrupts_asserted
        mv      ra, t5
        lw      t0, V_MIDELEG(s0)
        and     a0, a0, t0
        lw      a1, V_MIP(s0)
        and     a1, a1, t0
        ret

write_sie:
        addi    t3, s0, V_MIE
        j       1f
write_sip:
        addi    t3, s0, V_MIP
1:
        lw      t0, V_MIDELEG(s0)
        and     a3, a3, t0                      # only what is delegated can be changed
        lw      t1, 0(t3)
        xor     a0, a0, t1
        and     a0, a0, a3
        xor     t1, t1, a0
        sw      t1, 0(t3)
        ret

# write_satp: another address space: what the shadow tables hold is of the old one.
write_satp:
        sw      a0, V_SATP(s0)
        j       shadow_drop_all

# The PMP's registers (type1/pmp.s keeps them, locks and all).
read_pmpcfg:
        mv      a0, a2
        mv      t6, ra
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    pmp_read_config
        j       1f
read_pmpaddr:
        mv      a0, a2
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    pmp_read_address
1:
        mv      a1, a0
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
write_pmpcfg:
        mv      a1, a0
        mv      a0, a2
        j       pmp_write_config
write_pmpaddr:
        mv      a1, a0
        mv      a0, a2
        j       pmp_write_address

# The counters. a4 = where the offset is, a5 = the bit of mcountinhibit; counter_value: t1:t0 = the count.
read_mcycle:
        addi    a4, s0, V_CYCLE_OFFSET
        li      a5, INHIBIT_CYCLE
        j       1f
read_minstret:
        addi    a4, s0, V_INSTRET_OFFSET
        li      a5, INHIBIT_INSTRET
1:
        mv      t5, ra
        call    counter_value
        mv      a0, t0
        mv      a1, t0
        jr      t5
read_mcycleh:
        addi    a4, s0, V_CYCLE_OFFSET
        li      a5, INHIBIT_CYCLE
        j       1f
read_minstreth:
        addi    a4, s0, V_INSTRET_OFFSET
        li      a5, INHIBIT_INSTRET
1:
        mv      t5, ra
        call    counter_value
        mv      a0, t1
        mv      a1, t1
        jr      t5

counter_value:
        lw      t0, 0(a4)
        lw      t1, 4(a4)
        lw      t2, V_MCOUNTINHIBIT(s0)
        and     t2, t2, a5
        bnez    t2, 1f                          # it stands still, at its own value
        lw      t2, V_RETIRED(s0)
        lw      t3, V_RETIRED + 4(s0)
        add     t0, t0, t2
        sltu    t2, t0, t2
        add     t1, t1, t3
        add     t1, t1, t2
1:
        ret

write_mcycle:
        addi    a4, s0, V_CYCLE_OFFSET
        li      a5, INHIBIT_CYCLE
        j       1f
write_minstret:
        addi    a4, s0, V_INSTRET_OFFSET
        li      a5, INHIBIT_INSTRET
1:
        mv      t5, ra
        call    counter_value
        mv      t0, a0                          # a new low half
        j       counter_set
write_mcycleh:
        addi    a4, s0, V_CYCLE_OFFSET
        li      a5, INHIBIT_CYCLE
        j       1f
write_minstreth:
        addi    a4, s0, V_INSTRET_OFFSET
        li      a5, INHIBIT_INSTRET
1:
        mv      t5, ra
        call    counter_value
        mv      t1, a0                          # a new high half

# counter_set: the counter is to read t1:t0 from the next instruction on. Returns to t5.
counter_set:
        lw      t2, V_MCOUNTINHIBIT(s0)
        and     t2, t2, a5
        bnez    t2, 1f
        bnez    t0, 2f                          # less 1: the instruction that writes does not count
        addi    t1, t1, -1
2:
        addi    t0, t0, -1
        lw      t2, V_RETIRED(s0)
        lw      t3, V_RETIRED + 4(s0)
        sltu    t4, t0, t2
        sub     t0, t0, t2
        sub     t1, t1, t3
        sub     t1, t1, t4
1:
        sw      t0, 0(a4)
        sw      t1, 4(a4)
        jr      t5

# write_mcountinhibit: a counter that stops keeps its value, one that starts goes on from it.
write_mcountinhibit:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        and     a0, a0, a3
        addi    a4, s0, V_CYCLE_OFFSET
        li      a5, INHIBIT_CYCLE
        call    counter_switch
        addi    a4, s0, V_INSTRET_OFFSET
        li      a5, INHIBIT_INSTRET
        call    counter_switch
        sw      a0, V_MCOUNTINHIBIT(s0)
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# counter_switch: the bit a5 of mcountinhibit becomes that of a0.
counter_switch:
        mv      t5, ra
        lw      t2, V_MCOUNTINHIBIT(s0)
        xor     t2, t2, a0
        and     t2, t2, a5
        beqz    t2, 1f                          # no change
        call    counter_value                   # its value while it runs, or stands
        and     t2, a0, a5
        bnez    t2, 2f
        lw      t2, V_RETIRED(s0)               # it starts: the offset is value - count
        lw      t3, V_RETIRED + 4(s0)
        sltu    t4, t0, t2
        sub     t0, t0, t2
        sub     t1, t1, t3
        sub     t1, t1, t4
2:
        sw      t0, 0(a4)
        sw      t1, 4(a4)
1:
        jr      t5
