# type2/gates.s - the ways out of translated code.
#
# Translated code has no free register. It stores ra in the virtual CPU, and calls:
#
#       sw      ra, V_RA(zero)
#       jal     ra, callout                     an instruction that we have to emulate: the map knows which
#       lw      ra, V_RA(zero)                  and on
#
#       sw      ra, V_RA(zero)                  the end of a block. If the next one exists already, the first of these
#       jal     ra, block_exit                  words becomes a jump to it: the blocks are chained, and nobody comes
#       .word   the guest's next pc             here any more
#
#       ...     V_TARGET = the guest's next pc, where only the run can tell it: jalr
#       jal     ra, indirect
#
# The way in is `jr ra` for all. So each block has, before its first instruction, another: lw ra, V_RA(zero).

        .equ    BLOCK_ENTRY,    -4              # from the first instruction to that one

        .macro  save_registers                  # all but ra, which is saved
        .irp    n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sw      x\n, V + 4*\n(zero)
        .endr
        .endm

        .macro  load_registers
        .irp    n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        lw      x\n, V + 4*\n(zero)
        .endr
        .endm

        .section .text

callout:
        save_registers
        la      sp, stack_top
        mv      s1, ra                          # s1 = where the block goes on
        addi    a0, ra, -4
        call    origin
        andi    a0, a0, ~1
        sw      a0, V_PC(zero)
        call    emulate
        bnez    a0, dispatch                    # something is different now
        mv      ra, s1
        load_registers
        jr      ra

block_exit:
        save_registers
        la      sp, stack_top
        addi    s1, ra, -8                      # s1 = the first of the three words
        lw      a0, 0(ra)
        sw      a0, V_PC(zero)
        lw      s2, cache_flushes
        call    find_block
        beqz    a0, dispatch
        .if     CHAIN
        lw      t0, cache_flushes
        bne     t0, s2, enter_block             # the exit is gone itself: no room for both
        mv      s3, a0
        sub     a0, a0, s1
        call    jump_word                       # jal zero, to the block
        sw      a0, 0(s1)
        fence.i                                 # the hart shall see what we wrote
        mv      a0, s3
        .endif
        j       enter_block

# indirect: to the block of V_TARGET. This is how functions return, so it has to be fast: two spare registers, one look.
indirect:
        sw      t0, V_SPARE(zero)
        sw      t1, V_SPARE_2(zero)
        lw      t0, V_TARGET(zero)
        andi    t0, t0, ~1                      # as jalr does
        block_index t1, t0
        la      ra, blocks
        add     ra, ra, t1
        lw      t1, BLOCK_GUEST(ra)
        bne     t1, t0, 1f
        lw      ra, BLOCK_PLACE(ra)
        addi    ra, ra, BLOCK_ENTRY
        lw      t0, V_SPARE(zero)
        lw      t1, V_SPARE_2(zero)
        jr      ra
1:
        sw      t0, V_PC(zero)                  # not there (any more): the long way
        lw      t0, V_SPARE(zero)
        lw      t1, V_SPARE_2(zero)
        save_registers
        j       dispatch
