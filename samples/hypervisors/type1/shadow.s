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
# The tables start empty. The first access to a page faults; memory_fault finds out what the guest would have met.
# If that is a trap, the guest gets it. If it is memory, the page is mapped and the guest tries again. If it is a
# device, or a page that cannot be mapped with just the rights it has, the instruction is emulated (type1/step.s).
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

        .equ    V_WALKED,       V_SHADOW + 8    # while a data fault is emulated: the access whose walk is known, or 0
        .equ    V_WALKED_FROM,  V_SHADOW + 12   # the guest's address ...
        .equ    V_WALKED_TO,    V_SHADOW + 16   # ... and the guest-physical one that it leads to

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
        lw      t0, V_PRIVILEGE(s0)
        lw      t1, V_MSTATUS(s0)
        li      t2, MSTATUS_MPRV
        and     t2, t1, t2
        beqz    t2, 1f
        li      a1, ROOT_MPRV
        srli    t1, t1, MSTATUS_MPP_LOW
        andi    t1, t1, 3
        bne     t1, t0, 3f                      # data belongs to another mode than code
1:
        li      a1, ROOT_M
        li      t1, PRIV_M
        beq     t0, t1, 3f
        li      a1, ROOT_PAGED
        lw      t1, V_SATP(s0)
        bltz    t1, 3f
        li      a1, ROOT_U
        beqz    t0, 3f
        li      a1, ROOT_S
3:
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

# memory_fault: the hardware refused the guest an access: V_CAUSE, V_VALUE. May trap; else the page is mapped now,
# or the instruction is done.
memory_fault:
        addi    sp, sp, -48
        sw      ra, 44(sp)
        sw      s1, 40(sp)
        sw      s2, 36(sp)
        sw      s3, 32(sp)
        sw      s4, 28(sp)
        sw      s5, 24(sp)
        sw      s6, 20(sp)
        sw      s7, 16(sp)
        call    shadow_root
        slli    s7, a0, 12                      # s7 = the root
        mv      s6, a1                          # s6 = its number
        lw      s1, V_VALUE(s0)                 # s1 = the address
        lw      s3, V_PRIVILEGE(s0)             # s3 = who. (In the MPRV root, where this may be wrong for data, all
        call    fault_access                    # data is emulated, and emulation looks for itself)
        mv      s2, a0                          # s2 = the access
        xori    t0, s6, ROOT_MPRV
        bnez    t0, 1f
        xori    t0, s2, ACCESS_X
        bnez    t0, emulate_data
1:
        mv      a0, s1
        mv      a1, s2
        mv      a2, s3
        call    walk
        bgez    a0, fault_done                  # the guest's tables say no
        mv      s4, a1                          # s4 = the guest-physical address
        mv      s5, a2                          # s5 = the guest's entry
        xori    t0, s6, ROOT_U
        bnez    t0, 2f
        ori     s5, s5, PTE_U                   # no tables: U's own root has pages for U
2:
        mv      a0, s4
        call    ram_address
        beqz    a0, emulate_fault               # a device, or nothing
        beqz    a3, 3f
        li      a2, BIG_PAGE                    # one entry may serve for 4 MiB, if the PMP treats all of it alike
        neg     t0, a2
        and     a0, s4, t0
        mv      a1, s3
        call    pmp_block
        beqz    a1, 5f
        li      a3, 1
3:
        sw      a3, 12(sp)
        li      t0, -PAGE_SIZE
        and     a0, s4, t0
        mv      a1, s3
        call    pmp_page
        call    shadow_rights
        and     t0, a0, s2
        beqz    t0, emulate_fault
        call    shadow_entry
        mv      s5, a0                          # s5 = our entry, as it is to be
        lw      a1, 12(sp)
        call    shadow_table                    # a0 = the last table
        srli    t0, s1, LAST_SHIFT
        li      t1, INDEX_MASK
        and     t0, t0, t1
        j       6f
5:
        call    shadow_rights
        and     t0, a0, s2
        beqz    t0, emulate_fault
        call    shadow_entry
        li      t0, ~(0x3ff << PTE_PPN_LOW)     # from the beginning of the 4 MiB
        and     s5, a0, t0
        mv      a0, s7
        srli    t0, s1, 22
        slli    t0, t0, 2
6:
        add     a0, a0, t0                      # a0 = where the entry belongs
        lw      t0, 0(a0)
        sw      s5, 0(a0)
        andi    t0, t0, PTE_RWX
        bnez    t0, 7f                          # a page that had fewer rights: it is in the log already
        slli    t0, s6, LOG_SHIFT
        add     t0, t0, s0
        addi    t0, t0, V_LOGS
        lw      t1, 0(t0)
        li      t2, LOG_SIZE
        bgtu    t1, t2, 7f
        addi    t1, t1, 1                       # LOG_SIZE + 1 entries: there were too many
        sw      t1, 0(t0)
        bgtu    t1, t2, 7f
        slli    t1, t1, 2
        add     t0, t0, t1
        sw      a0, 0(t0)
7:
        li      a0, NO_TRAP
        j       fault_done

        # It has to be emulated. If it is a load or store, we need not find out again what the hardware knew, which
        # is the instruction, nor what we know, which is where the data is.
emulate_fault:
        xori    t0, s2, ACCESS_X
        beqz    t0, 8f
        sw      s2, V_WALKED(s0)
        sw      s1, V_WALKED_FROM(s0)
        sw      s4, V_WALKED_TO(s0)
emulate_data:
        call    shadow_code
        beqz    a0, 8f
        lw      a0, 0(a0)
        call    step_fetched
        j       9f
8:
        call    step_instruction
9:
        sw      zero, V_WALKED(s0)
fault_done:
        lw      ra, 44(sp)
        lw      s1, 40(sp)
        lw      s2, 36(sp)
        lw      s3, 32(sp)
        lw      s4, 28(sp)
        lw      s5, 24(sp)
        lw      s6, 20(sp)
        lw      s7, 16(sp)
        addi    sp, sp, 48
        ret

# fault_access: a0 = the kind of access that V_CAUSE is about.
fault_access:
        lw      t0, V_CAUSE(s0)
        li      a0, ACCESS_X
        li      t1, CAUSE_FETCH_PAGE
        beq     t0, t1, 1f
        li      t1, CAUSE_FETCH_ACCESS
        beq     t0, t1, 1f
        li      a0, ACCESS_R
        li      t1, CAUSE_LOAD_PAGE
        beq     t0, t1, 1f
        li      t1, CAUSE_LOAD_ACCESS
        beq     t0, t1, 1f
        li      a0, ACCESS_W
1:
        ret

# The next four are parts of memory_fault, and use its s-registers.

# shadow_code: a0 = the real address of the instruction at V_PC, looked up in the root s7; 0 if no code is there.
shadow_code:
        lw      t1, V_PC(s0)
        li      t2, 22                          # t2 = how many low bits the address gives itself
        srl     t0, t1, t2
        slli    t0, t0, 2
        add     t0, t0, s7
        lw      t0, 0(t0)
        andi    t3, t0, PTE_RWX
        bnez    t3, 1f
        andi    t3, t0, PTE_V
        beqz    t3, 2f
        li      t2, 12
        srli    t0, t0, PTE_PPN_LOW
        slli    t0, t0, 12
        srli    t3, t1, LAST_SHIFT
        li      t4, INDEX_MASK
        and     t3, t3, t4
        add     t0, t0, t3
        lw      t0, 0(t0)
1:
        andi    t3, t0, PTE_X
        beqz    t3, 2f
        srl     t3, t1, t2
        sll     t3, t3, t2
        sub     t1, t1, t3
        srli    a0, t0, PTE_PPN_LOW
        slli    a0, a0, 12
        add     a0, a0, t1
        ret
2:
        li      a0, 0
        ret

# shadow_rights: a0 = the rights that our entry is to give, out of those that the PMP gives (a0).
shadow_rights:
        srli    t0, s5, 1                       # from a page's rights to the PMP's
        andi    t1, s5, PTE_D
        bnez    t1, 1f
        andi    t0, t0, ~ACCESS_W               # the first store has to set D in the guest's entry
1:
        xori    t1, s6, ROOT_MPRV
        beqz    t1, 3f
        andi    t1, a0, ACCESS_R
        bnez    t1, 2f
        andi    t0, t0, ~ACCESS_X               # With MXR the hardware would read a page that may be executed, and
2:                                              # knows nothing of a PMP that forbids it
        and     a0, a0, t0
        ret
3:
        andi    a0, a0, ACCESS_X
        ret

# shadow_entry: a0 = our entry for the page at s4 with the rights a0. A and D are set: they concern nobody here.
shadow_entry:
        slli    a0, a0, 1
        ori     a0, a0, PTE_V | PTE_A | PTE_D
        andi    t0, s5, PTE_U
        or      a0, a0, t0
        lw      t0, V_BASE(s0)
        add     t0, t0, s4
        li      t1, GUEST_RAM
        sub     t0, t0, t1
        srli    t0, t0, 12
        slli    t0, t0, PTE_PPN_LOW
        or      a0, a0, t0
        ret

# shadow_table: a0 = the last table for the address s1, a new one if need be. a1 = 1 if the guest has one entry for
# the 4 MiB of the table.
shadow_table:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      a1, 8(sp)
        srli    t0, s1, 22
        slli    t0, t0, 2
        add     t0, t0, s7                      # t0 = the entry in the root
        lw      a0, 0(t0)
        andi    t1, a0, PTE_V
        beqz    t1, 1f
        andi    t1, a0, PTE_RWX
        beqz    t1, 3f
1:
        sw      t0, 4(sp)
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
        lw      t0, 4(sp)
        srli    a0, a0, 12
        slli    a0, a0, PTE_PPN_LOW
        ori     a0, a0, PTE_V
3:
        lw      a1, 8(sp)
        beqz    a1, 4f
        ori     a0, a0, PTE_DIVIDED
4:
        sw      a0, 0(t0)
        srli    a0, a0, PTE_PPN_LOW
        slli    a0, a0, 12
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
