# type1/csrs.s - the CSRs of the virtual hart.
#
# They are a table. A row says which CSRs it is about, where the vCPU keeps the word, which bits software can write,
# and, for those that are more than a word, who reads and who writes it (type1/views.s). To give the virtual hart
# another CSR is to add a row. What is not in the table does not exist, and naming it is an illegal instruction: so
# the guest sees an ordinary CPU, without trap bitmap (but with NESTED: type1/nested.s).

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

        .ifdef  NESTED                                                  # later rows go before earlier ones
        csr     0xf13, 0xf13, V_X,              0, read_mimpid
        csr     MTRAPMAP, MTRAPMAP, V_TRAPMAP,  TRAPCAP
        csr     MVMCB, MVMCB, V_BLOCK,          ~3
        csr     MTRAPCAP, MTRAPCAP, V_X,        0, read_mtrapcap
        .endif
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
