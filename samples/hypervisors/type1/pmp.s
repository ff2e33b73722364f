# type1/pmp.s - the guest's physical memory protection.
#
# A guest kernel in (virtual) M mode has 16 PMP entries: regions of memory with rights. Here they are only words of
# the vCPU; nothing of them reaches the real PMP. They count all the same, because everything that the guest reaches
# it reaches through our shadow tables, and no page gets into a shadow table with more rights than pmp_block allows.
# When an entry changes, the tables that were filled by the old rules are out of date: V_STALE says so.
#
# The rules: the lowest entry that matches any byte of an access decides. If it does not match all of its bytes, the
# access is refused. M is bound by locked entries alone, and may do what no entry decides; S and U may not.
#
# An address in a PMP register is divided by 4. All below is in these units, "words": so 34 bits fit into 32.
#
# Of the entries that are not locked M feels one thing alone: where one ends within a page, a misaligned access over
# that border is refused, as no single entry matches all of it. So such an entry divides M's pages as well.

        .equ    PMP_ENTRIES,    16
        .equ    PMP_LOCKED,     1 << 7          # the bits of a configuration byte; R, W and X are the lowest
        .equ    PMP_MODE,       3 << 3
        .equ    PMP_MODE_LOW,   3
        .equ    PMP_TOR,        1 << 3          # from the entry before up to this one
        .equ    PMP_NA4,        2               # this word alone (these two: the mode as a number)
        .equ    PMP_NAPOT,      3               # a naturally aligned power of two
        .equ    ACCESS_ALL,     ACCESS_R | ACCESS_W | ACCESS_X
        .equ    PMP_PAGE_TOR,   PAGE_SIZE / 4 - 1       # low bits of an address that are 0 where TOR ends at a page
        .equ    PMP_PAGE_NAPOT, PAGE_SIZE / 8 - 1       # low bits that are 1 where NAPOT is a page or more
        .equ    PMP_USED,       PMP_LOCKED | PMP_MODE | ACCESS_ALL

        .equ    V_PMP_COUNT,    V_SHADOW        # how many entries there are up to the last one that is not off ...
        .equ    V_PMP_BINDING,  V_SHADOW + 4    # ... and to the last of them that M feels: locked, or ending in a page

        .section .text

# pmp_read_config: a0 = pmpcfg<a0>, four configuration bytes.
pmp_read_config:
        slli    a0, a0, 2
        add     a0, a0, s0
        lw      a0, V_PMPCFG(a0)
        ret

# pmp_read_address: a0 = pmpaddr<a0>.
pmp_read_address:
        slli    a0, a0, 2
        add     a0, a0, s0
        lw      a0, V_PMPADDR(a0)
        ret

# pmp_write_config: pmpcfg<a0> = a1. Locked bytes stay as they are, reserved bits are 0, and "writable but not
# readable", which is reserved, becomes neither.
pmp_write_config:
        slli    a0, a0, 2
        addi    t0, s0, V_PMPCFG
        add     a0, a0, t0                      # a0 = the byte
        addi    a2, a0, 4                       # a2 = the end
        lw      a3, 0(a0)                       # a3 = all four before
1:
        lb      t0, 0(a0)
        bltz    t0, 3f                          # the lock is the sign
        andi    t1, a1, PMP_USED
        andi    t0, t1, ACCESS_R
        bnez    t0, 2f
        andi    t1, t1, ~ACCESS_W
2:
        sb      t1, 0(a0)
3:
        srli    a1, a1, 8
        addi    a0, a0, 1
        bne     a0, a2, 1b
        lw      t0, -4(a2)
        bne     t0, a3, pmp_count
        ret                                     # nothing has changed

# pmp_count: count the entries anew, and let all tables be rebuilt that the change concerns.
pmp_count:
        lw      a1, V_PMP_BINDING(s0)           # a1 = those that bound M before: its tables are concerned as well
        li      t0, 0
        li      t1, 0                           # t1, t2 = the two counts
        li      t2, 0
        li      t5, 0                           # t5 = the address of the entry before
1:
        slli    t4, t0, 2
        add     t4, t4, s0
        lw      t4, V_PMPADDR(t4)
        add     t3, s0, t0
        lbu     t3, V_PMPCFG(t3)
        addi    t0, t0, 1
        andi    t6, t3, PMP_MODE
        beqz    t6, 4f
        mv      t1, t0
        andi    t3, t3, PMP_LOCKED
        bnez    t3, 3f
        xori    a2, t6, PMP_TOR
        beqz    a2, 2f
        xori    a2, t6, PMP_MODE
        bnez    a2, 3f                          # NA4 ends in a page always
        not     a2, t4
        andi    a2, a2, PMP_PAGE_NAPOT
        bnez    a2, 3f
        j       4f
2:
        or      a2, t4, t5                      # from there to here
        andi    a2, a2, PMP_PAGE_TOR
        beqz    a2, 4f
3:
        mv      t2, t0
4:
        mv      t5, t4
        li      t4, PMP_ENTRIES
        bne     t0, t4, 1b
        sw      t1, V_PMP_COUNT(s0)
        sw      t2, V_PMP_BINDING(s0)
        or      a1, a1, t2
        j       pmp_stale

# pmp_write_address: pmpaddr<a0> = a1, unless the entry is locked, or is the lower end of a locked TOR entry.
pmp_write_address:
        add     t0, s0, a0
        lb      t1, V_PMPCFG(t0)
        bltz    t1, 2f
        li      t1, PMP_ENTRIES - 1
        beq     a0, t1, 1f                      # the last has none after it
        lbu     t1, V_PMPCFG + 1(t0)
        andi    t1, t1, PMP_LOCKED | PMP_MODE
        li      t2, PMP_LOCKED | PMP_TOR
        beq     t1, t2, 2f
1:
        slli    a0, a0, 2
        add     a0, a0, s0
        lw      t0, V_PMPADDR(a0)
        beq     t0, a1, 2f
        sw      a1, V_PMPADDR(a0)
        j       pmp_count
2:
        ret

# pmp_stale: what S and U may do has changed; and what M may do, if a1 is not 0.
pmp_stale:
        lw      t0, V_STALE(s0)
        ori     t0, t0, 1 << ROOT_S | 1 << ROOT_U | 1 << ROOT_PAGED
        beqz    a1, 1f
        ori     t0, t0, 1 << ROOT_M | 1 << ROOT_MPRV
1:
        sw      t0, V_STALE(s0)
        ret

# pmp_allows: a0 = 1 if the access a2 (ACCESS_R, _W or _X) of a1 bytes at a0, all in one page, is allowed to the
# privilege a3, else 0.
pmp_allows:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        mv      s1, a2
        add     a1, a0, a1
        addi    a1, a1, -1
        srli    a1, a1, 2
        srli    a0, a0, 2
        call    pmp_decide
        and     a0, a0, s1
        snez    a0, a0
        xori    a1, a1, 1
        and     a0, a0, a1                      # one entry must decide over all its bytes
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

# pmp_page: what the privilege a1 may do, wherever and however it does it, within the page at a0: a0 = the rights,
# a1 = 1 if the page is divided between entries. Then a load or store might lie across a border, and the right for
# it is not given; a fetch, of an aligned word, cannot.
pmp_page:
        li      a2, PAGE_SIZE

# pmp_block: the same for the a2 bytes at a0, a power of two and aligned to it.
pmp_block:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        mv      a3, a1
        add     a1, a0, a2
        addi    a1, a1, -1
        srli    a1, a1, 2
        srli    a0, a0, 2
        call    pmp_decide
        beqz    a1, 1f
        andi    a0, a0, ACCESS_X
1:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# pmp_decide: a0 = the rights that the privilege a3 has at all words from a0 to a1, both included; a1 = 1 if several
# entries rule parts of them.
pmp_decide:
        lw      a2, V_PMP_COUNT(s0)
        li      t0, PRIV_M
        bne     a3, t0, 1f
        lw      a2, V_PMP_BINDING(s0)           # a2 = how many entries to look at
1:
        addi    a6, s0, V_PMPCFG                # a6 = configuration byte of the entry, a7 = its address
        addi    a7, s0, V_PMPADDR
        add     a2, a2, a6                      # a2 = where to stop
        li      a4, ACCESS_ALL                  # a4 = the rights at all the words that we have seen an entry for
        li      a5, 0                           # a5 = 1: some entry matched a part
        li      t6, 0                           # t6 = address of the entry before
        beq     a6, a2, pmp_unmatched

pmp_look:
        lbu     t0, 0(a6)
        lw      t1, 0(a7)
        srli    t2, t0, PMP_MODE_LOW
        andi    t2, t2, PMP_MODE >> PMP_MODE_LOW
        beqz    t2, pmp_next                    # off
        addi    t2, t2, -PMP_NA4
        beqz    t2, 2f
        bgtz    t2, 1f
        mv      t3, t6                          # TOR: t3 = first word, t4 = last word of the entry
        addi    t4, t1, -1
        bltu    t3, t1, 3f
        j       pmp_next                        # empty
1:
        addi    t2, t1, 1                       # NAPOT: the trailing ones of the address and the zero above them
        and     t3, t1, t2                      # say how large; first: with zeros in their places, last: with ones
        or      t4, t1, t2
        j       3f
2:
        mv      t3, t1                          # NA4
        mv      t4, t1
3:
        bltu    a1, t3, pmp_next                # all of it elsewhere?
        bltu    t4, a0, pmp_next
        andi    t5, t0, ACCESS_ALL
        li      t2, PRIV_M
        bne     a3, t2, 4f
        andi    t2, t0, PMP_LOCKED
        bnez    t2, 4f
        li      t5, ACCESS_ALL                  # M, and not locked
4:
        and     a4, a4, t5
        bltu    a0, t3, 5f
        bgeu    t4, a1, pmp_judged              # it matches all that is left: later entries have no say
5:
        li      a5, 1
pmp_next:
        mv      t6, t1
        addi    a6, a6, 1
        addi    a7, a7, 4
        bne     a6, a2, pmp_look

pmp_unmatched:                                  # some words, or all, have no entry
        li      t0, PRIV_M
        beq     a3, t0, pmp_judged
        li      a4, 0
pmp_judged:
        mv      a0, a4
        mv      a1, a5
        ret
