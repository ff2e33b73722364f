# type1/rings.s - the guest believes to be in one mode, the hardware is in another: in which, and with which tables?
#
#       the guest is in     the hardware is in      its tables begin at
#       M                   S, ring 1               ROOT_M, or with MPRV ROOT_MPRV
#       S                   S, ring 1               ROOT_S, or with paging ROOT_PAGED
#       U                   U, ring 3               ROOT_U, or with paging ROOT_PAGED
#
# Two modes that may not see the same memory must differ in one of the two: a guest's kernel and its programs are
# told apart by the real mode and the U bits of pages, M and S by tables of their own.

        .section .text

# guest_status: a0 = the real mstatus for the guest as it stands.
#
# MPP is the real mode. TVM, TW and TSR make satp, sfence.vma, wfi and sret trap in S mode, which on a classic CPU
# they would not do by themselves. SUM and MXR are the guest's own: they are about pages that its own tables
# describe, and the shadow tables keep its U bits. In virtual M mode they mean nothing (but see type1/loads.s for
# MPRV). Neither do interrupts for S there, but the hardware, in S mode, would take them: SIE is held at 0 then.
guest_status:
        lw      a0, V_MSTATUS(s0)
        li      t0, MSTATUS_FS | MSTATUS_SUM | MSTATUS_MXR | MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE
        and     t0, a0, t0
        li      t1, MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR
        or      t0, t0, t1
        lw      t1, V_PRIVILEGE(s0)
        beqz    t1, 1f                          # U: MPP = 0
        li      t2, PRIV_U << MSTATUS_MPP_LOW
        or      t0, t0, t2
        li      t2, PRIV_M
        bne     t1, t2, 1f
        lw      t2, V_MIE(s0)
        lw      t3, V_MIDELEG(s0)
        and     t2, t2, t3
        beqz    t2, 2f
        andi    t0, t0, ~MSTATUS_SIE            # M takes none for S: the hardware must hold them
2:
        li      t2, MSTATUS_MPRV
        and     t2, a0, t2
        beqz    t2, 1f
        li      t2, ~MSTATUS_MXR                # MPRV: no page may be readable, not even because it is executable
        and     t0, t0, t2
1:
        mv      a0, t0
        ret

# guest_root: a1 = the number of the root (type1/shadow.s) for the guest as it stands.
guest_root:
        lw      t0, V_PRIVILEGE(s0)
        lw      t1, V_MSTATUS(s0)
        li      t2, MSTATUS_MPRV
        and     t2, t1, t2
        beqz    t2, 1f
        li      a1, ROOT_MPRV
        srli    t1, t1, MSTATUS_MPP_LOW
        andi    t1, t1, 3
        bne     t1, t0, 3f                      # data belongs to another mode than code
1:
        li      a1, ROOT_U
        li      t1, PRIV_M
        beq     t0, t1, 3f
        li      a1, ROOT_PAGED
        lw      t1, V_SATP(s0)
        bltz    t1, 3f
        li      a1, ROOT_U
        beqz    t0, 3f
        li      a1, ROOT_S
3:
        ret
