# Mistakes in loops.
        .rept   3
        lw      a0, nowhere
        .endr
        .irp    reg, a0, q1
        mv      a2, \reg
        .endr
        .irp
        .endr
        .rept   2000000000
        nop
        .endr
