# Files within files.
        .text
        .include "part.inc"
        part    a0
        .data
        .incbin "bytes.txt"
        .incbin "bytes.txt", 4
        .incbin "bytes.txt", PART_SKIP, 6
        .warning "only a warning"
        .rep    2
        .byte   1
        .endr
