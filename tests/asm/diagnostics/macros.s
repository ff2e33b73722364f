# Mistakes in macros are marked in the body, with the uses that lead there.
        .macro  move to, from
        mv      \to, \from
        .endm
        .macro  both one, two
        move    \one, \two
        move    \two, 5
        .endm
        .macro  need first:req, second
        .endm
        both    a0, a1
        both    a0, sq
        need
        need    1, 2, 3
        need    first=1, third=3
        need    first=1, first=2
        .macro  move
        .endm
        .macro  twice a, a
        .endm
        .macro  kinds a:some
        .endm
        .macro
        .endm
        .macro  forever
        forever
        .endm
        forever
        \outside
        .exitm
        .endm
        .endr
        .purgem unknown
        .altmacro
        .macro  open
        nop
