# Instructions given by their fields.
        .insn   r 0x33, 0, 0, a0, a1, a2
        .insn   r OP, 7, 0x20, t0, t1, t2
        .insn   r4 0x43, 0, 0, a0, a1, a2, a3
        .insn   i 0x13, 0, a0, a1, 5
        .insn   i OP_IMM, 0, a0, a1, -2048
        .insn   i 0x3, 2, a0, 4(a1)
        .insn   i LOAD, 2, a0, %lo(place)(a1)
        .insn   s 0x23, 2, a0, 4(a1)
        .insn   s STORE, 2, a0, -4(a1)
        .insn   b 0x63, 0, a0, a1, . + 8
        .insn   sb BRANCH, 0, a0, a1, place
        .insn   u 0x37, a0, 0x12345
        .insn   u LUI, a0, %hi(place)
        .insn   j 0x6f, a0, . + 8
        .insn   uj JAL, a0, place
        .insn   r CUSTOM_0, 1, 2, a0, a1, a2
        .insn   0x13
        .insn   0x00b50533
        .insn   4, 0x13
place:  nop
