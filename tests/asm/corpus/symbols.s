# Names: labels, values, what is set again, visibility, type and size.
        .globl  main, helper
        .global late_global
        .local  hidden_name
        .weak   weak_one, weak_here
        .type   main, @function
        .type   helper, %function
        .type   table, @object
        .type   quoted, "function"
        .text
main:   call    helper
        beqz    a0, weak_here           # weak: always the long form
weak_here:
        lui     a1, %hi(weak_one)
        addi    a1, a1, %lo(weak_one)
        ret
        .size   main, . - main
helper: nop
quoted: ret
        .size   helper, . - helper
late_global: hidden_name: nop
a: b: nop
spaced : nop
1:      j       1b
        j       1f
1: 2:   j       1b
        j       2b
        j       2f
2:      nop
010:    j       10b
.Llocal: j      .Llocal
dotted.name$: j dotted.name$
_under: j       _under
a0:     j       a0                      # a label may be called as a register
        .data
table:  .word   x
        .set    x, 1
        .word   x
        .set    x, 2
        .word   x
        x = 3
        .word   x
        .equ    x, x + 1
        .word   x
        .equiv  once, 7
        .eqv    twice, once * 2
        thrice == 21
        .word   once, twice, thrice
        .equ    place, table + 4
        .word   place, place - table, later, later_place
        .equ    later, 5
later_place:
        .equ    chain1, chain2 + 1
        .equ    chain2, chain3 + 1
        .equ    chain3, later_place
        .word   chain1, chain1 - chain3
        .weak   nowhere
        .text
        call    nowhere                 # a weak name that is defined nowhere: a call of address 0
        tail    nowhere
        call    t0, nowhere
        call    main@plt
        tail    helper@plt
