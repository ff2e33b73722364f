# type2/csrs.s - the CSRs of the guest's hart, and the instructions that read and write them.

        .equ    ROW_FIRST,      0               # the number, or the first of several one after the other ...
        .equ    ROW_LAST,       2               # ... and the last
        .equ    ROW_FIELD,      4               # where the virtual CPU keeps it
        .equ    ROW_MASK,       8               # the bits that can be written
        .equ    ROW_BEFORE,     12              # a function to call before it is read, or 0
        .equ    ROW_AFTER,      16              # a function to call after it was written, or 0; a0 = as of emulate
        .equ    ROW_SIMPLE,     20              # needs no call (type2/inline.s): to read, or at all
        .equ    ROW_SIZE,       24
        .equ    SIMPLE_READ,    1
        .equ    SIMPLE_BOTH,    2

        .macro  csr first, last, field, mask, before=0, after=0, simple=0
        .half   \first, \last
        .word   \field, \mask, \before, \after, \simple
        .endm

        .section .rodata
        .balign 4
csr_table:
        csr     0x300, 0x300, V_MSTATUS, 0x1888, 0, status_written, SIMPLE_READ
        csr     0x341, 0x341, V_MEPC, ~3, 0, 0, SIMPLE_READ
        csr     0x342, 0x342, V_MCAUSE, -1, 0, 0, SIMPLE_BOTH
        csr     0x340, 0x340, V_MSCRATCH, -1, 0, 0, SIMPLE_BOTH
        csr     0x343, 0x343, V_MTVAL, -1, 0, 0, SIMPLE_BOTH
        csr     0x3b0, 0x3bf, V_PMPADDR, -1, 0, walls_written
        csr     0x3a0, 0x3a3, V_PMPCFG, 0x1f1f1f1f, 0, walls_written
        csr     0x304, 0x304, V_MIE, IP_MTIP | IP_MSIP, 0, interrupts_written, SIMPLE_READ
        csr     0x305, 0x305, V_MTVEC, ~2, 0, 0, SIMPLE_READ
        csr     0x306, 0x306, V_MCOUNTEREN, -1, 0, 0, SIMPLE_BOTH
        csr     0x301, 0x301, V_MISA, 0, 0, 0, SIMPLE_READ
        csr     0x310, 0x310, V_ZEROS, 0
        csr     0x344, 0x344, V_MIP, 0, time_update
        csr     0x320, 0x33f, V_ZEROS, 0
        csr     0xb00, 0xb00, V_TIME, 0, time_update
        csr     0xb02, 0xb02, V_TIME, 0, time_update
        csr     0xb80, 0xb80, V_TIME + 4, 0, time_update
        csr     0xb82, 0xb82, V_TIME + 4, 0, time_update
        csr     0xc00, 0xc00, V_TIME, 0, time_update
        csr     0xc01, 0xc01, V_TIME, 0, time_update
        csr     0xc02, 0xc02, V_TIME, 0, time_update
        csr     0xc80, 0xc80, V_TIME + 4, 0, time_update
        csr     0xc81, 0xc81, V_TIME + 4, 0, time_update
        csr     0xc82, 0xc82, V_TIME + 4, 0, time_update
        csr     0xf13, 0xf13, V_MIMPID, 0, 0, 0, SIMPLE_READ
        csr     0xf11, 0xf15, V_ZEROS, 0, 0, 0
        csr     0x7c0, 0x7c0, V_ZEROS, 0        # the trap bitmap of this generation: none
        csr     0xfc0, 0xfc0, V_ZEROS, 0
csr_table_end:

        .section .text

# find_csr: a0 = the row of the CSR a0, 0 if the guest has no such thing. a1 = how far it is behind the row's first.
find_csr:
        la      t0, csr_table
        la      t1, csr_table_end
1:
        lhu     t2, ROW_FIRST(t0)
        lhu     t3, ROW_LAST(t0)
        sub     a1, a0, t2
        sub     t3, t3, t2
        bleu    a1, t3, 2f
        addi    t0, t0, ROW_SIZE
        bltu    t0, t1, 1b
        li      a0, 0
        ret
2:
        mv      a0, t0
        ret

# csr_instruction: the rest of `emulate` for the CSR instruction a0.
csr_instruction:
        addi    sp, sp, -32
        sw      s1, 28(sp)
        sw      s2, 24(sp)
        sw      s3, 20(sp)
        sw      s4, 16(sp)
        sw      s5, 12(sp)
        mv      s1, a0                          # s1 = the instruction
        srli    a0, a0, 20
        call    find_csr
        beqz    a0, csr_illegal
        mv      s2, a0                          # s2 = the row
        lw      s3, ROW_FIELD(a0)
        slli    a1, a1, 2
        add     s3, s3, a1                      # s3 = where it is kept

        srli    t0, s1, 15
        andi    t0, t0, 31                      # rs1, or the immediate
        srli    s5, s1, 12
        andi    s5, s5, 3                       # s5 = 1 write, 2 set, 3 clear
        beqz    s5, csr_illegal                 # no such instruction
        li      t1, 1
        beq     s5, t1, 1f
        bnez    t0, 1f
        li      s5, 0                           # set or clear of nothing: does not write
1:
        srli    t1, s1, 30                      # bits 11 and 10 of the number: ones if it can only be read
        addi    t1, t1, -3
        bnez    t1, 2f
        bnez    s5, csr_illegal
2:
        srli    t1, s1, 14
        andi    t1, t1, 1
        mv      s4, t0
        bnez    t1, 3f
        slli    t0, t0, 2
        beqz    t0, 3f
        lw      s4, V(t0)                       # s4 = the operand
3:
        lw      t1, ROW_BEFORE(s2)
        beqz    t1, 4f
        jalr    t1
4:
        lw      t0, 0(s3)                       # the old value
        srli    t1, s1, 7
        andi    t1, t1, 31
        beqz    t1, 5f
        slli    t1, t1, 2
        sw      t0, V(t1)
5:
        li      a0, 0
        beqz    s5, csr_done
        addi    t1, s5, -2
        bltz    t1, 7f                          # write: the operand
        beqz    t1, 6f
        not     s4, s4                          # clear: what is not in the operand stays
        and     s4, s4, t0
        j       7f
6:
        or      s4, s4, t0                      # set
7:
        xor     s4, s4, t0                      # change the bits of the mask
        lw      t1, ROW_MASK(s2)
        and     s4, s4, t1
        xor     t0, t0, s4
        sw      t0, 0(s3)
        lw      t1, ROW_AFTER(s2)
        beqz    t1, csr_done
        jalr    t1
csr_done:
        call    csr_restore
        j       1f
csr_illegal:
        mv      a0, s1
        call    csr_restore
        j       emulate_illegal
1:
        bnez    a0, elsewhere
        j       emulated
csr_restore:
        lw      s1, 28(sp)
        lw      s2, 24(sp)
        lw      s3, 20(sp)
        lw      s4, 16(sp)
        lw      s5, 12(sp)
        addi    sp, sp, 32
        ret

# status_written: MPP can only be M or U. Interrupts may be on now.
status_written:
        lw      t0, V_MSTATUS(zero)
        li      t1, MSTATUS_MPP
        and     t2, t0, t1
        beq     t2, t1, interrupts_written
        not     t1, t1
        and     t0, t0, t1
        sw      t0, V_MSTATUS(zero)
interrupts_written:
        lw      t0, V_MSTATUS(zero)
        andi    a0, t0, MSTATUS_MIE             # not 0: look around before going on
        ret

# walls_written: the PMP has changed.
walls_written:
        li      t0, 1
        sw      t0, V_STALE(zero)
        li      a0, 0
        ret
