# Operands that do not fit: too few, too many, of the wrong kind.
start:
        add     t1, t2
        add     t1, t2, t3, t4
        addi    t1, t2, t3
        sub     t1, t2, 5
        mv      a0, 5
        mv      a0, frame
        lw      a0, 4(b0)
        lw      a0, 4(tt0)
        lw      a0
        sw      a0, start
        sw      a0, 4
        la      a0, 4(sp)
        jal     a0
        jalr    a0, a1, a2
        lr.w    a0, 4(a1)
        amoadd.w a0, a1, a2
        fence   wr, w
        nop     a0
        ret     ra
        csrr    mstatus, a0
        add     A0, a1, a2
        addi    a0,, 5
        j
        ecall   5
