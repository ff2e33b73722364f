# Names that are almost right.
        .equ    UART_BASE, 0x10000000
        .macro  save_all
        .endm
main:   ad      a0, a1, a2
        adi     a0, a0, 1
        ecal
        beqs    a0, a1, main
        save_al
        .wrod   5
        .sectoin .text
        csrr    a0, mstats
        csrw    mtvek, a0
        mv      a0, ra1
        li      a0, UART_BSE
        call    mian
        j       7f
        j       7b
        loop
        mov     a0, a1
        jmp     main
        push    a0
        ld      a0, 0(sp)
        c.addi  a0, 1
        fadd.s  fa0, fa1, fa2
        j       missing
        la      a0, missing
        .globl  never_defined_and_never_used
