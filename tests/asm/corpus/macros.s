# Macros, loops and conditionals.
        .macro  nothing
        .endm
        .macro  push reg, offset=0
        sw      \reg, \offset(sp)
        .endm
        .macro  three a b=3 c:req
        .byte   \a, \b, \c
        .endm
        .macro  rest first, others:vararg
        .byte   \first
        .ifnb   \others
        rest    \others
        .endif
        .endm
        .macro  named name
\name\()_begin: .byte 1
\name\()_\@: .byte \@
        .endm
        .macro  countdown n
        .if     \n
        .byte   \n
        countdown \n - 1
        .endif
        .endm
        .macro  early n
        .byte   1
        .if     \n
        .exitm
        .endif
        .byte   2
        .endm
        .macro  outer x
        .macro  inner y
        .byte   \x, \y
        .endm
        inner   5
        .endm
        .macro  text a, b
        .ascii  "\a-\b"
        .endm
        .macro  values a
        .word   \a
        .endm
        .macro  suffixed op, width
        \op\().\width a0, a1, (a2)
        .endm
        .text
        nothing
        push    a0
        push    a1, 4
        push    a2, offset=8
        push    offset=12, reg=a3
        PUSH    a4, 16
label:  push    a5; push a6, 4 ; nop
        suffixed amoadd, w
        .data
        three   1, 2, 3
        three   1 2 3
        three   1,,3
        three   c=5,a=6
        three   (1 + 2), 4, 5
        three   1 + 2, 4, 5
        three   1 , 2 - 1 3
        rest    1, 2, 3, 4
        named   one
        named   two
        countdown 3
        early   0
        early   1
        outer   3
        text    hello, "big world"
        text    "x, y" z
        values  (3)
        values  -1
        values  "1 + 2"
        values  'x'
        values  label
        .purgem values
        .macro  values a, b
        .half   \b, \a
        .endm
        values  1, 2
        .rept   3
        .byte   7
        .endr
        .rept   0
        .byte   8
        .endr
        .irp    reg, 1, 2 3
        .byte   \reg
        .endr
        .irp    none
        .byte   9\none
        .endr
        .irpc   digit, 123
        .byte   \digit
        .endr
        .set    i, 0
        .rept   4
        .irp    x, 1, 2
        .byte   i * \x
        .endr
        .set    i, i + 1
        .endr
        .if     1
        .byte   1
        .else
        .byte   2
        .endif
        .if     0
        .byte   1
        .elseif 1
        .byte   2
        .elseif 1
        .byte   3
        .else
        .byte   4
        .endif
        .if     0
        this is no statement at all
        .if     1
        .byte   5
        .else
        .byte   6
        .endif
        .endif
        .ifdef  label
        .byte   7
        .endif
        .ifdef  unheard_of
        .byte   8
        .endif
        .ifndef unheard_of
        .byte   9
        .endif
        .ifnotdef label
        .byte   10
        .endif
        .ifeq   0
        .byte   11
        .endif
        .ifne   1
        .byte   12
        .endif
        .ifgt   1
        .byte   13
        .endif
        .ifge   0
        .byte   14
        .endif
        .iflt   -1
        .byte   15
        .endif
        .ifle   0
        .byte   16
        .endif
        .ifb
        .byte   17
        .endif
        .ifnb   x
        .byte   18
        .endif
        .ifc    a b, a b
        .byte   19
        .endif
        .ifnc   a, b
        .byte   20
        .endif
        .ifeqs  "a", "a"
        .byte   21
        .endif
        .ifnes  "a", "b"
        .byte   22
        .endif
size_test: .word 1, 2
        .if     . - size_test == 8
        .byte   23
        .endif
        .byte   24; .byte 25 ; ;
        .byte   26 /* a comment */ , 27 # another
        /* a comment
           of two lines */
        .byte   28
        .macro  several x
        \x
        .endm
        several ".byte 1; .byte 2"
        .irp    x, ".byte 1;.byte 2", ".byte 3"
        \x
        .endr
        .macro  define name, value
        .equ    \name\()_value, \value
\name:  .word   \name\()_value
        .endm
        define  first, 3
        define  second, first_value + 1
        .irp    x, (a b), [c d], "e f", g
        .ascii  "\x|"
        .endr
        .irpc   c, "ab c"
        .ascii  "\c|"
        .endr
        .rept   2
        .irp    a, 1, 2
        .irpc   b, 34
        .byte   \a\b
        .endr
        .endr
        .endr
        .macro  pair x, y
        .ascii  "\x|\y|"
        .endm
        pair    (a b) c
        pair    a+b c
        pair    a + b, c
        pair    a, "b c"
        pair    a.b c$d
        pair    y=1, x=2
        pair    a,,
        pair    %lo(x) 4(sp)
        .macro  loop from, to
        .byte   \from
        .if     \to-\from
        loop    "(\from+1)", \to
        .endif
        .endm
        loop    0, 5
        .if 1; .else; .byte 6; .endif
        .ifc    'a', a
        .byte   1
        .endif
        .end
        this is not read
