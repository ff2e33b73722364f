# type1/plic.s - the guest's PLIC: it collects the interrupts of the devices and passes the best one on to the hart.
#
# Devices are numbered sources, 1 to 95. A source asks by its *level* (V_PLIC_LEVELS): it is pending as long as its
# device says so, unless it is in *service* (V_PLIC_SERVICE): claimed by the guest and not completed. There are two
# contexts, 0 for M mode and 1 for S mode. A context is interrupted when one of the pending sources that it has
# enabled has a priority above its threshold; then its line, MEIP or SEIP of V_LINES, is high.
#
# All registers are words, and accessed whole:
#
#       0x000000 + 4 * source           priority, 0 to 7; 0 is never an interrupt
#       0x001000                        pending sources, a bit each, three words
#       0x002000 + 0x80 * context       enabled sources, a bit each, three words
#       0x200000 + 0x1000 * context     threshold
#       0x200004 + 0x1000 * context     read: claim the best source, 0 is none; write: complete

        .equ    PLIC_SOURCES,   96              # with source 0, which does not exist
        .equ    PLIC_WORDS,     3               # so many words hold a bit for each
        .equ    PLIC_CONTEXTS,  2
        .equ    PLIC_MAXIMUM,   7               # the highest priority and threshold

        .equ    PLIC_PENDING,   0x001000
        .equ    PLIC_ENABLE,    0x002000
        .equ    PLIC_ENABLE_SHIFT, 7            # a context's enable bits take 2**7 bytes
        .equ    PLIC_CONTEXT,   0x200000
        .equ    PLIC_CONTEXT_SHIFT, 12          # its threshold and claim register 2**12
        .equ    PLIC_CLAIM,     4               # offset behind the threshold

        .section .text

# plic_reset: nothing enabled, nothing in service. What the devices want is theirs, it stays.
plic_reset:
        addi    t0, s0, V_PLIC_PRIORITY
        addi    t1, t0, 4 * PLIC_SOURCES
1:
        sw      zero, 0(t0)
        addi    t0, t0, 4
        bltu    t0, t1, 1b
        addi    t0, s0, V_PLIC_SERVICE
        addi    t1, t0, 4 * PLIC_WORDS
2:
        sw      zero, 0(t0)
        addi    t0, t0, 4
        bltu    t0, t1, 2b
        addi    t0, s0, V_PLIC_ENABLED
        addi    t1, t0, 4 * PLIC_WORDS * PLIC_CONTEXTS
3:
        sw      zero, 0(t0)
        addi    t0, t0, 4
        bltu    t0, t1, 3b
        sw      zero, V_PLIC_THRESHOLD(s0)
        sw      zero, V_PLIC_THRESHOLD + 4(s0)
        j       plic_update

# plic_set_level: the device with the number a0 wants an interrupt (a1 = 1) or does not (a1 = 0).
plic_set_level:
        srli    t0, a0, 5
        slli    t0, t0, 2
        add     t0, t0, s0                      # t0 = where the source's word is, seen from V_PLIC_LEVELS
        lw      t1, V_PLIC_LEVELS(t0)
        srl     t2, t1, a0                      # shifts look at five bits: the source's place in its word
        andi    t2, t2, 1
        beq     t2, a1, 1f                      # as before
        li      t2, 1
        sll     t2, t2, a0
        xor     t1, t1, t2
        sw      t1, V_PLIC_LEVELS(t0)
        j       plic_update
1:
        ret

# plic_would_interrupt: would source a0 interrupt context a1 if it were pending? -> a0 = 1 or 0
plic_would_interrupt:
        slli    t0, a0, 2
        add     t0, t0, s0
        lw      t0, V_PLIC_PRIORITY(t0)
        slli    t1, a1, 2
        add     t1, t1, s0
        lw      t1, V_PLIC_THRESHOLD(t1)
        sltu    t0, t1, t0                      # t0 = 1: its priority is high enough
        srli    t1, a0, 5
        li      t2, PLIC_WORDS
        mul     t2, t2, a1
        add     t1, t1, t2
        slli    t1, t1, 2
        add     t1, t1, s0
        lw      t1, V_PLIC_ENABLED(t1)
        srl     t1, t1, a0
        and     a0, t1, t0                      # t0 has one bit at most
        ret

# plic_best: which source comes next for context a0? -> a0 = the pending, enabled source with the highest priority,
# the lowest among equals, 0 if there is none; a1 = its priority
plic_best:
        li      t0, 4 * PLIC_WORDS
        mul     t0, t0, a0
        add     t0, t0, s0                      # t0 = where to read V_PLIC_ENABLED ...
        mv      t1, s0                          # t1 = ... and the words that all contexts share
        addi    t2, s0, 4 * PLIC_WORDS          # t2 = the end of t1's way
        addi    t3, s0, V_PLIC_PRIORITY         # t3 = the priority of the first source in the word
        mv      a0, t3                          # a0 = where the best one's priority is: that of source 0, so far
        li      a1, 0                           # a1 = its priority: one that no other is not above
1:
        lw      t4, V_PLIC_LEVELS(t1)
        lw      t5, V_PLIC_SERVICE(t1)
        lw      t6, V_PLIC_ENABLED(t0)
        not     t5, t5
        and     t4, t4, t5
        and     t4, t4, t6                      # t4 = the candidates, bit 0 is next
        mv      t5, t3                          # t5 = where its priority is
        beqz    t4, 4f
2:
        andi    t6, t4, 1
        beqz    t6, 3f
        lw      t6, 0(t5)
        bleu    t6, a1, 3f
        mv      a0, t5
        mv      a1, t6
3:
        addi    t5, t5, 4
        srli    t4, t4, 1
        bnez    t4, 2b
4:
        addi    t0, t0, 4
        addi    t1, t1, 4
        addi    t3, t3, 4 * 32
        bltu    t1, t2, 1b
        addi    t3, s0, V_PLIC_PRIORITY
        sub     a0, a0, t3
        srli    a0, a0, 2
        ret

# plic_update: drive MEIP and SEIP. To be called whenever something has changed.
plic_update:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        lw      s1, V_LINES(s0)
        li      t0, IP_MEIP | IP_SEIP
        not     t0, t0
        and     s1, s1, t0
        li      a0, 0
        call    plic_best
        lw      t0, V_PLIC_THRESHOLD(s0)
        bleu    a1, t0, 1f
        li      t0, IP_MEIP
        or      s1, s1, t0
1:
        li      a0, 1
        call    plic_best
        lw      t0, V_PLIC_THRESHOLD + 4(s0)
        bleu    a1, t0, 2f
        ori     s1, s1, IP_SEIP
2:
        sw      s1, V_LINES(s0)
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

# plic_find: a0 = offset, a1 = size. Looks up which register that is.
# -> a0 = the offset within the part below, a1 = the context, t0 = the part, one of these:
        .equ    PLIC_NOTHING,   0               # an access fault
        .equ    PLIC_IN_PRIORITY, 1
        .equ    PLIC_IN_PENDING, 2
        .equ    PLIC_IN_ENABLE, 3
        .equ    PLIC_IN_CONTEXT, 4
plic_find:
        li      t1, 4
        bne     a1, t1, 4f                      # words only
        li      t0, PLIC_IN_PRIORITY
        li      t1, PLIC_PENDING
        bltu    a0, t1, 3f
        li      t0, PLIC_IN_PENDING
        li      t2, PLIC_ENABLE
        bltu    a0, t2, 2f
        li      t0, PLIC_IN_ENABLE
        li      t1, PLIC_CONTEXT
        bltu    a0, t1, 1f
        li      t0, PLIC_IN_CONTEXT
        sub     a0, a0, t1
        srli    a1, a0, PLIC_CONTEXT_SHIFT
        slli    t1, a1, PLIC_CONTEXT_SHIFT
        sub     a0, a0, t1
        j       5f
1:
        sub     a0, a0, t2
        srli    a1, a0, PLIC_ENABLE_SHIFT
        andi    a0, a0, (1 << PLIC_ENABLE_SHIFT) - 1
5:
        li      t1, PLIC_CONTEXTS
        bgeu    a1, t1, 4f                      # there are only two
        ret
2:
        sub     a0, a0, t1
3:
        ret
4:
        li      t0, PLIC_NOTHING
        ret

# plic_accepts: would a load and a store of a1 bytes at offset a0 be taken? -> a0 = 1 or 0
plic_accepts:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    plic_find
        li      t1, PLIC_IN_CONTEXT
        bne     t0, t1, 1f
        andi    t0, a0, ~PLIC_CLAIM             # of a context threshold and claim exist; the rest can only be read
        seqz    t0, t0
1:
        snez    a0, t0
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# plic_load: a0 = offset, a1 = size. -> a0 = the value, a1 = 1 taken or 0 refused
plic_load:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    plic_find
        li      t1, PLIC_IN_CONTEXT
        beq     t0, t1, plic_load_context
        li      t1, PLIC_IN_ENABLE
        beq     t0, t1, plic_load_enable
        li      t1, PLIC_IN_PENDING
        beq     t0, t1, plic_load_pending
        li      t1, PLIC_IN_PRIORITY
        beq     t0, t1, plic_load_priority
        li      a0, 0
        li      a1, 0
        j       plic_load_done

plic_load_priority:
        li      t1, 4 * PLIC_SOURCES
        bgeu    a0, t1, plic_load_zero          # a number that no source has
        add     t0, a0, s0
        lw      a0, V_PLIC_PRIORITY(t0)
        j       plic_load_taken

plic_load_pending:
        li      t1, 4 * PLIC_WORDS
        bgeu    a0, t1, plic_load_zero
        add     t0, a0, s0
        lw      a0, V_PLIC_LEVELS(t0)
        lw      t1, V_PLIC_SERVICE(t0)
        not     t1, t1
        and     a0, a0, t1
        j       plic_load_taken

plic_load_enable:
        li      t1, 4 * PLIC_WORDS
        bgeu    a0, t1, plic_load_zero
        mul     t1, t1, a1
        add     t0, a0, t1
        add     t0, t0, s0
        lw      a0, V_PLIC_ENABLED(t0)
        j       plic_load_taken

plic_load_context:
        li      t1, PLIC_CLAIM
        beq     a0, t1, plic_load_claim
        bnez    a0, plic_load_zero
        slli    t0, a1, 2
        add     t0, t0, s0
        lw      a0, V_PLIC_THRESHOLD(t0)
        j       plic_load_taken

plic_load_claim:                                # whatever the threshold: who asks gets an answer
        mv      a0, a1
        call    plic_best
        beqz    a0, plic_load_taken
        sw      a0, 8(sp)
        srli    t0, a0, 5                       # it is in service from now on, and so no longer pending
        slli    t0, t0, 2
        add     t0, t0, s0
        li      t1, 1
        sll     t1, t1, a0
        lw      t2, V_PLIC_SERVICE(t0)
        or      t2, t2, t1
        sw      t2, V_PLIC_SERVICE(t0)
        call    plic_update
        lw      a0, 8(sp)
        j       plic_load_taken

plic_load_zero:
        li      a0, 0
plic_load_taken:
        li      a1, 1
plic_load_done:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# plic_store: a0 = offset, a1 = size, a2 = value. -> a0 = 1 taken or 0 refused
plic_store:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    plic_find
        li      t1, PLIC_IN_CONTEXT
        beq     t0, t1, plic_store_context
        li      t1, PLIC_IN_ENABLE
        beq     t0, t1, plic_store_enable
        li      t1, PLIC_IN_PRIORITY
        beq     t0, t1, plic_store_priority
        snez    a0, t0                          # pending bits cannot be written; nothing does not take it
        j       plic_store_done

plic_store_priority:
        li      t1, 4 * PLIC_SOURCES
        bgeu    a0, t1, plic_store_taken
        beqz    a0, plic_store_taken            # source 0 does not exist
        add     t0, a0, s0
        andi    a2, a2, PLIC_MAXIMUM
        sw      a2, V_PLIC_PRIORITY(t0)
        j       plic_store_changed

plic_store_enable:
        li      t1, 4 * PLIC_WORDS
        bgeu    a0, t1, plic_store_taken
        mul     t1, t1, a1
        add     t0, a0, t1
        add     t0, t0, s0
        bnez    a0, 1f
        andi    a2, a2, ~1                      # source 0 again
1:
        sw      a2, V_PLIC_ENABLED(t0)
        j       plic_store_changed

plic_store_context:
        li      t1, PLIC_CLAIM
        beq     a0, t1, plic_store_complete
        snez    t0, a0
        xori    a0, t0, 1                       # refused, unless it is the threshold
        beqz    a0, plic_store_done
        slli    t0, a1, 2
        add     t0, t0, s0
        andi    a2, a2, PLIC_MAXIMUM
        sw      a2, V_PLIC_THRESHOLD(t0)
        j       plic_store_changed

plic_store_complete:                            # a2 = the source that was served
        li      t1, PLIC_SOURCES
        bgeu    a2, t1, plic_store_taken
        li      t1, 4 * PLIC_WORDS
        mul     t1, t1, a1
        add     t1, t1, s0
        srli    t0, a2, 5
        slli    t0, t0, 2
        add     t1, t1, t0
        lw      t1, V_PLIC_ENABLED(t1)
        srl     t1, t1, a2
        andi    t1, t1, 1
        beqz    t1, plic_store_taken            # this context cannot have claimed it
        sll     t1, t1, a2
        not     t1, t1
        add     t0, t0, s0
        lw      t2, V_PLIC_SERVICE(t0)
        and     t2, t2, t1
        sw      t2, V_PLIC_SERVICE(t0)

plic_store_changed:
        call    plic_update
plic_store_taken:
        li      a0, 1
plic_store_done:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
