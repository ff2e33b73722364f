# type1/loads.s - loads, stores and atomics done by hand.
#
# The hardware does almost all of the guest's accesses by itself. These are left to us:
#
#       devices         nothing is mapped there: their registers are fields of the vCPU
#       divided pages   the PMP treats parts of a page differently, and page tables know whole pages only
#       MPRV            the kernel in M mode loads and stores with the rights and the tables of S or U

        .equ    ATOMIC_LR,      2               # bits 31 to 27 of the atomic instructions that are special
        .equ    ATOMIC_SC,      3

        .section .text

# The three kinds of instructions. Each gets a0 = the instruction (also in V_INSTRUCTION), which is a legal one, a1
# and a2 = the values of its registers rs1 and rs2. May trap; else it is done.

# emulate_load: lb, lh, lw, lbu, lhu.
emulate_load:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        sw      s3, 0(sp)
        srai    t0, a0, 20
        add     s1, a1, t0                      # s1 = the address
        srli    s3, a0, 12
        andi    s3, s3, 7                       # s3 = the size as a power of two, and 4 more for "unsigned"
        andi    t0, s3, 3
        li      s2, 1
        sll     s2, s2, t0                      # s2 = the size
        mv      a0, s1
        mv      a1, s2
        li      a2, ACCESS_R
        call    find_bytes
        bgez    a0, 4f
        beqz    a2, 3f
        mv      a0, a2
        mv      a1, a3
        mv      a2, a4
        mv      a3, s2
        call    gather
1:
        li      t0, 4                           # a0 = the value. Extend its sign
        bgeu    s3, t0, 2f
        sub     t0, t0, s2
        slli    t0, t0, 3
        sll     a0, a0, t0
        sra     a0, a0, t0
2:
        call    set_rd
        call    instruction_done
        j       4f
3:
        mv      a0, a1
        mv      a1, s2
        call    device_load
        bnez    a1, 1b
        mv      a0, s1
        li      a1, ACCESS_R
        call    access_fault                    # no such register
4:
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        lw      s3, 0(sp)
        addi    sp, sp, 16
        ret

# emulate_store: sb, sh, sw.
emulate_store:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        sw      s3, 0(sp)
        mv      s3, a2                          # s3 = the value
        srai    t0, a0, 25                      # the offset: bits 31..25 ...
        slli    t0, t0, 5
        srli    t1, a0, 7                       # ... and 11..7
        andi    t1, t1, 31
        or      t0, t0, t1
        add     s1, a1, t0                      # s1 = the address
        srli    t0, a0, 12
        andi    t0, t0, 3
        li      s2, 1
        sll     s2, s2, t0                      # s2 = the size
        mv      a0, s1
        mv      a1, s2
        li      a2, ACCESS_W
        call    find_bytes
        bgez    a0, 4f
        beqz    a2, 2f
1:
        sb      s3, 0(a2)                       # byte by byte: it may be misaligned
        srli    s3, s3, 8
        addi    a2, a2, 1
        addi    s2, s2, -1
        beqz    s2, 3f
        addi    a3, a3, -1
        bnez    a3, 1b
        mv      a2, a4                          # the rest is in the next page
        j       1b
2:
        mv      a0, a1
        mv      a1, s2
        mv      a2, s3
        call    device_store
        bnez    a0, 3f
        mv      a0, s1
        li      a1, ACCESS_W
        call    access_fault
        j       4f
3:
        call    instruction_done
4:
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        lw      s3, 0(sp)
        addi    sp, sp, 16
        ret

# gather: a0 = the value of the a3 bytes at a0, of which those after the first a1 are at a2.
gather:
        li      t0, 0
        li      t2, 0                           # t2 = how far to shift the next byte
1:
        lbu     t1, 0(a0)
        sll     t1, t1, t2
        or      t0, t0, t1
        addi    t2, t2, 8
        addi    a0, a0, 1
        addi    a3, a3, -1
        beqz    a3, 2f
        addi    a1, a1, -1
        bnez    a1, 1b
        mv      a0, a2
        j       1b
2:
        mv      a0, t0
        ret

# emulate_atomic: lr.w, sc.w and the read-modify-write ones.
#
# In RAM the hardware does them: the very instruction, with other registers, at the real address. So the hardware's
# reservation serves the guest, and all the arithmetic stays where it is done best. A word of a device is read into
# `atomic_word` and written back from there; devices know no reservations.
emulate_atomic:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        sw      s1, 24(sp)
        sw      s2, 20(sp)
        sw      s3, 16(sp)
        sw      s4, 12(sp)
        mv      s1, a1                          # s1 = the address
        mv      s3, a2                          # s3 = the operand
        li      s2, ACCESS_W                    # s2 = the access
        srli    t0, a0, 27
        li      t1, ATOMIC_LR
        bne     t0, t1, 1f
        li      s2, ACCESS_R
1:
        andi    t0, s1, 3
        bnez    t0, 5f
        mv      a0, s1
        li      a1, 4
        mv      a2, s2
        call    find_bytes
        bgez    a0, 7f
        beqz    a2, 2f
        mv      a0, a2
        mv      a1, s3
        call    run_atomic
        j       3f
2:
        lw      t0, V_INSTRUCTION(s0)           # a device
        srli    t0, t0, 27
        addi    t0, t0, -ATOMIC_LR
        sltiu   t0, t0, ATOMIC_SC - ATOMIC_LR + 1
        bnez    t0, 6f                          # LR or SC
        mv      s4, a1                          # s4 = the guest-physical address
        mv      a0, a1
        li      a1, 4
        call    device_accepts
        beqz    a0, 6f
        mv      a0, s4
        li      a1, 4
        call    device_load
        bnez    a1, 8f
        li      a0, 0
8:
        la      t0, atomic_word
        sw      a0, 0(t0)
        mv      a0, t0
        mv      a1, s3
        call    run_atomic
        mv      s3, a0
        mv      a0, s4
        li      a1, 4
        lw      a2, atomic_word
        call    device_store
        mv      a0, s3
3:
        call    set_rd
        call    instruction_done
        j       7f
5:
        li      a0, CAUSE_LOAD_MISALIGNED
        li      t0, ACCESS_R
        beq     s2, t0, 4f
        li      a0, CAUSE_STORE_MISALIGNED
4:
        mv      a1, s1
        j       7f
6:
        mv      a0, s1
        mv      a1, s2
        call    access_fault
7:
        lw      ra, 28(sp)
        lw      s1, 24(sp)
        lw      s2, 20(sp)
        lw      s3, 16(sp)
        lw      s4, 12(sp)
        addi    sp, sp, 32
        ret

# run_atomic: do the atomic instruction V_INSTRUCTION at the real address a0 with the operand a1: a0 = its result.
run_atomic:
        mv      a2, a1
        mv      a1, a0
        lw      a0, V_INSTRUCTION(s0)
        li      t0, 0xfe00707f                  # keep what it is, exchange the registers
        and     t0, a0, t0
        li      t1, 10 << 7 | 11 << 15          # rd = a0, rs1 = a1
        or      t0, t0, t1
        srli    t1, a0, 27
        li      t2, ATOMIC_LR
        beq     t1, t2, 1f                      # lr.w has no rs2
        li      t1, 12 << 20                    # rs2 = a2
        or      t0, t0, t1
1:
        mv      a0, t0
        j       run_one

        .section .bss
        .balign 4
atomic_word:
        .space  4
