# Every pseudo-instruction in every form.
        .text
near:
1:
        jal         near
        jal         1b
        jal         1f
        jal         near+4
1:
        jalr        a3
        jalr        t6
        jalr        x31
        jalr        s11
        jalr        -2048(s4)
        jalr        2047(s7)
        jalr        %lo(data+4)(x0)
        jalr        (fp)
        jalr        s10, a0
        jalr        s5, s1
        jalr        t6, s10
        jalr        sp, tp
        jalr        x17, -2048
        jalr        s6, 2047
        jalr        t0, 0
        jalr        s8, %lo(data)
        jalr        a3, s2, -2048
        jalr        s9, t6, 2047
        jalr        s9, x17, 2047
        jalr        t0, a1, %lo(data)
        lb          t5, data
        lb          a6, near
        lb          a2, data+0x7fc
        lb          s6, far_away
        lh          s11, data
        lh          s5, near
        lh          t0, data+0x7fc
        lh          s9, far_away
        lw          s11, data
        lw          a2, near
        lw          a3, data+0x7fc
        lw          ra, far_away
        lbu         a1, data
        lbu         zero, near
        lbu         s1, data+0x7fc
        lbu         a1, far_away
        lhu         tp, data
        lhu         t3, near
        lhu         s4, data+0x7fc
        lhu         fp, far_away
        sb          a3, data, s3
        sb          t2, near, s1
        sb          s7, data+0x7fc, s1
        sb          a6, far_away, s0
        sh          ra, data, s8
        sh          s5, near, x0
        sh          s2, data+0x7fc, fp
        sh          tp, far_away, t2
        sw          tp, data, a7
        sw          ra, near, t0
        sw          a6, data+0x7fc, t0
        sw          a4, far_away, tp
        add         a7, t1, -2048
        add         s1, a5, 2047
        add         s4, a2, 0xca
        add         s10, t3, %lo(data)
        sll         x17, a2, 0
        sll         a5, t0, 31
        sll         a1, s5, 31
        sll         s7, a6, 0x1
        slt         s0, fp, -2048
        slt         a5, s8, 2047
        slt         s3, ra, -1449
        slt         t4, t3, %lo(data)
        sltu        t1, tp, -2048
        sltu        a6, a4, 2047
        sltu        s3, t4, -2048
        sltu        s10, s3, %lo(data)
        xor         fp, tp, -2048
        xor         s3, a2, 2047
        xor         a6, s2, 1368
        xor         s1, s9, %lo(data)
        srl         s8, s7, 0
        srl         s5, t3, 31
        srl         a0, t1, 0
        srl         t0, s6, 26
        sra         a2, s4, 0
        sra         s7, t5, 31
        sra         ra, s10, 0
        sra         s8, sp, 0
        or          zero, tp, -2048
        or          t5, t4, 2047
        or          t6, s0, 0
        or          t4, s7, %lo(data)
        and         t6, t3, -2048
        and         s10, t4, 2047
        and         s2, a7, 2047
        and         a5, s1, %lo(data)
        fence
        csrrw       a2, mstatus, 0
        csrrw       a2, 0x300, 31
        csrrw       tp, mcycleh, 1
        csrrw       a6, 0x7c0, 0x6
        csrrs       a6, mstatus, 0
        csrrs       sp, 0x300, 31
        csrrs       a3, mcycleh, 1
        csrrs       s7, 0x7c0, 0
        csrrc       s9, mstatus, 0
        csrrc       x17, 0x300, 31
        csrrc       s1, mcycleh, 1
        csrrc       a7, 0x7c0, 0x12
        sfence.vma
        sfence.vma  t5
        sfence.vma  x0
        sfence.vma  x17
        sfence.vma  a3
        nop
        li          s2, 0x12345fff
        li          s5, 0x12345fff
        li          a6, -1
        li          s2, 0xfffff800
        li          s6, 1<<20
        li          s9, 0xfffff7ff
        li          fp, 0xffffffff
        li          fp, 0x12345678
        li          a3, 1<<20
        li          t2, 0xfffff7ff
        li          a2, 0xfffff7ff
        li          s3, -2048
        li          t0, -1
        li          s9, 0x1000
        li          x31, -1
        li          s9, 0xfffff800
        li          t1, 0
        li          sp, 0x7ffff800
        li          t5, -1
        li          fp, 0x1000
        li          s1, 2047
        li          a3, -1
        li          t4, -2049
        li          t1, -2049
        li          sp, %lo(data+4)
        li          s10, %lo(data+4)
        li          t1, %lo(data+4)
        li          zero, %lo(data+4)
        mv          s7, s0
        mv          s3, x17
        mv          a6, s3
        mv          a1, s10
        move        sp, s4
        move        ra, s11
        move        gp, t6
        move        x0, sp
        not         t2, s10
        not         s9, t3
        not         tp, zero
        not         s8, s1
        neg         t5, s10
        neg         x17, t1
        neg         t0, t5
        neg         a3, s1
        seqz        zero, s11
        seqz        zero, zero
        seqz        t2, t0
        seqz        a3, t2
        snez        s0, t5
        snez        ra, a7
        snez        a5, t3
        snez        a1, gp
        sltz        s7, s1
        sltz        t0, s2
        sltz        x17, t6
        sltz        t4, a6
        sgtz        gp, sp
        sgtz        zero, gp
        sgtz        zero, t0
        sgtz        s8, s3
        sgt         s3, a0, t6
        sgt         gp, s4, s7
        sgt         t3, t5, a0
        sgt         s1, t2, s7
        sgtu        a0, s10, t5
        sgtu        s8, t3, a7
        sgtu        s5, s2, a7
        sgtu        gp, s5, zero
        sext.b      s1, s3
        sext.b      s11, a5
        sext.b      s8, s8
        sext.b      s8, a4
        sext.h      t3, s2
        sext.h      zero, s4
        sext.h      a6, a7
        sext.h      s11, a0
        zext.b      sp, s2
        zext.b      s1, s1
        zext.b      a7, x17
        zext.b      t6, s6
        zext.h      x31, t0
        zext.h      x31, x17
        zext.h      t6, s8
        zext.h      a2, a4
1:
        j           near
        j           1b
        j           1f
        j           near+4
1:
        jr          s9
        jr          t4
        jr          a3
        jr          a6
        jr          -2048(zero)
        jr          2047(x31)
        jr          %lo(data+4)(x0)
        jr          (a3)
        jr          a2, -2048
        jr          s2, 2047
        jr          x0, -2048
        jr          s1, %lo(data)
        ret
        call        data
        call        near
        call        data+0x7fc
        call        far_away
        call        t6, data
        call        a3, near
        call        a6, data+0x7fc
        call        a7, far_away
        tail        data
        tail        near
        tail        data+0x7fc
        tail        far_away
        jump        data, s11
        jump        near, t1
        jump        data+0x7fc, t3
        jump        far_away, s0
1:
        beqz        a6, near
        beqz        s5, 1b
        beqz        a1, 1f
        beqz        t0, . + 8
1:
1:
        bnez        gp, near
        bnez        x17, 1b
        bnez        t4, 1f
        bnez        tp, near+4
1:
1:
        blez        s9, near
        blez        t0, 1b
        blez        s4, 1f
        blez        a4, near+4
1:
1:
        bgez        t0, near
        bgez        fp, 1b
        bgez        a1, 1f
        bgez        a0, . - 4
1:
1:
        bltz        a5, near
        bltz        a4, 1b
        bltz        sp, 1f
        bltz        s6, . + 8
1:
1:
        bgtz        x17, near
        bgtz        gp, 1b
        bgtz        fp, 1f
        bgtz        t5, . + 8
1:
1:
        bgt         t1, s1, near
        bgt         zero, a2, 1b
        bgt         s3, t3, 1f
        bgt         t1, t5, . - 4
1:
1:
        ble         s7, a6, near
        ble         t2, s7, 1b
        ble         s8, a0, 1f
        ble         a5, s1, near+4
1:
1:
        bgtu        zero, t4, near
        bgtu        a2, sp, 1b
        bgtu        a4, tp, 1f
        bgtu        s7, s0, . - 4
1:
1:
        bleu        t1, s8, near
        bleu        tp, t3, 1b
        bleu        s4, a4, 1f
        bleu        t2, s7, . + 8
1:
        la          s5, data
        la          a4, near
        la          gp, data+0x7fc
        la          a1, far_away
        lla         t3, data
        lla         x17, near
        lla         s1, data+0x7fc
        lla         t3, far_away
        csrr        s1, mstatus
        csrr        a7, 0x300
        csrr        s10, mcycleh
        csrr        s10, 0x7c0
        csrw        mstatus, a5
        csrw        0x300, s1
        csrw        mcycleh, ra
        csrw        0x7c0, a7
        csrw        mstatus, 0
        csrw        0x300, 31
        csrw        mcycleh, 31
        csrw        0x7c0, 0
        csrs        mstatus, s4
        csrs        0x300, t4
        csrs        mcycleh, t5
        csrs        0x7c0, t2
        csrs        mstatus, 0
        csrs        0x300, 31
        csrs        mcycleh, 0x3
        csrs        0x7c0, 0
        csrc        mstatus, t2
        csrc        0x300, a6
        csrc        mcycleh, a2
        csrc        0x7c0, s7
        csrc        mstatus, 0
        csrc        0x300, 31
        csrc        mcycleh, 31
        csrc        0x7c0, 1
        csrwi       mstatus, 0
        csrwi       0x300, 31
        csrwi       mcycleh, 31
        csrwi       0x7c0, 31
        csrsi       mstatus, 0
        csrsi       0x300, 31
        csrsi       mcycleh, 1
        csrsi       0x7c0, 1
        csrci       mstatus, 0
        csrci       0x300, 31
        csrci       mcycleh, 31
        csrci       0x7c0, 0
        rdcycle     s10
        rdcycle     a3
        rdcycle     a7
        rdcycle     a1
        rdtime      s0
        rdtime      a1
        rdtime      x0
        rdtime      a4
        rdinstret   a1
        rdinstret   a2
        rdinstret   t0
        rdcycleh    t6
        rdcycleh    a7
        rdcycleh    a1
        rdcycleh    a3
        rdtimeh     s0
        rdtimeh     a2
        rdtimeh     s3
        rdinstreth  zero
        rdinstreth  tp
        rdinstreth  x0
        rdinstreth  s10
        pause
        scall
        sbreak
        unimp
far_away:
        .data
        .space 40
data:   .word near, data
        .space 0x800
