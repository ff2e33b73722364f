# Alignment, padding and places: in data, in code, and in zeros.
        .text
        nop
        .align  4
        nop
        .byte   1
        .align  2                       # code counts on aligned code: this pads nothing
        .byte   2
        .balign 8
        .byte   1, 2
        .p2align 3
        .byte   1, 2, 3
        .balign 8
        nop
        .p2align 3, 0xaa
        .byte   3
        .balign 8, 0, 2
        .byte   4
        .balign 8, 0x55, 7
        .balign 4, 0
        nop
        .org    0x80
        nop
here:   .org    here + 16
        nop
        .org    . + 4, 0x11
        . = . + 4
        nop
        .byte   1
        .data
        .byte   1
        .align  3
        .byte   2
        .balign 4, 0xff
        .byte   1, 1
        .balignw 8, 0x1234
        .byte   9, 9, 9, 9
        .balignl 8, 0x11223344
        .p2alignw 1, 0x1234
        .p2alignl 3, 0x11223344
        .balign 16, , 3
        .byte   5
        .balign 8, , 12
        .byte   6
        .balign 1
        .align  0
        .space  3
        .space  5, 0x77
        .skip   2
        .skip   2, 1
        .zero   4
        .fill   3, 2, 0x12345678
        .fill   2
        .fill   1, 8, 0x1122334455667788
        .fill   0, 4, 1
        .fill   2, 4, -1
        .fill   after - before, 1, 9
before: .byte   1, 2, 3, 4
after:
        .space  200
        .org    0x200
        .byte   1
        .bss
        .align  5
buffer: .space  100
        .balign 8
        .zero   4
        .org    0x100
last:   .skip   1
        .lcomm  one, 1
        .lcomm  sixteen, 16
        .lcomm  three, 3
        .lcomm  eight, 8
        .comm   shared, 100
        .data
        .word   buffer, last, one, sixteen, three, eight, shared
        .section .text.odd, "ax"
        .byte   0
        .align  1                       # pads nothing, but the section ends at an even address
        .byte   1, 2
