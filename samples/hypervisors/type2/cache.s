# type2/cache.s - the code cache: translated blocks, where to find them, and what every word came from.
#
# The cache is filled from its beginning to its end, and then flushed: everything is forgotten, and translated anew as
# it is needed. Blocks are never taken out one by one, because others may be chained to them.
#
# The map has a word for each word of the cache, at the same distance from the beginning: the guest's pc that it came
# from. Bit 0 is clear where the guest's registers are all as they should be before the instruction at that pc. It is
# set in the midst of a translation. 0 means: nothing there.
#
# When is a translation wrong? When the guest's code has changed. The architecture tells a guest that changes its code
# to execute fence.i before it relies on it, and then we flush.

        .equ    BLOCKS,         1024            # a table by the guest's pc: of two for one place the younger stays
        .equ    BLOCK_GUEST,    0               # the guest's pc; odd: none
        .equ    BLOCK_PLACE,    4               # its first instruction in the cache
        .equ    BLOCK_SIZE,     8
        .equ    NO_BLOCK,       1
        .equ    BLOCK_ROOM,     2048            # no translated block is larger, in bytes

        .if     CACHE_SIZE < 2 * BLOCK_ROOM || CACHE_SIZE > 0x40000
        .error  "CACHE_SIZE has to be 0x1000 to 0x40000"
        .endif

        .section .bss
        .balign 4
cache:
        .space  CACHE_SIZE
cache_end:
cache_map:
        .space  CACHE_SIZE
blocks:
        .space  BLOCKS * BLOCK_SIZE
cache_next:                                     # where the next block goes
        .space  4
cache_flushes:                                  # how often the cache has been flushed
        .space  4

# block_index REGISTER, PC: the offset in `blocks` for a pc of the guest.
        .macro  block_index register, pc
        slli    \register, \pc, 20              # ten bits of it, from bit 2 on
        srli    \register, \register, 22
        slli    \register, \register, 3
        .endm

        .section .text

cache_init:
        sw      zero, cache_flushes, t0
        j       cache_empty

# cache_flush: forget all translations.
cache_flush:
        lw      t0, cache_flushes
        addi    t0, t0, 1
        sw      t0, cache_flushes, t1
cache_empty:
        la      t0, cache
        sw      t0, cache_next, t1
        la      t0, blocks
        li      t1, BLOCKS * BLOCK_SIZE
        add     t1, t1, t0
        li      t2, NO_BLOCK
1:
        sw      t2, BLOCK_GUEST(t0)
        sw      t2, BLOCK_GUEST + BLOCK_SIZE(t0)
        addi    t0, t0, 2 * BLOCK_SIZE
        bltu    t0, t1, 1b
        ret

# cache_reserve: be sure that there is room for one more block.
cache_reserve:
        lw      t0, cache_next
        la      t1, cache_end - BLOCK_ROOM
        bgtu    t0, t1, cache_flush
        ret

# find_block: a0 = the translation of the guest's code at a0; if there is no code there, the guest gets a trap,
# and a0 = 0.
find_block:
        block_index t0, a0
        la      t1, blocks
        add     t0, t0, t1
        lw      t1, BLOCK_GUEST(t0)
        bne     t1, a0, translate
        lw      a0, BLOCK_PLACE(t0)
        ret

# origin: a0 = the word of the map for the address a0 in the cache.
origin:
        la      t0, cache
        sub     a0, a0, t0
        la      t0, cache_map
        add     a0, a0, t0
        lw      a0, 0(a0)
        ret
