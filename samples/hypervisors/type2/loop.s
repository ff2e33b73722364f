# type2/loop.s - what to run next.

        .section .text

# dispatch: everything about the guest is in the virtual CPU. Go on with it: in a block of translated code if it is in
# M mode, in the other address space if it is in U mode.
dispatch:
        la      sp, stack_top
        call    take_interrupt                  # a trap into its kernel, if one is due
        lw      t0, V_PRIVILEGE(zero)
        bnez    t0, 2f
        j       run_program
2:
        lw      t0, V_MSTATUS(zero)             # could the clock interrupt its kernel?
        lw      t1, V_MIE(zero)
        andi    t0, t0, MSTATUS_MIE
        andi    t1, t1, IP_MTIP
        beqz    t0, 1f
        beqz    t1, 1f
        lw      a0, V_ALARM(zero)
        lw      a1, V_ALARM + 4(zero)
        host    HOST_ALARM
1:
        lw      a0, V_PC(zero)
        call    find_block
        beqz    a0, dispatch                    # there is no code there: the guest has a trap

# enter_block: run the block at a0, with the guest's registers.
enter_block:
        addi    ra, a0, BLOCK_ENTRY             # the way in for those who have ra in hand
        load_registers
        jr      ra
