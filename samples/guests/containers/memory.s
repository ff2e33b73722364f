# containers/memory.s - memory on demand, out of one pool for all, and how much of it a container may have.
#
# A block has an owner, the process that asked for it. How much a container has is not written down anywhere: whenever
# it matters it is counted. A block whose owner has ended is free; so nobody has to give back anything.

        .equ    POOL,           0x80038000      # the blocks; part of the machine's memory that nothing else uses
        .equ    BLOCK_SHIFT,    10              # a block is 1 KiB
        .equ    BLOCK_SIZE,     1 << BLOCK_SHIFT
        .equ    BLOCKS,         8
        .equ    BLOCKS_OF_PROCESS, 4            # a process can have no more: there is a PMP entry for each
        .equ    SLOT_SHIFT,     13              # SLOT_SIZE is 2**13

        .section .bss
        .balign 4
owners:
        .space  4 * BLOCKS                      # of each block the process that owns it, or 0
owners_end:
opened:
        .space  4 * BLOCKS_OF_PROCESS * SLOT_COUNT  # by slot: what PMP entries 4 to 7 are while its process runs

        .section .text

# sys_grow()
sys_grow:
        li      a0, 0                           # a0 = place of the first free block in owners, 0: there is none
        li      a1, 0                           # a1 = how many blocks the caller's container has
        li      a2, 0                           # a2 = how many the caller has
        lbu     a3, P_CONTAINER(s0)             # a3 = its container
        la      t0, owners                      # t0 = the block we look at
        la      a4, owners_end
        li      a5, STATE_ENDED
look_at_block:
        lw      t1, 0(t0)
        beqz    t1, block_is_free               # nobody's, ever
        lw      t2, P_STATE(t1)
        beq     t2, a5, block_is_free           # not any more
        lbu     t2, P_CONTAINER(t1)
        bne     t2, a3, next_block              # another container's: not our business
        addi    a1, a1, 1
        bne     t1, s0, next_block
        addi    a2, a2, 1
        j       next_block
block_is_free:
        bnez    a0, next_block
        mv      a0, t0
next_block:
        addi    t0, t0, 4
        bltu    t0, a4, look_at_block

        slli    t0, a3, C_SIZE_SHIFT
        la      t1, containers
        add     t0, t0, t1
        lw      t0, C_QUOTA(t0)
        bgeu    a1, t0, system_call_refused     # the quota is spent. There may be free blocks, but not for you
        li      t0, BLOCKS_OF_PROCESS
        bgeu    a2, t0, system_call_refused
        beqz    a0, system_call_refused         # the pool is empty: the quotas have promised more than there is

        sw      s0, 0(a0)                       # the block is the caller's
        la      t0, owners
        sub     a0, a0, t0                      # four times the number of the block
        slli    a0, a0, BLOCK_SHIFT - 2
        li      t0, POOL
        add     a0, a0, t0                      # a0 = its address

        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      a0, 8(sp)
        lw      t0, P_SLOT(s0)
        call    opened_by_slot
        slli    a2, a2, 2
        add     t0, t0, a2
        srli    t1, a0, 2
        ori     t1, t1, BLOCK_SIZE / 8 - 1      # NAPOT
        sw      t1, 0(t0)

        li      a1, BLOCK_SIZE
        add     a1, a1, a0
        call    zero_memory                     # else its last owner's secrets would be in it
        lw      a0, P_SLOT(s0)
        call    protection_switch               # open it
        lw      ra, 12(sp)
        lw      a0, 8(sp)
        addi    sp, sp, 16
        ret

# opened_by_slot: t0 = the address of a slot -> the address of its part of `opened`. Changes t1, too.
opened_by_slot:
        li      t1, SLOTS
        sub     t0, t0, t1
        srli    t0, t0, SLOT_SHIFT - 4          # 16 bytes for each
        la      t1, opened
        add     t0, t0, t1
        ret
