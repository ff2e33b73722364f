# type2/access.s - loads and stores of the guest's kernel that call us, because they have been seen at a device once
# (type2/signals.s). The next time it may be another device, memory, or nothing: a function that copies words copies
# from anywhere to anywhere.

        .section .text

# emulate_load, emulate_store: the rest of `emulate` for the instruction a0.
emulate_load:
        srai    t0, a0, 20
        call    access_address
        mv      t6, a0
        mv      a0, a1
        call    is_device
        bnez    a0, 1f
        mv      a0, t6
        call    is_memory
        bnez    a0, load_memory
        li      a0, CAUSE_LOAD_ACCESS
        j       emulate_trap
1:
        sw      t6, 8(sp)
        call    device_read
        lw      t6, 8(sp)
load_extend:                                    # a0 = what was loaded, by the instruction t6
        srli    t0, t6, 12                      # the size, and whether to extend the sign
        andi    t0, t0, 7
        li      t1, 1
        bltu    t0, t1, 2f
        beq     t0, t1, 3f
        li      t1, 4
        beq     t0, t1, 4f
        li      t1, 5
        bne     t0, t1, 5f
        slli    a0, a0, 16                      # lhu
        srli    a0, a0, 16
        j       5f
2:
        slli    a0, a0, 24                      # lb
        srai    a0, a0, 24
        j       5f
3:
        slli    a0, a0, 16                      # lh
        srai    a0, a0, 16
        j       5f
4:
        andi    a0, a0, 0xff                    # lbu
5:
        srli    t0, t6, 7
        andi    t0, t0, 31
        beqz    t0, emulated
        slli    t0, t0, 2
        sw      a0, V(t0)
        j       emulated

emulate_store:
        srai    t0, a0, 25
        slli    t0, t0, 5
        srli    t1, a0, 7
        andi    t1, t1, 31
        or      t0, t0, t1
        call    access_address
        srli    t0, a0, 20
        andi    t0, t0, 31
        li      a2, 0
        beqz    t0, 1f
        slli    t0, t0, 2
        lw      a2, V(t0)                       # a2 = what to store
1:
        mv      t6, a0
        mv      a0, a1
        call    is_device
        bnez    a0, 2f
        mv      a0, t6
        call    is_memory
        bnez    a0, store_memory
        li      a0, CAUSE_STORE_ACCESS
        j       emulate_trap
2:
        call    device_write
        j       emulated

# load_memory, store_memory: at a1, of a0 bytes. The guest's memory is where the guest has it, so we just do it.
load_memory:
        addi    t0, a0, -2
        beqz    t0, 1f
        bgtz    t0, 2f
        lbu     a0, 0(a1)
        j       load_extend
1:
        lhu     a0, 0(a1)
        j       load_extend
2:
        lw      a0, 0(a1)
        j       load_extend
store_memory:
        addi    t0, a0, -2
        beqz    t0, 1f
        bgtz    t0, 2f
        sb      a2, 0(a1)
        j       emulated
1:
        sh      a2, 0(a1)
        j       emulated
2:
        sw      a2, 0(a1)
        j       emulated

# is_memory: a0 = how many bytes the load or store a0 moves, if the guest has memory for all of them at a1; else 0.
is_memory:
        srli    t0, a0, 12
        andi    t0, t0, 3
        li      a0, 1
        sll     a0, a0, t0
        li      t0, GUEST_RAM
        sub     t0, a1, t0
        li      t1, GUEST_SIZE
        sub     t1, t1, a0
        bleu    t0, t1, 1f
        li      a0, 0
1:
        ret

# access_address: a1 = the address, rs1 of the instruction a0 plus t0.
access_address:
        srli    t1, a0, 15
        andi    t1, t1, 31
        li      a1, 0
        beqz    t1, 1f
        slli    t1, t1, 2
        lw      a1, V(t1)
1:
        add     a1, a1, t0
        ret
