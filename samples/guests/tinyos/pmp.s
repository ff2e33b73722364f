# tinyos/pmp.s - the bits of a PMP entry's permissions. tinyos/protection.s says what NAPOT is.

        .equ    PMP_R,          1
        .equ    PMP_W,          2
        .equ    PMP_X,          4
        .equ    PMP_NAPOT,      3 << 3
