# type1/shadow.s - shadow page tables: the tables that the hardware walks while a guest runs.
#
# The guest believes that its memory begins at 0x8000_0000. It does not: each VM has a piece of real memory of its
# own. So whatever the guest does, the hardware translates by tables of ours, which lead from the guest's addresses
# to the real ones, and to nothing else. An entry of a shadow table says three things at once:
#
#       where           what the guest's tables say (type1/walk.s), if it uses any, and where its memory really is
#       what            the rights that its tables *and* its PMP (type1/pmp.s) give: what one forbids is forbidden
#       for whom        U or S. Of the guest, M and S run in real S mode, U in real U mode
#
# The tables start empty. The first access to a page faults, and then it is mapped, or not (type1/faults.s).
#
# Guests change mode often, and in each mode memory looks different. So there are several roots, in the first of the
# VM's pages for tables, and a change of mode is a change of the real satp:
#
#       ROOT_M          M: physical addresses, pages for S
#       ROOT_S          S without paging: as M, but the PMP gives other rights
#       ROOT_U          U without paging: pages for U
#       ROOT_PAGED      S and U with paging: the U bits are those of the guest's tables
#       ROOT_MPRV       M that loads and stores as another mode (MPRV): code can be fetched, all data is emulated
#
# What was filled is to be dropped when the rules change: the PMP's when an entry is written, the guest's tables'
# when it says sfence.vma or writes satp. That is no more than the guest owes to a real hart, which also keeps
# translations. It is noted in V_STALE and done when the root is needed again.
#
# Each root has a log of the entries that were written since it was empty, so that dropping a few of them is cheap.
# When the log or the memory for tables is too small we begin again with nothing: it only costs time.

        .equ    LOG_SHIFT,      7               # a log is 32 words: how many entries it has ...
        .equ    LOG_SIZE,       31              # ... and the addresses of up to so many
        .equ    V_LOGS,         V_SHADOW + 32   # the logs of all roots

        .equ    PTE_DIVIDED,    1 << 8          # in a pointer of ours (a bit that hardware leaves to software): its
                                                # table holds pieces of 4 MiB that the guest maps by one entry
        .equ    BIG_PAGE,       1 << 22         # what one entry of a root can map: 4 MiB

        .section .text

# shadow_init: all tables are empty. V_TABLES is set.
shadow_init:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        lw      s1, V_TABLES(s0)
        addi    s2, s0, V_LOGS
        li      t0, ROOTS
        sw      t0, V_TABLES_USED(s0)           # the first pages are the roots
        sw      zero, V_STALE(s0)
1:
        mv      a0, s1
        call    clear_page
        sw      zero, 0(s2)
        li      t0, PAGE_SIZE
        add     s1, s1, t0
        addi    s2, s2, 1 << LOG_SHIFT
        addi    t0, s0, V_LOGS + (ROOTS << LOG_SHIFT)
        bne     s2, t0, 1b
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        addi    sp, sp, 16
        ret

# clear_page: fill the page at a0 with zeros.
clear_page:
        li      t0, PAGE_SIZE
        add     t0, a0, t0
1:
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sw      zero, 4*\n(a0)
        .endr
        addi    a0, a0, 128
        bne     a0, t0, 1b
        ret

# shadow_root: a0 = the real satp for the guest as it stands, a1 = the number of the root, which is up to date.
shadow_root:
        mv      t6, ra
        call    guest_root
        mv      ra, t6
        lw      t0, V_STALE(s0)
        srl     t1, t0, a1
        andi    t1, t1, 1
        bnez    t1, shadow_renew
shadow_satp:
        lw      a0, V_TABLES(s0)
        srli    a0, a0, 12
        add     a0, a0, a1
        li      t0, SATP_SV32
        or      a0, a0, t0
        ret

# shadow_renew: empty the root a1 and go on in shadow_root.
shadow_renew:
        li      t1, 1
        sll     t1, t1, a1
        xor     t0, t0, t1
        sw      t0, V_STALE(s0)
        slli    t0, a1, LOG_SHIFT
        add     t0, t0, s0
        addi    t0, t0, V_LOGS                  # t0 = its log
        lw      t1, 0(t0)
        li      t2, LOG_SIZE
        bgtu    t1, t2, 2f                      # more than the log could take
        sw      zero, 0(t0)
        slli    t1, t1, 2
        add     t1, t1, t0                      # t1 = the last place that is used
        beq     t0, t1, shadow_satp
1:
        addi    t0, t0, 4
        lw      t2, 0(t0)
        sw      zero, 0(t2)
        bne     t0, t1, 1b
        j       shadow_satp
2:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      a1, 8(sp)
        call    shadow_init
        lw      ra, 12(sp)
        lw      a1, 8(sp)
        addi    sp, sp, 16
        j       shadow_satp

# shadow_drop_all: the guest has changed its page tables, or chosen others.
shadow_drop_all:
        lw      t0, V_STALE(s0)
        ori     t0, t0, 1 << ROOT_PAGED
        sw      t0, V_STALE(s0)
        ret

# shadow_drop: the guest has changed the entry for the address a0 in its page tables.
shadow_drop:
        lw      t0, V_TABLES(s0)
        li      t1, ROOT_PAGED * PAGE_SIZE
        add     t0, t0, t1
        srli    t1, a0, 22
        slli    t1, t1, 2
        add     t0, t0, t1                      # t0 = the entry in the root
        lw      t1, 0(t0)
        andi    t2, t1, PTE_V
        beqz    t2, 2f                          # nothing there
        andi    t2, t1, PTE_RWX
        bnez    t2, 1f                          # 4 MiB in one piece
        andi    t2, t1, PTE_DIVIDED
        bnez    t2, shadow_drop_all             # 4 MiB in many pieces: too many to look for
        srli    t1, t1, PTE_PPN_LOW
        slli    t1, t1, 12
        srli    t0, a0, LAST_SHIFT
        li      t2, INDEX_MASK
        and     t0, t0, t2
        add     t0, t0, t1                      # t0 = the entry in the last table
1:
        sw      zero, 0(t0)
2:
        ret

# shadow_table: a0 = the last table for the address a0 under the root at a1, a new one if need be. a2 = 1 if the
# guest has one entry for the 4 MiB of the table.
shadow_table:
        srli    t0, a0, 22
        slli    t0, t0, 2
        add     t0, t0, a1                      # t0 = the entry in the root
        lw      a0, 0(t0)
        andi    t1, a0, PTE_V
        beqz    t1, 1f
        andi    t1, a0, PTE_RWX
        beqz    t1, 3f
1:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      t0, 8(sp)
        sw      a2, 4(sp)
        lw      t1, V_TABLES_USED(s0)
        li      t2, TABLE_PAGES
        bltu    t1, t2, 2f
        call    shadow_init                     # all are taken: begin again
        lw      t1, V_TABLES_USED(s0)
2:
        addi    t2, t1, 1
        sw      t2, V_TABLES_USED(s0)
        slli    t1, t1, 12
        lw      a0, V_TABLES(s0)
        add     a0, a0, t1
        sw      a0, 0(sp)
        call    clear_page
        lw      a0, 0(sp)
        srli    a0, a0, 12
        slli    a0, a0, PTE_PPN_LOW
        ori     a0, a0, PTE_V
        lw      ra, 12(sp)
        lw      t0, 8(sp)
        lw      a2, 4(sp)
        addi    sp, sp, 16
3:
        beqz    a2, 4f
        ori     a0, a0, PTE_DIVIDED
4:
        sw      a0, 0(t0)
        srli    a0, a0, PTE_PPN_LOW
        slli    a0, a0, 12
        ret

# shadow_write: the entry at a0 becomes a1; it belongs to the root number a2, so that one's log remembers it.
shadow_write:
        lw      t0, 0(a0)
        sw      a1, 0(a0)
        andi    t0, t0, PTE_RWX
        bnez    t0, 1f                          # a page that had fewer rights: it is in the log already
        slli    t0, a2, LOG_SHIFT
        add     t0, t0, s0
        addi    t0, t0, V_LOGS
        lw      t1, 0(t0)
        li      t2, LOG_SIZE
        bgtu    t1, t2, 1f
        addi    t1, t1, 1                       # LOG_SIZE + 1 entries: there were too many
        sw      t1, 0(t0)
        bgtu    t1, t2, 1f
        slli    t1, t1, 2
        add     t0, t0, t1
        sw      a0, 0(t0)
1:
        ret
