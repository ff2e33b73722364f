# tinyos/pmp.s - the form of the PMP's registers.
#
# NAPOT is a region that is a naturally aligned power of two. Then one register holds address and size: the address
# divided by 4, with the low bits replaced by ones: 8 bytes no ones, 16 bytes one, each doubling one more.

        .equ    PMP_R,          1
        .equ    PMP_W,          2
        .equ    PMP_X,          4
        .equ    PMP_NAPOT,      3 << 3
