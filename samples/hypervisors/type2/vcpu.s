# type2/vcpu.s - the virtual CPU: a table in the last page of the address space.
#
# From -2048 to -1: every field is the offset of a load or store with base register zero, in the hypervisor and in
# translated code alike. The page is one of our own memory, mapped there once more (type2/boot.s).

        .equ    V,              -2048           # a frame of the host's comes first: pc, x1 to x31, cause, value
        .equ    V_PC,           V + FRAME_PC
        .equ    V_RA,           V + 4 * 1
        .equ    V_CAUSE,        V + FRAME_CAUSE # why the host ended a run
        .equ    V_VALUE,        V + FRAME_VALUE
        .equ    V_TARGET,       V + FRAME_SIZE  # where an indirect jump goes
        .equ    V_SPARE,        V_TARGET + 4    # for gates and translations, a moment long
        .equ    V_SPARE_2,      V_SPARE + 4
        .equ    V_PRIVILEGE,    V_SPARE_2 + 4   # PRIV_M or PRIV_U
        .equ    V_STALE,        V_PRIVILEGE + 4 # not 0: the PMP has changed since the last program ran
        .equ    V_ALARM,        V_STALE + 4     # mtimecmp, 64 bits
        .equ    V_TIME,         V_ALARM + 8     # the clock when we last looked, 64 bits

        .equ    V_MSTATUS,      V_TIME + 8
        .equ    V_MISA,         V_MSTATUS + 4
        .equ    V_MIE,          V_MISA + 4
        .equ    V_MTVEC,        V_MIE + 4
        .equ    V_MCOUNTEREN,   V_MTVEC + 4
        .equ    V_MSCRATCH,     V_MCOUNTEREN + 4
        .equ    V_MEPC,         V_MSCRATCH + 4
        .equ    V_MCAUSE,       V_MEPC + 4
        .equ    V_MTVAL,        V_MCAUSE + 4
        .equ    V_MIP,          V_MTVAL + 4
        .equ    V_MIMPID,       V_MIP + 4
        .equ    V_PMPCFG,       V_MIMPID + 4    # 4 words
        .equ    V_PMPADDR,      V_PMPCFG + 16   # 16 words
        .equ    V_ZEROS,        V_PMPADDR + 64  # 32 words that stay 0: CSRs without a meaning here
        .equ    V_END,          V_ZEROS + 128

        .if     V_END > 0
        .error  "the virtual CPU does not fit below the end of the addresses"
        .endif

        .section .bss
        .balign 4096
vcpu_page:
        .space  4096
        .equ    VCPU,           vcpu_page + 2048    # where the host finds it, in our own memory
