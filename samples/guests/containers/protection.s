# containers/protection.s - in place of tinyos/protection.s: the walls between processes, and between containers.
#
# The walls between processes are the PMP's, as in tinyos. Two things are new.
#
#       entry 0     the slot of the current process     read, write, execute
#       entry 1     its container's shared page         read, write
#       entry 2     the page tables                     read: the hart looks them up with the rights of S mode
#       entry 4-7   its blocks of the pool              read, write
#
# One address, two pages. All programs call the shared page SHARED, whatever container they are in. So programs run
# with address translation: every address means itself, but SHARED means the page of the container that runs. This one
# line of the page table is the container's view of memory. The kernel, in M mode, is not translated.

        .include "tinyos/pmp.s"                 # the bits of an entry: definitions only

        .equ    PMP_SLOT,       PMP_NAPOT | PMP_R | PMP_W | PMP_X
        .equ    PMP_DATA,       PMP_NAPOT | PMP_R | PMP_W
        .equ    PMP_TABLES,     PMP_NAPOT | PMP_R

        .equ    TABLES,         0x80034000      # two pages: the root table, and the table of the megapage of RAM
        .equ    TABLE_SIZE,     0x1000
        .equ    RAM_TABLE,      TABLES + TABLE_SIZE
        .equ    RAM_ENTRY,      TABLES + (SLOTS >> 22) * 4                      # in the root table
        .equ    SHARED_ENTRY,   RAM_TABLE + ((SHARED >> 12) & 0x3ff) * 4
        .equ    TABLES_ENTRY,   RAM_TABLE + ((TABLES >> 12) & 0x3ff) * 4        # and the next one

        .equ    PTE_VALID,      1
        .equ    PTE_OPEN,       0xdf            # V, R, W, X, U; A and D, so that the hart has nothing to write
        .equ    SATP_SV32,      1 << 31

        .section .text

protection_init:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        li      a0, SHARED + SHARED_SIZE        # tinyos has cleared the first shared page; these are the others
        li      a1, SHARED + CONTAINERS * SHARED_SIZE
        call    zero_memory

        li      t0, (TABLES >> 2) | (2 * TABLE_SIZE / 8 - 1)
        csrw    pmpaddr2, t0
        li      t0, PMP_TABLES << 16 | PMP_DATA << 8 | PMP_SLOT
        csrw    pmpcfg0, t0
        li      t0, PMP_DATA * 0x01010101
        csrw    pmpcfg1, t0

        li      a0, TABLES                      # the root table: every megapage is where it is. An entry holds
        li      a1, PTE_OPEN                    # the address divided by 4, and so the next one is 2**20 more
        li      a2, 1 << 20
        call    fill_table
        li      a0, RAM_TABLE                   # the same for the pages of one megapage
        li      a1, (SLOTS >> 22 << 20) | PTE_OPEN
        li      a2, 1 << 10
        call    fill_table
        li      t0, (RAM_TABLE >> 2) | PTE_VALID
        li      t1, RAM_ENTRY
        sw      t0, 0(t1)
        li      t1, TABLES_ENTRY                # nobody reads the tables but the hart
        sw      zero, 0(t1)
        sw      zero, 4(t1)
        li      t0, SATP_SV32 | (TABLES >> 12)
        csrw    satp, t0
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# fill_table: the entries of the table a0 become a1, a1 + a2, a1 + 2 a2, ...
fill_table:
        li      t0, TABLE_SIZE
        add     t0, t0, a0
1:
        sw      a1, 0(a0)
        add     a1, a1, a2
        addi    a0, a0, 4
        bltu    a0, t0, 1b
        ret

# protection_switch: the process s0 is about to run: open its slot, at address a0, its blocks and the shared page of
# its container, and so close what was open.
protection_switch:
        mv      t2, ra
        mv      t0, a0
        call    opened_by_slot
        .irp    n, 4,5,6,7
        lw      t1, 4 * (\n - 4)(t0)
        csrw    pmpaddr\n, t1
        .endr
        call    container_of
        mv      ra, t2
        srli    a0, a0, 2
        ori     a0, a0, SLOT_SIZE / 8 - 1
        csrw    pmpaddr0, a0
        lw      t0, C_SHARED(t0)
        srli    t0, t0, 2
        ori     t1, t0, SHARED_SIZE / 8 - 1
        csrw    pmpaddr1, t1
        ori     t0, t0, PTE_OPEN
        li      t1, SHARED_ENTRY
        sw      t0, 0(t1)
        sfence.vma                              # the hart may keep old answers of both: forget them
        ret
