# type2/emulate.s - what translated code calls the hypervisor for.

        .section .text

# emulate: the instruction at V_PC. a0 = 0 if the block may go on behind it, 1 if the guest goes on elsewhere, or the
# block is gone.
emulate:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        lw      a1, V_PC(zero)
        lw      a0, 0(a1)                       # a0 = the instruction
        addi    a1, a1, 4
        sw      a1, V_PC(zero)                  # where the guest goes on, unless somebody says otherwise
        andi    t0, a0, 0x7f
        li      t1, 0x73
        beq     t0, t1, 1f
        li      t1, 0x03
        beq     t0, t1, emulate_load
        li      t1, 0x23
        beq     t0, t1, emulate_store
        li      t1, 0x0f
        beq     t0, t1, emulate_fence_i
        j       emulate_illegal
1:
        srli    t0, a0, 12
        andi    t0, t0, 7
        bnez    t0, csr_instruction
        li      t0, MRET
        beq     a0, t0, emulate_mret
        li      t0, ECALL
        beq     a0, t0, emulate_ecall
        li      t0, EBREAK
        beq     a0, t0, emulate_ebreak
        li      t0, WFI
        beq     a0, t0, emulate_wfi
        j       emulate_illegal                 # sret: this hart has no S mode

emulated:
        li      a0, 0
        j       1f
elsewhere:
        li      a0, 1
1:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# emulate_illegal: the instruction a0 does not exist here.
emulate_illegal:
        mv      a1, a0
        li      a0, CAUSE_ILLEGAL
emulate_trap:                                   # cause a0, value a1, of this instruction
        lw      t0, V_PC(zero)
        addi    t0, t0, -4
        sw      t0, V_PC(zero)
        call    raise
        j       elsewhere
emulate_ecall:
        li      a0, CAUSE_ECALL_M
        li      a1, 0
        j       emulate_trap
emulate_ebreak:
        li      a0, CAUSE_BREAKPOINT
        lw      a1, V_PC(zero)
        addi    a1, a1, -4
        j       emulate_trap

# emulate_mret: back to where a trap came from.
emulate_mret:
        lw      t0, V_MEPC(zero)
        sw      t0, V_PC(zero)
        lw      t0, V_MSTATUS(zero)
        li      t1, MSTATUS_MPP
        and     t2, t0, t1
        srli    t2, t2, 11
        sw      t2, V_PRIVILEGE(zero)
        andi    t2, t0, MSTATUS_MPIE            # MIE = MPIE, MPIE = 1, MPP = U
        srli    t2, t2, 4
        not     t1, t1
        and     t0, t0, t1
        andi    t0, t0, ~MSTATUS_MIE
        or      t0, t0, t2
        ori     t0, t0, MSTATUS_MPIE
        sw      t0, V_MSTATUS(zero)
        j       elsewhere

# emulate_wfi: sleep until the alarm. The host gives the CPU to others meanwhile.
emulate_wfi:
        call    time_update
        lw      t0, V_MIP(zero)
        lw      t1, V_MIE(zero)
        and     t0, t0, t1
        bnez    t0, elsewhere                   # one is pending: perhaps it interrupts now
        andi    t1, t1, IP_MTIP
        la      a0, text_wfi
        beqz    t1, die
        lw      t0, V_ALARM + 4(zero)
        addi    t0, t0, 1
        beqz    t0, die                         # the end of time
        call    console_flush
        lw      a0, V_ALARM(zero)
        lw      a1, V_ALARM + 4(zero)
        host    HOST_SLEEP
        call    time_update
        j       elsewhere

# emulate_fence_i: code may have changed.
emulate_fence_i:
        call    cache_flush
        j       elsewhere

        .section .rodata
text_wfi:
        .asciz  "vm1 waits for an interrupt that cannot come; I end it"
