# Sections: every way to choose one, named pieces, flags, and what is not loaded.
        .text
        .globl  _start
_start: la      sp, stack_top
        la      a0, message
        lw      a1, counter
        j       late
        .section .text.late, "ax", @progbits
late:   ret
        beqz    a0, late
        beqz    a0, _start              # another section: the opposite branch around a jump
        .section .init, "ax"
        j       _start
        .section custom_code, "ax", %progbits
        nop
        .section .rodata
message: .asciz "read only"
        .section .rodata.str1.1, "aMS", @progbits, 1
        .string "merged"
        .section .rodata
        .balign 4
        .word   message, late
        .data
counter: .word  1
        .section .data.more, "aw"
        .word   2
        .section .sdata, "aw"
        .word   3
        .section "quoted", "aw"
        .word   4
        .section constants, "a"
        .word   5
        .section .sbss, "aw", @nobits
        .space  4
        .bss
        .balign 16
stack:  .space  256
stack_top:
        .section zeros, "aw", @nobits
        .space  8
        .text
        .pushsection .data
        .byte   1
        .pushsection .rodata, "a"
        .byte   2
        .popsection
        .byte   3
        .popsection
        nop
        .data
        .byte   4
        .previous
        nop
        .section .text
        nop
        .section .comment
        .string "dropped"
        .section .note.GNU-stack, "", @progbits
        .section .debug_info, "", @progbits
        .4byte  1
