# type1/faults.s - the hardware refused the guest an access. Why, and what now?
#
# Everything that is in no shadow table yet faults, so a fault alone means nothing. We find out what the guest would
# have met on a machine of its own:
#
#       a trap          its page tables or its PMP forbid the access, or nothing is there: it gets that trap
#       memory          the page is mapped, with the rights that it has, and the guest tries again
#       a device        the instruction is emulated (type1/step.s)
#       memory, but     the page cannot be mapped with just the rights that it has: the instruction is emulated
#
# 4 MiB that the guest has in one piece, because it uses no tables or has one entry for them, get one entry of ours
# if the PMP treats all of them alike.

        .equ    V_WALKED,       V_SHADOW + 8    # while emulating a data fault: the access whose walk is known, or 0
        .equ    V_WALKED_FROM,  V_SHADOW + 12   # the guest's address ...
        .equ    V_WALKED_TO,    V_SHADOW + 16   # ... and the guest-physical one that it leads to

        .section .text

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
        sw      s8, 12(sp)
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
        bnez    t0, fault_emulate_data
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
        beqz    a0, fault_emulate               # a device, or nothing
        beqz    a3, 3f
        li      a2, BIG_PAGE                    # one entry may serve for 4 MiB, if the PMP treats all of it alike
        neg     t0, a2
        and     a0, s4, t0
        mv      a1, s3
        call    pmp_block
        beqz    a1, 4f
        li      a3, 1
3:
        mv      s8, a3                          # s8 = 1: a piece of 4 MiB
        li      t0, -PAGE_SIZE
        and     a0, s4, t0
        mv      a1, s3
        call    pmp_page
        call    shadow_rights
        and     t0, a0, s2
        beqz    t0, fault_emulate
        call    shadow_entry
        mv      s5, a0                          # s5 = our entry, as it is to be
        mv      a0, s1
        mv      a1, s7
        mv      a2, s8
        call    shadow_table
        srli    t0, s1, LAST_SHIFT
        li      t1, INDEX_MASK
        and     t0, t0, t1
        j       5f
4:
        call    shadow_rights
        and     t0, a0, s2
        beqz    t0, fault_emulate
        call    shadow_entry
        li      t0, ~(0x3ff << PTE_PPN_LOW)     # from the beginning of the 4 MiB
        and     s5, a0, t0
        mv      a0, s7
        srli    t0, s1, 22
        slli    t0, t0, 2
5:
        add     a0, a0, t0                      # a0 = where the entry belongs
        mv      a1, s5
        mv      a2, s6
        call    shadow_write
        li      a0, NO_TRAP
        j       fault_done

        # It has to be emulated. If it is a load or store, we need not find out again what the hardware knew, which
        # is the instruction, nor what we know, which is where the data is.
fault_emulate:
        xori    t0, s2, ACCESS_X
        beqz    t0, 6f
        sw      s2, V_WALKED(s0)
        sw      s1, V_WALKED_FROM(s0)
        sw      s4, V_WALKED_TO(s0)
fault_emulate_data:
        call    fault_code
        beqz    a0, 6f
        lw      a0, 0(a0)
        call    step_fetched
        j       7f
6:
        call    step_instruction
7:
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
        lw      s8, 12(sp)
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

# The next three are parts of memory_fault, and use its s-registers.

# fault_code: a0 = the real address of the instruction at V_PC, looked up in the root s7; 0 if no code is there.
fault_code:
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
