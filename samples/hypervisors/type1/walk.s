# type1/walk.s - the guest's page tables, walked as the hart would.
#
# The tables that a guest kernel builds for Sv32 are of no use to the hardware: they speak of guest-physical
# addresses. So it is us who walk them, once for a page, and note the answer in a shadow table (type1/shadow.s).
# It has to be the very answer of the real hart: the same page faults, the same rights, and the bits A and D set in
# the guest's tables where the hart would have set them.
#
#       va      31..22  index in the root table         21..12  index in the last table         11..0   offset
#
# Two kinds of faults come out of a walk. The tables forbid the access or do not lead anywhere: a page fault. The
# walk itself cannot go on, because a table lies outside RAM or the guest's PMP keeps S from it (the hart walks on
# behalf of S): an access fault.
#
# As everywhere in this hypervisor, "may trap" means: a0 = NO_TRAP, or a0 = the cause and a1 = the tval of the trap
# that the guest is to get.

        .equ    ROOT_SHIFT,     20              # index * 4 in the root table: shift the address by so much ...
        .equ    LAST_SHIFT,     10              # ... and in the last one
        .equ    INDEX_MASK,     0xffc
        .equ    PTE_RWX,        PTE_R | PTE_W | PTE_X
        .equ    PTE_PPN_LOW,    10              # the lowest bit of the page number

        .section .text

# walk: where does the access a1 (ACCESS_R, _W or _X) of the privilege a2 to the address a0 go? May trap; else
# a1 = the guest-physical address, a2 = the page-table entry that leads there (A and D are up to date),
# a3 = 1 if it leads to 4 MiB, 0 if to a page. Without paging all addresses are physical and all is allowed here.
walk:
        lw      t0, V_SATP(s0)
        bgez    t0, 1f                          # the mode is the sign
        li      t1, PRIV_M
        bne     a2, t1, walk_paged
1:
        mv      a1, a0
        li      a0, NO_TRAP
        li      a2, PTE_V | PTE_RWX | PTE_A | PTE_D
        li      a3, 1
        ret

walk_paged:
        addi    sp, sp, -48
        sw      ra, 44(sp)
        sw      s1, 40(sp)
        sw      s2, 36(sp)
        sw      s3, 32(sp)
        sw      s4, 28(sp)
        sw      s5, 24(sp)
        sw      s6, 20(sp)
        sw      s7, 16(sp)
        sw      s8, 12(sp)
        mv      s1, a0                          # s1 = address
        mv      s2, a1                          # s2 = access
        mv      s3, a2                          # s3 = privilege
        slli    s4, t0, 10                      # s4 = page number of the table: the low 22 bits of satp
        srli    s4, s4, 10
        li      s5, ROOT_SHIFT                  # s5 = which table

walk_table:
        srli    t0, s4, 20                      # 34 bits of address: what lies above 4 GiB is not RAM
        bnez    t0, walk_access_fault
        slli    s6, s4, 12
        srl     t0, s1, s5
        li      t1, INDEX_MASK
        and     t0, t0, t1
        add     s6, s6, t0                      # s6 = the entry, as a guest-physical address
        mv      a0, s6
        call    ram_address
        beqz    a0, walk_access_fault
        mv      s7, a0                          # s7 = where it really is
        mv      a0, s6
        li      a1, 4
        li      a2, ACCESS_R
        li      a3, PRIV_S
        call    pmp_allows
        beqz    a0, walk_access_fault
        lw      s8, 0(s7)                       # s8 = the entry

        andi    t0, s8, PTE_V
        beqz    t0, walk_page_fault
        andi    t0, s8, PTE_RWX
        bnez    t0, walk_leaf
        andi    t0, s8, PTE_A | PTE_D | PTE_U   # a pointer to the next table; these are reserved in it
        bnez    t0, walk_page_fault
        li      t0, LAST_SHIFT
        beq     s5, t0, walk_page_fault         # there is no next table
        mv      s5, t0
        srli    s4, s8, PTE_PPN_LOW
        j       walk_table

walk_leaf:
        andi    t0, s8, PTE_R | PTE_W
        li      t1, PTE_W
        beq     t0, t1, walk_page_fault         # writable but not readable is reserved

        andi    t0, s8, PTE_U
        beqz    t0, 1f
        beqz    s3, 2f                          # a user page: U may, S may not ...
        li      t0, ACCESS_X
        beq     s2, t0, walk_page_fault         # ... ever fetch from it, nor load and store while SUM is clear
        lw      t0, V_MSTATUS(s0)
        li      t1, MSTATUS_SUM
        and     t0, t0, t1
        bnez    t0, 2f
        j       walk_page_fault
1:
        beqz    s3, walk_page_fault             # a supervisor page: U may not
2:
        slli    t0, s2, 1                       # from a PMP right to a page's right
        and     t0, t0, s8
        bnez    t0, 3f
        li      t0, ACCESS_R                    # not permitted, but for loads from executable pages with MXR
        bne     s2, t0, walk_page_fault
        andi    t0, s8, PTE_X
        beqz    t0, walk_page_fault
        lw      t0, V_MSTATUS(s0)
        li      t1, MSTATUS_MXR
        and     t0, t0, t1
        beqz    t0, walk_page_fault
3:
        li      t0, LAST_SHIFT
        beq     s5, t0, 4f
        slli    t0, s8, 12                      # 4 MiB have to begin at a multiple of 4 MiB
        srli    t0, t0, 22
        bnez    t0, walk_page_fault
4:
        mv      t0, s8
        ori     s8, s8, PTE_A
        li      t1, ACCESS_W
        bne     s2, t1, 5f
        ori     s8, s8, PTE_D
5:
        beq     s8, t0, 6f
        mv      a0, s6                          # the walk writes to the entry: may S?
        li      a1, 4
        li      a2, ACCESS_W
        li      a3, PRIV_S
        call    pmp_allows
        beqz    a0, walk_access_fault
        sw      s8, 0(s7)
6:
        srli    t0, s8, PTE_PPN_LOW + 20        # above 4 GiB there is nothing
        bnez    t0, walk_access_fault
        addi    t0, s5, 2                       # the low 12 or 22 bits come from the address itself
        li      t1, -1
        sll     t1, t1, t0
        not     t1, t1
        and     t1, t1, s1
        srli    a1, s8, PTE_PPN_LOW
        slli    a1, a1, 12
        or      a1, a1, t1
        mv      a2, s8
        addi    a3, s5, -LAST_SHIFT
        snez    a3, a3
        li      a0, NO_TRAP
        j       walk_end

walk_access_fault:
        mv      a0, s1
        mv      a1, s2
        call    access_fault
        j       walk_end
walk_page_fault:
        mv      a0, s1
        mv      a1, s2
        call    page_fault
walk_end:
        lw      ra, 44(sp)
        lw      s1, 40(sp)
        lw      s2, 36(sp)
        lw      s3, 32(sp)
        lw      s4, 28(sp)
        lw      s5, 24(sp)
        lw      s6, 20(sp)
        lw      s7, 16(sp)
        lw      s8, 12(sp)
        addi    sp, sp, 48
        ret

# access_fault: the access a1 to the address a0 is refused: a0, a1 = cause and tval.
access_fault:
        la      t0, access_fault_causes
        j       1f
# page_fault: the same, by the page tables.
page_fault:
        la      t0, page_fault_causes
1:
        add     t0, t0, a1
        mv      a1, a0
        lbu     a0, 0(t0)
        ret

# ram_address: a0 = the real address of the byte at the guest-physical address a0, 0 if that is not RAM. This is the
# one door from the guest's addresses to ours, and whatever goes through it stays in the VM's own memory. (Of the
# registers it changes a0 and t0 alone, and its callers rely on that.)
ram_address:
        li      t0, GUEST_RAM
        sub     a0, a0, t0
        li      t0, VM_SIZE
        bgeu    a0, t0, 1f                      # unsigned: this catches addresses below it, too
        lw      t0, V_BASE(s0)
        add     a0, a0, t0
        ret
1:
        li      a0, 0
        ret

        .section .rodata
access_fault_causes:                            # by the kind of access: 1 is R, 2 is W, 4 is X
        .byte   0, CAUSE_LOAD_ACCESS, CAUSE_STORE_ACCESS, 0, CAUSE_FETCH_ACCESS
page_fault_causes:
        .byte   0, CAUSE_LOAD_PAGE, CAUSE_STORE_PAGE, 0, CAUSE_FETCH_PAGE
