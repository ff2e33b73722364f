# type1/traps.s - giving a trap to the guest.
#
# A system call of a guest program, a page fault that the guest's own tables are to blame for, an instruction that is
# illegal for the virtual mode too: these belong to the guest's kernel. The hypervisor does to the virtual hart what
# the hardware does to a real one that traps: epc, cause and tval, the stack of modes and interrupt enables in mstatus,
# the jump to the trap vector. All of it: a kernel that finds only the pc right goes astray.
#
# The convention for functions that "may trap": a0 = NO_TRAP, or the cause; a1 = the value for mtval.

        .equ    TRAPS_IN_A_ROW, 4               # without a single instruction between them: this goes on for ever

        .section .text

# trap_guest: the virtual hart traps at V_PC, with cause a0 (the top bit is set for an interrupt) and value a1.
trap_guest:
        lw      t0, V_RETIRED(s0)               # did it get anywhere since the last trap?
        lw      t1, V_TRAP_RETIRED(s0)
        sw      t0, V_TRAP_RETIRED(s0)
        lw      t2, V_TRAP_REPEATS(s0)
        addi    t2, t2, 1
        beq     t0, t1, 1f
        li      t2, 0
1:
        sw      t2, V_TRAP_REPEATS(s0)
        li      t0, TRAPS_IN_A_ROW
        bgeu    t2, t0, trap_loop

        lw      t0, V_PRIVILEGE(s0)             # who takes it? M, unless it has left this one to S
        li      t1, PRIV_M
        beq     t0, t1, trap_to_m
        .ifdef  NESTED
        lw      t1, V_INTERCEPTED(s0)           # what M has asked for it gets
        bnez    t1, trap_to_m
        .endif
        lw      t1, V_MEDELEG(s0)
        bgez    a0, 2f
        lw      t1, V_MIDELEG(s0)
2:
        srl     t1, t1, a0                      # a shift takes the low five bits: the number without the top bit
        andi    t1, t1, 1
        beqz    t1, trap_to_m

# trap_to_s: into virtual S mode from t0, which is S or U.
trap_to_s:
        lw      t1, V_PC(s0)
        sw      t1, V_SEPC(s0)
        sw      a0, V_SCAUSE(s0)
        sw      a1, V_STVAL(s0)
        lw      t1, V_MSTATUS(s0)
        andi    t2, t1, MSTATUS_SIE
        slli    t2, t2, 4                       # SIE's place to SPIE's
        slli    t3, t0, 8                       # SPP: S is 1, U is 0
        li      t4, ~(MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE)
        and     t1, t1, t4
        or      t1, t1, t2
        or      t1, t1, t3
        sw      t1, V_MSTATUS(s0)
        li      t0, PRIV_S
        lw      t1, V_STVEC(s0)
        j       trap_vector

# trap_to_m: into virtual M mode from t0.
trap_to_m:
        .ifdef  NESTED
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    block_store
        lw      ra, 12(sp)
        addi    sp, sp, 16
        lw      t0, V_PRIVILEGE(s0)
        .endif
        lw      t1, V_PC(s0)
        sw      t1, V_MEPC(s0)
        sw      a0, V_MCAUSE(s0)
        sw      a1, V_MTVAL(s0)
        lw      t1, V_MSTATUS(s0)
        andi    t2, t1, MSTATUS_MIE
        slli    t2, t2, 4
        slli    t3, t0, MSTATUS_MPP_LOW
        li      t4, ~(MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MIE)
        and     t1, t1, t4
        or      t1, t1, t2
        or      t1, t1, t3
        sw      t1, V_MSTATUS(s0)
        li      t0, PRIV_M
        lw      t1, V_MTVEC(s0)

# trap_vector: mode t0, and on to where the vector t1 leads.
trap_vector:
        sw      t0, V_PRIVILEGE(s0)
        andi    t2, t1, 1
        andi    t1, t1, ~3
        beqz    t2, 1f                          # direct: one handler for all
        bgez    a0, 1f
        slli    t2, a0, 2                       # vectored: one for each interrupt, 4 bytes apart
        add     t1, t1, t2
1:
        sw      t1, V_PC(s0)
        ret

# trap_loop: the handler itself traps, at its first instruction, again and again. On a real machine this would go on
# for ever; typically there is no handler at all and mtvec is 0.
trap_loop:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        mv      s1, a0
        li      a0, EXIT_DIED
        la      a1, text_trap_loop
        call    vm_end_with
        mv      a0, s1
        call    print_hex
        la      a0, text_at_pc
        call    print
        lw      a0, V_PC(s0)
        call    print_hex
        la      a0, text_newline
        call    print
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

        .section .rodata
text_trap_loop:
        .asciz  "runs wild: its trap handler traps before its first instruction is done, mcause "
text_at_pc:
        .asciz  ", pc "
