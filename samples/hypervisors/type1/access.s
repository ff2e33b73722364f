# type1/access.s - where an access of the guest goes, when it is not the hardware that makes it.
#
# An access that crosses from one page to the next is two accesses, each with its own walk and its own PMP entry.
# Both have to succeed before anything is read or written. Only RAM takes such, or any misaligned, access.

        .section .text

# data_privilege: a0 = as whom the guest loads and stores. Usually as what it is; with MPRV as MPP says.
data_privilege:
        lw      a0, V_PRIVILEGE(s0)
        lw      t0, V_MSTATUS(s0)
        li      t1, MSTATUS_MPRV
        and     t1, t1, t0
        beqz    t1, 1f
        srli    a0, t0, MSTATUS_MPP_LOW
        andi    a0, a0, 3
1:
        ret

# guest_fetch: read the instruction at V_PC as the guest's hart would. May trap; else a1 = the instruction.
guest_fetch:
        lw      a0, V_PC(s0)
        andi    t0, a0, 3
        bnez    t0, 2f
        addi    sp, sp, -16
        sw      ra, 12(sp)
        li      a1, 4
        li      a2, ACCESS_X
        lw      a3, V_PRIVILEGE(s0)
        call    find_part
        bgez    a0, 1f
        beqz    a2, 3f
        lw      a1, 0(a2)
1:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
2:
        mv      a1, a0
        li      a0, CAUSE_FETCH_MISALIGNED
        ret
3:
        lw      a1, V_PC(s0)                    # code lies in RAM and nowhere else
        li      a0, CAUSE_FETCH_ACCESS
        j       1b

# find_part: where are the a1 bytes at the guest's address a0, all in one page, for the access a2 of the privilege
# a3? May trap; else a1 = the guest-physical address, a2 = the real address, or 0 if that is not RAM.
find_part:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        sw      s1, 24(sp)
        sw      s2, 20(sp)
        sw      s3, 16(sp)
        sw      s4, 12(sp)
        sw      s5, 8(sp)
        mv      s1, a0
        mv      s2, a1
        mv      s3, a2
        mv      s4, a3
        lw      t0, V_WALKED(s0)
        bne     t0, a2, 3f
        lw      t0, V_WALKED_FROM(s0)
        bne     t0, a0, 3f
        lw      a1, V_WALKED_TO(s0)             # memory_fault has just been there
        j       4f
3:
        mv      a1, a2
        mv      a2, a3
        call    walk
        bgez    a0, 1f
4:
        mv      s5, a1
        mv      a0, a1
        mv      a1, s2
        mv      a2, s3
        mv      a3, s4
        call    pmp_allows
        beqz    a0, 2f
        mv      a0, s5
        call    ram_address
        mv      a2, a0
        mv      a1, s5
        li      a0, NO_TRAP
1:
        lw      ra, 28(sp)
        lw      s1, 24(sp)
        lw      s2, 20(sp)
        lw      s3, 16(sp)
        lw      s4, 12(sp)
        lw      s5, 8(sp)
        addi    sp, sp, 32
        ret
2:
        mv      a0, s1
        mv      a1, s3
        call    access_fault
        j       1b

# find_bytes: where are the a1 bytes at the guest's address a0 for the data access a2? May trap; else:
#
#       RAM             a2 = their real address; if they cross into another page: a3 = how many come before
#                       the border, a4 = the real address of the rest
#       a device        a2 = 0, a1 = the guest-physical address, aligned to the size
find_bytes:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        sw      s1, 24(sp)
        sw      s2, 20(sp)
        sw      s3, 16(sp)
        sw      s4, 12(sp)
        sw      s5, 8(sp)
        sw      s6, 4(sp)
        mv      s1, a0                          # s1 = address
        mv      s2, a1                          # s2 = size
        mv      s3, a2                          # s3 = access
        call    data_privilege
        mv      s6, a0                          # s6 = for whom
        slli    t0, s1, 20
        srli    t0, t0, 20
        li      s4, PAGE_SIZE
        sub     s4, s4, t0                      # s4 = how many bytes of it this page could take
        mv      a0, s1
        mv      a1, s2
        bleu    s2, s4, 1f
        mv      a1, s4
1:
        mv      a2, s3
        mv      a3, s6
        call    find_part
        bgez    a0, find_end
        bgtu    s2, s4, 2f
        mv      a3, s2
        bnez    a2, find_end
        addi    t0, s2, -1
        and     t0, t0, s1
        beqz    t0, find_end                    # a device: aligned accesses only
        j       find_refused
2:
        beqz    a2, find_refused
        mv      s5, a2                          # s5 = the first part
        add     s1, s1, s4
        mv      a0, s1
        sub     a1, s2, s4
        mv      a2, s3
        mv      a3, s6
        call    find_part
        bgez    a0, find_end
        beqz    a2, find_refused
        mv      a4, a2
        mv      a3, s4
        mv      a2, s5
find_end:
        lw      ra, 28(sp)
        lw      s1, 24(sp)
        lw      s2, 20(sp)
        lw      s3, 16(sp)
        lw      s4, 12(sp)
        lw      s5, 8(sp)
        lw      s6, 4(sp)
        addi    sp, sp, 32
        ret
find_refused:
        mv      a0, s1
        mv      a1, s3
        call    access_fault
        j       find_end
