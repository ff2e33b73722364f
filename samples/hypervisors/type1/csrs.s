# type1/csrs.s - emulating CSR instructions.
#
# The CSRs of the virtual hart are a table. A row says which CSRs it is about, where the vCPU keeps the word, which
# bits software can write, and, for those that are more than a word, who reads and who writes it (type1/views.s).
# To give the virtual hart another CSR is to add a row. What is not in the table does not exist, and naming it is
# an illegal instruction: so the guest sees an ordinary CPU, without trap bitmap.

        .equ    ROW_FIRST,      0               # the first CSR's number
        .equ    ROW_LAST,       4               # the last one's
        .equ    ROW_FIELD,      8               # the word in the vCPU
        .equ    ROW_MASK,       12              # the bits that a write changes; the others stay as they are
        .equ    ROW_READ,       16              # 0, or a function: a0 = what is read, a1 = what set and clear start from
        .equ    ROW_WRITE,      20              # 0, or a function that takes the new value in a0
        .equ    ROW_SIZE,       24              # both also get a2 = the CSR's number less ROW_FIRST

        .macro  csr first, last, field, mask, read=0, write=0
        .word   \first, \last, \field, \mask, \read, \write
        .endm

        # For CSRs that are always zero: x0's word, and nothing of it can be written.
        .macro  csr_zero first, last
        csr     \first, \last, V_X, 0
        .endm

        .section .rodata
        .balign 4
csr_table:
        csr     0x300, 0x300, V_MSTATUS,        0x007e79aa, read_mstatus, write_mstatus
        csr     0x301, 0x301, V_X,              0, read_misa            # misa
        csr     0x302, 0x302, V_MEDELEG,        0x0000b3ff
        csr     0x303, 0x303, V_MIDELEG,        IP_S_ALL
        csr     0x304, 0x304, V_MIE,            0x00000aaa
        csr     0x305, 0x305, V_MTVEC,          0xfffffffd
        csr     0x306, 0x306, V_MCOUNTEREN,     0xffffffff
        csr     0x30a, 0x30a, V_MENVCFG,        0x00000001
        csr_zero 0x310, 0x310                                           # mstatush
        csr_zero 0x31a, 0x31a                                           # menvcfgh
        csr     0x320, 0x320, V_MCOUNTINHIBIT,  0xfffffffd, 0, write_mcountinhibit
        csr_zero 0x323, 0x33f                                           # mhpmevent3 to 31
        csr     0x340, 0x340, V_MSCRATCH,       0xffffffff
        csr     0x341, 0x341, V_MEPC,           0xfffffffc
        csr     0x342, 0x342, V_MCAUSE,         0xffffffff
        csr     0x343, 0x343, V_MTVAL,          0xffffffff
        csr     0x344, 0x344, V_MIP,            IP_S_ALL, read_mip

        csr     0x100, 0x100, V_MSTATUS,        0x000c6122, read_sstatus
        csr     0x104, 0x104, V_MIE,            IP_S_ALL, read_sie, write_sie
        csr     0x105, 0x105, V_STVEC,          0xfffffffd
        csr     0x106, 0x106, V_SCOUNTEREN,     0xffffffff
        csr     0x10a, 0x10a, V_SENVCFG,        0x00000001
        csr     0x140, 0x140, V_SSCRATCH,       0xffffffff
        csr     0x141, 0x141, V_SEPC,           0xfffffffc
        csr     0x142, 0x142, V_SCAUSE,         0xffffffff
        csr     0x143, 0x143, V_STVAL,          0xffffffff
        csr     0x144, 0x144, V_MIP,            IP_SSIP, read_sip, write_sip
        csr     0x180, 0x180, V_SATP,           0xffffffff, 0, write_satp

        csr     0x3a0, 0x3a3, V_X,              0, read_pmpcfg, write_pmpcfg
        csr_zero 0x3a4, 0x3af                                           # pmpcfg4 to 15
        csr     0x3b0, 0x3bf, V_X,              0, read_pmpaddr, write_pmpaddr
        csr_zero 0x3c0, 0x3ef                                           # pmpaddr16 to 63

        csr     0xb00, 0xb00, V_CYCLE_OFFSET,   0, read_mcycle, write_mcycle
        csr     0xb02, 0xb02, V_INSTRET_OFFSET, 0, read_minstret, write_minstret
        csr     0xb80, 0xb80, V_CYCLE_OFFSET,   0, read_mcycleh, write_mcycleh
        csr     0xb82, 0xb82, V_INSTRET_OFFSET, 0, read_minstreth, write_minstreth
        csr     0xc00, 0xc00, V_X,              0, read_mcycle          # cycle
        csr     0xc01, 0xc01, V_MTIME,          0                       # time
        csr     0xc02, 0xc02, V_X,              0, read_minstret        # instret
        csr     0xc80, 0xc80, V_X,              0, read_mcycleh
        csr     0xc81, 0xc81, V_MTIME + 4,      0
        csr     0xc82, 0xc82, V_X,              0, read_minstreth
        csr_zero 0xb03, 0xb1f                                           # mhpmcounter3 to 31 ...
        csr_zero 0xb83, 0xb9f
        csr_zero 0xc03, 0xc1f
        csr_zero 0xc83, 0xc9f

        csr_zero 0xf11, 0xf15                                           # mvendorid ... mhartid 0, mconfigptr
        csr_zero 0x7a0, 0x7a3                                           # tselect, tdata1 to 3: no triggers
csr_table_end:

        .section .bss
csr_index:                                      # a byte a CSR number: which row it has, counted from 1; 0 is none
        .space  4096

        .section .text

# csrs_init: build the index, so that finding a row takes no search.
csrs_init:
        la      t0, csr_table
        la      t1, csr_table_end
        la      t2, csr_index
        li      t3, 1
1:
        lw      t4, ROW_FIRST(t0)
        lw      t5, ROW_LAST(t0)
2:
        add     t6, t2, t4
        sb      t3, 0(t6)
        addi    t4, t4, 1
        bleu    t4, t5, 2b
        addi    t3, t3, 1
        addi    t0, t0, ROW_SIZE
        bltu    t0, t1, 1b
        ret

# csr_instruction: csrrw, csrrs, csrrc and their immediate forms. May trap.
#
# The order matters: all of the old value and of the operand is taken before anything is changed, because the CSR
# may be rd's or rs1's neighbour (csrrw t0, mscratch, t0 swaps). A set or clear of no bits (rs1 = x0) does not write
# at all, a csrrw to x0 does not read.
csr_instruction:
        addi    sp, sp, -48
        sw      ra, 44(sp)
        sw      s1, 40(sp)
        sw      s2, 36(sp)
        sw      s3, 32(sp)
        sw      s4, 28(sp)
        sw      s5, 24(sp)
        sw      s6, 20(sp)

        lw      s1, V_INSTRUCTION(s0)
        srli    s2, s1, 20                      # s2 = the CSR's number
        la      t0, csr_index
        add     t0, t0, s2
        lbu     t0, 0(t0)
        beqz    t0, csr_illegal                 # there is none
        addi    t0, t0, -1
        li      t1, ROW_SIZE
        mul     t0, t0, t1
        la      s3, csr_table
        add     s3, s3, t0                      # s3 = its row

        lw      t0, V_PRIVILEGE(s0)             # bits 9 and 8 of the number: the least mode that may use it
        srli    t1, s2, 8
        andi    t1, t1, 3
        bltu    t0, t1, csr_illegal
        li      t1, PRIV_M
        beq     t0, t1, 1f
        call    csr_gate                        # below M, some have a gate of their own
        beqz    a0, csr_illegal
1:
        srli    s4, s1, 12
        andi    s4, s4, 7                       # s4 = funct3: 1 write, 2 set, 3 clear; 4 more: immediate
        srli    t0, s1, 15
        andi    t0, t0, 31                      # rs1, or the immediate
        andi    s6, s4, 3
        addi    t1, s6, -1
        seqz    t1, t1
        snez    t2, t0
        or      t2, t1, t2                      # does it write? csrrw always, the others if rs1 is not 0
        srli    t1, s2, 10
        addi    t1, t1, -3
        snez    t1, t1                          # is it writable? not if bits 11 and 10 are ones
        andi    t4, s4, 4
        bnez    t4, 2f
        slli    t0, t0, 2
        add     t0, t0, s0
        lw      t0, 0(t0)                       # a register: its value
2:
        mv      s5, t0                          # s5 = the operand
        beqz    t2, 3f
        beqz    t1, csr_illegal                 # a write to a read-only CSR
3:
        mv      s4, t2                          # s4 = whether it writes

        lw      t0, ROW_READ(s3)                # the old value. Reading has no effect here, so we always do it
        beqz    t0, 4f
        lw      a2, ROW_FIRST(s3)
        sub     a2, s2, a2
        jalr    t0
        j       5f
4:
        lw      t0, ROW_FIELD(s3)
        add     t0, t0, s0
        lw      a0, 0(t0)
        mv      a1, a0
5:
        mv      t6, a0                          # what rd gets
        beqz    s4, 9f                          # no write

        li      t0, 1
        beq     s6, t0, 6f
        li      t0, 2
        beq     s6, t0, 7f
        not     s5, s5                          # clear
        and     s5, a1, s5
        j       6f
7:
        or      s5, a1, s5                      # set
6:
        srli    s1, s1, 7                       # s1 = rd, already: the write may be of anything
        andi    s1, s1, 31
        sw      t6, 16(sp)
        mv      a0, s5
        lw      t0, ROW_WRITE(s3)
        beqz    t0, 8f
        lw      a2, ROW_FIRST(s3)
        sub     a2, s2, a2
        lw      a3, ROW_MASK(s3)
        jalr    t0
        j       10f
8:
        lw      t0, ROW_FIELD(s3)               # an ordinary word: change the bits of the mask
        add     t0, t0, s0
        lw      t1, 0(t0)
        lw      t2, ROW_MASK(s3)
        xor     a0, a0, t1
        and     a0, a0, t2
        xor     t1, t1, a0
        sw      t1, 0(t0)
10:
        lw      t6, 16(sp)
        j       11f
9:
        srli    s1, s1, 7
        andi    s1, s1, 31
11:
        beqz    s1, 12f                         # rd = x0
        slli    s1, s1, 2
        add     s1, s1, s0
        sw      t6, 0(s1)
12:
        call    done                            # a0 = NO_TRAP
        j       csr_return
csr_illegal:
        call    illegal_for_guest
csr_return:
        lw      ra, 44(sp)
        lw      s1, 40(sp)
        lw      s2, 36(sp)
        lw      s3, 32(sp)
        lw      s4, 28(sp)
        lw      s5, 24(sp)
        lw      s6, 20(sp)
        addi    sp, sp, 48
        ret

# csr_gate: a0 = 1 if the guest, below M, may use CSR s2. M can close satp to S (TVM), and the user counters to both.
csr_gate:
        li      a0, 1
        li      t0, 0x180
        beq     s2, t0, 1f
        srli    t0, s2, 8
        li      t1, 0xc
        bne     t0, t1, 3f                      # not a counter: 0xc00 to 0xcff
        lw      t1, V_MCOUNTEREN(s0)
        lw      t2, V_PRIVILEGE(s0)
        bnez    t2, 2f
        lw      t2, V_SCOUNTEREN(s0)            # for U both have to be open
        and     t1, t1, t2
2:
        srl     t1, t1, s2                      # a bit a counter: the number's low five bits
        andi    a0, t1, 1
        ret
1:
        lw      t0, V_MSTATUS(s0)
        li      t1, MSTATUS_TVM
        and     t0, t0, t1
        seqz    a0, t0
3:
        ret
