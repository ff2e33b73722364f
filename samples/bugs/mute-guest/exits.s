# type1/exits.s - why was the guest left, and who is to deal with it?
#
#       a kernel instruction            emulate it                              type1/kernel.s
#       a page or access fault          fill the shadow, emulate a device, ...  type1/faults.s
#       an interrupt                    ours: the clock or the console
#       ecall, ebreak, all else         the guest's own business                type1/traps.s
#
# After that the guest goes on, if nothing speaks against it: `resume`.

        .equ    EXIT_COUNT, 16                  # rows of exit_table

        .section .text

# exit: s0 = the vCPU, V_CAUSE and V_VALUE say what happened. Ends in resume.
exit:
        lw      a0, V_CAUSE(s0)
        bltz    a0, exit_interrupt
        li      t0, EXIT_COUNT
        bgeu    a0, t0, hypervisor_fault        # there is no such exception
        la      t0, exit_table
        slli    a0, a0, 2
        add     t0, t0, a0
        lw      t0, 0(t0)
        jalr    t0                              # a0 = NO_TRAP, or a trap for the guest: cause a0, value a1
        li      t0, NO_TRAP
        beq     a0, t0, resume
        call    trap_guest
        j       resume

# exit_interrupt: one of our two interrupts. The clock needs no answer here: what is due - the guest's own alarm,
# another VM's turn - is found out by `resume`.
exit_interrupt:
        andi    a0, a0, 0xff
        li      t0, 11                          # external: the console
        bne     a0, t0, 1f
        call    console_interrupt
        j       resume
1:
        call    stuck_check                     # a good time to see whether it still gets anywhere
        # fall through

# resume: go on with the guest of s0, or with another one.
resume:
        lw      t0, V_STATE(s0)
        bnez    t0, 2f                          # it waits, or has ended
        .if     TIME_LIMIT
        call    limit_check
        bnez    a0, 2f
        .endif
        lw      t0, slice_is_shared
        beqz    t0, 1f
        rdtime  t0
        lw      t1, V_SLICE_END(s0)
        sub     t1, t1, t0
        blez    t1, 2f                          # its time is over
1:
        call    interrupts_deliver
        lw      t0, V_STATE(s0)
        bnez    t0, 2f                          # that has ended it
        j       world_enter
2:
        j       schedule

# What each exception means. The functions take V_CAUSE and V_VALUE, and may end in a trap for the guest.
exit_illegal:                                   # a kernel instruction, or nonsense
        lw      t0, cpu_has_block
        bnez    t0, kernel_decoded              # svm has decoded it for us
        lw      t0, V_VALUE(s0)
        sw      t0, V_INSTRUCTION(s0)
        lw      t0, V_PC(s0)
        sw      t0, V_NEXT_PC(s0)
        j       kernel_instruction

exit_ecall:                                     # the cause tells the guest which mode it *believes* it called from
        lw      a0, V_PRIVILEGE(s0)
        addi    a0, a0, CAUSE_ECALL_U           # 8 from U, 9 from S, 11 from M
        li      a1, 0
        ret

exit_reflect:                                   # the guest's own trap, as it is
        lw      a0, V_CAUSE(s0)
        lw      a1, V_VALUE(s0)
        ret

        .section .rodata
        .balign 4
exit_table:                                     # by mcause
        .word   exit_reflect                    # 0 misaligned fetch
        .word   memory_fault                    # 1 fetch access fault
        .word   exit_illegal                    # 2 illegal instruction
        .word   exit_reflect                    # 3 breakpoint
        .word   exit_reflect                    # 4 misaligned load
        .word   memory_fault                    # 5 load access fault
        .word   exit_reflect                    # 6 misaligned store
        .word   memory_fault                    # 7 store access fault
        .word   exit_ecall                      # 8 ecall from U
        .word   exit_ecall                      # 9 ecall from S
        .word   hypervisor_fault                # 10
        .word   hypervisor_fault                # 11 ecall from M
        .word   memory_fault                    # 12 fetch page fault
        .word   memory_fault                    # 13 load page fault
        .word   hypervisor_fault                # 14
        .word   memory_fault                    # 15 store page fault
