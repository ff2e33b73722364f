# Numbers beyond what their place can hold.
start:  addi    a0, a0, 2048
        addi    a0, a0, -2049
        lw      a0, 5000(sp)
        sw      a0, -3000(sp)
        slli    a0, a0, 32
        lui     a0, 0x100000
        lui     a0, -1
        lui     a0, start
        li      a0, 0x1ffffffff
        li      a0, start
        addi    a0, a0, start
        csrwi   mstatus, 32
        csrr    a0, 4096
        lw      a0, UART
        sb      a0, UART, t0
        .equ    UART, 0x10000000
        lw      a0, UART
        addi    a0, a0, UART
        .byte   256, -129
        .half   65536
        .word   0x100000000
        .byte   start
        .balign 4, 0
        beqz    a0, far
        bne     a0, a1, far + 4
        j       very_far
        j       . + 1
        beqz    a0, 8
        .space  5000
far:    .space  0x100000
        bgtu    a0, a1, start
        j       start
very_far:
