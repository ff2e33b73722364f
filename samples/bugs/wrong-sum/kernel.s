# type1/kernel.s - emulating kernel instructions: the heart of trap and emulate.
#
# The instruction has trapped because the guest issued it in user mode. The question is never what the *real* mode
# allows - in it the instruction is forbidden, that is why we are here - but what the *virtual* one does: in virtual
# M mode `csrw mtvec, t0` sets the virtual mtvec, in virtual U mode it is an illegal instruction, and the guest's
# kernel gets that trap from us just as it would get it from the hardware.
#
# What the real instruction would have done to the hart is done to the vCPU. Then the guest goes on behind it.

        .equ    WORD_MRET,      0x30200073
        .equ    WORD_SRET,      0x10200073
        .equ    WORD_WFI,       0x10500073
        .equ    WORD_SFENCE,    0x12000073
        .equ    MASK_SFENCE,    0xfe007fff      # all but rs1 and rs2
        .equ    OPCODE_SYSTEM,  0x73

        .equ    EXIT_MRET,      17              # trap bits as exit codes of svm; those below are CSR instructions
        .equ    EXIT_SRET,      18
        .equ    EXIT_WFI,       19
        .equ    EXIT_SFENCE,    20

        .section .text

# kernel_instruction: emulate V_INSTRUCTION, which lies at V_PC; V_NEXT_PC is the pc behind it. May trap: then
# a0 = the cause, a1 = the value for mtval; else a0 = NO_TRAP and the instruction is done.
kernel_instruction:
        lw      a0, V_INSTRUCTION(s0)
        andi    t0, a0, 0x7f
        li      t1, OPCODE_SYSTEM
        bne     t0, t1, illegal_for_guest
        srli    t0, a0, 12
        andi    t0, t0, 7                       # funct3
        li      t1, 4
        beq     t0, t1, illegal_for_guest
        bnez    t0, csr_instruction
        li      t0, WORD_MRET
        beq     a0, t0, emulate_mret
        li      t0, WORD_SRET
        beq     a0, t0, emulate_sret
        li      t0, WORD_WFI
        beq     a0, t0, emulate_wfi
        li      t0, MASK_SFENCE
        and     t0, a0, t0
        li      t1, WORD_SFENCE
        beq     t0, t1, emulate_sfence
        # fall through: not an instruction at all

# illegal_for_guest: the virtual hart does not take this instruction either.
illegal_for_guest:
        li      a0, CAUSE_ILLEGAL
        lw      a1, V_INSTRUCTION(s0)
        ret

        .ifdef  NESTED
# refused_for_guest: the virtual mode may not do this. A vt or svm ignores it then, and goes on.
refused_for_guest:
        lw      t0, virtual_cpu
        beqz    t0, illegal_for_guest
        j       done

        .macro  intercept bit                   # leaves if the guest's own bitmap has the bit
        li      t0, 1 << \bit
        jal     t4, intercepted
        .endm
        .else
        .equ    refused_for_guest, illegal_for_guest

        .macro  intercept bit
        .endm
        .endif

# kernel_decoded: the same on svm, where the hardware has written into the control block which class of instruction
# this was, the instruction, and the pc behind it. No decoding, no guessing.
kernel_decoded:
        la      t0, control_block
        lw      t1, BLOCK_WORD(t0)
        sw      t1, V_INSTRUCTION(s0)
        lw      t1, BLOCK_NEXT_PC(t0)
        sw      t1, V_NEXT_PC(s0)
        lw      t1, BLOCK_EXIT(t0)
        li      t0, EXIT_MRET
        bltu    t1, t0, csr_instruction
        beq     t1, t0, emulate_mret
        li      t0, EXIT_SRET
        beq     t1, t0, emulate_sret
        li      t0, EXIT_WFI
        beq     t1, t0, emulate_wfi
        li      t0, EXIT_SFENCE
        beq     t1, t0, emulate_sfence
        j       kernel_instruction              # not trapped by the bitmap: illegal by itself, most likely

# emulate_mret: back from a trap to virtual M. The virtual mode comes from the virtual MPP, the pc from the virtual
# mepc, and the interrupt enable is unstacked.
emulate_mret:
        intercept EXIT_MRET
        lw      t0, V_PRIVILEGE(s0)
        li      t1, PRIV_M
        bne     t0, t1, refused_for_guest
        lw      t0, V_MSTATUS(s0)
        srli    t2, t0, MSTATUS_MPP_LOW
        andi    t2, t2, 3                       # t2 = the mode to go to
        .ifdef  NESTED
        jal     t4, block_load
        .endif
        sw      t2, V_PRIVILEGE(s0)
        andi    t3, t0, MSTATUS_MPIE
        srli    t3, t3, 4                       # MPIE's place to MIE's
        li      t4, ~(MSTATUS_MPP | MSTATUS_MIE)
        and     t0, t0, t4
        or      t0, t0, t3
        ori     t0, t0, MSTATUS_MPIE
        lw      t3, V_MEPC(s0)
        # fall through

# xret_finish: mstatus = t0, unless MPRV has to go; mode t2; on to t3. Returning counts as an instruction.
xret_finish:
        li      t4, PRIV_M
        beq     t2, t4, 1f
        li      t4, ~MSTATUS_MPRV
        and     t0, t0, t4
1:
        sw      t0, V_MSTATUS(s0)
        sw      t3, V_NEXT_PC(s0)
        j       done

# emulate_sret: back from a trap to virtual S.
emulate_sret:
        intercept EXIT_SRET
        lw      t0, V_MSTATUS(s0)
        li      t1, MSTATUS_TSR
        jal     t4, need_supervisor
        andi    t2, t0, MSTATUS_SPP
        srli    t2, t2, 8
        .ifdef  NESTED
        jal     t4, block_load
        .endif
        sw      t2, V_PRIVILEGE(s0)
        andi    t3, t0, MSTATUS_SPIE
        srli    t3, t3, 4
        andi    t0, t0, ~MSTATUS_SIE
        li      t4, ~MSTATUS_SPP
        and     t0, t0, t4
        or      t0, t0, t3
        ori     t0, t0, MSTATUS_SPIE
        lw      t3, V_SEPC(s0)
        j       xret_finish

# emulate_wfi: sleep until an interrupt that mie enables is pending, whether it will be taken or not.
emulate_wfi:
        intercept EXIT_WFI
        lw      t0, V_MSTATUS(s0)
        li      t1, MSTATUS_TW
        jal     t4, need_supervisor
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    interrupts_pending
        lw      ra, 12(sp)
        addi    sp, sp, 16
        bnez    a0, done
        j       vm_wait

# emulate_sfence: sfence.vma rs1, rs2. We keep one address space at a time, so rs2, the ASID, makes no difference.
emulate_sfence:
        intercept EXIT_SFENCE
        lw      t0, V_MSTATUS(s0)
        li      t1, MSTATUS_TVM
        jal     t4, need_supervisor
        # fall through

# done: the instruction has been emulated; no trap.
done:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    retire
        lw      ra, 12(sp)
        addi    sp, sp, 16
        li      a0, NO_TRAP
        ret

# need_supervisor: sret, wfi and sfence.vma are for S and M, and M can keep S from them by a bit of mstatus.
# t0 = mstatus, t1 = that bit. Comes back to t4, or leaves for refused_for_guest. (To be called by jal: the pseudo-
# instruction call would use t1 on its way here.)
need_supervisor:
        lw      t2, V_PRIVILEGE(s0)
        beqz    t2, refused_for_guest
        li      t3, PRIV_M
        beq     t2, t3, 1f
        and     t1, t0, t1
        bnez    t1, refused_for_guest
1:
        jr      t4
