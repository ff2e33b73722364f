# Names that are defined twice, in a circle, or not at all.
again:  nop
again:  nop
1f:     nop
.:      nop
        .equ    again, 5
        .equiv  once, 1
        .equiv  once, 2
        .set    number, 1
        .set    number, 2
number: nop
        .equ    a, b + 1
        .equ    b, c
        .equ    c, a
        .word   a
        .set    itself, itself + 1
        .word   itself
        .equ    wrong, again * 2
        .word   wrong
        .globl  5
        .set    5, 6
        .type   again
        .type   again, @something
