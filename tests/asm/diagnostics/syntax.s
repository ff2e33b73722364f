# Statements that cannot be read.
        add     a0 a1, a2
        add     a0, a1 a2
        add     a0, a1,
        add     , a0, a1
        lw      a0, 4[sp]
        lw      a0, (sp
        lw      a0, 4(sp))
        addi    a0, a0, $5
        addi    a0, a0, #5
        mv      a0 = a1
        é       a0
        = 5
        a0, a1
        5
        "text"
        csrw    mstatus 5
        lw      a0, 4(sp) add a1, a2, a3
        li      a0, 5 !
        /* this comment has no end
