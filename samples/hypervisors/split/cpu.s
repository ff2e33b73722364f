# split/cpu.s - which CPU is this? The highvisor need not know: making guests trap is the lowvisor's business.
#
# A trapped instruction comes as the hardware gives it in mtval. There is no control block that has it decoded, as there
# is on svm; the names are for those who could read one.

        .equ    BLOCK_EXIT,     0
        .equ    BLOCK_WORD,     4
        .equ    BLOCK_NEXT_PC,  8

        .section .bss
        .balign 4
cpu_has_block:                                  # always 0
        .space  4
control_block:
        .space  12

        .section .rodata
text_newline:
        .asciz  "\n"
