# Expressions without a value.
start:  nop
        .word   1 / 0, 5 % (3 - 3)
        .word   start * 2, -start, start + end, 5 - start
        .word   start & 4, !start, start && 1
        .word   1 +, 2
        .word   (1 + 2
        .word   1 + 2)
        .word   0x12g, 08, 0b12, 12ab, 1.5
        .word   'ab', '
        .word   99999999999999999999
        .word   "text"
        .word   4(sp)
        .word   %hi(start)
        .ascii  start
        .ascii  "abc\q"
        .ascii  "not closed
        .word   1 2
        .word   @x
        .if     start
        .endif
        .if     later
        .endif
later:
        addi    a0, a0, %hi(start)
        lui     a0, %lo(start)
        lui     a0, %tprel_hi(start)
        addi    a0, a0, %pcrel_lo(start)
end:
