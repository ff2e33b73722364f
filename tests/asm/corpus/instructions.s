# Every instruction of the table, with the least, the greatest and some other operands.
        .text
near:
        lui         s4, 0
        lui         s1, 0xfffff
        lui         gp, 0x128b2
        lui         x31, %hi(data+0x1800)
        auipc       s7, 0
        auipc       gp, 0xfffff
        auipc       fp, 0x36f67
        auipc       sp, %hi(data+0x1800)
1:
        jal         s11, near
        jal         tp, 1b
        jal         t0, 1f
        jal         s11, . + 8
1:
        jalr        gp, -2048(s9)
        jalr        sp, 2047(x17)
        jalr        s10, %lo(data+4)(x17)
        jalr        t1, (gp)
1:
        beq         zero, s1, near
        beq         x31, s7, 1b
        beq         s4, s0, 1f
        beq         fp, gp, . - 4
1:
1:
        bne         x17, s9, near
        bne         s9, s9, 1b
        bne         t5, s9, 1f
        bne         a2, tp, . + 8
1:
1:
        blt         t3, a0, near
        blt         s5, gp, 1b
        blt         zero, s1, 1f
        blt         t1, s7, near+4
1:
1:
        bge         ra, tp, near
        bge         s8, s1, 1b
        bge         a6, s6, 1f
        bge         s7, t5, . + 8
1:
1:
        bltu        t2, t6, near
        bltu        t5, t5, 1b
        bltu        t0, s1, 1f
        bltu        s5, a6, . - 4
1:
1:
        bgeu        a0, x0, near
        bgeu        a3, x0, 1b
        bgeu        s1, x31, 1f
        bgeu        x0, s3, near+4
1:
        lb          t0, -2048(a6)
        lb          a0, 2047(s6)
        lb          x31, %lo(data+4)(a5)
        lb          a4, (a7)
        lh          t3, -2048(s6)
        lh          a4, 2047(t1)
        lh          a2, %lo(data+4)(t5)
        lh          t0, (a1)
        lw          t4, -2048(s9)
        lw          a0, 2047(s0)
        lw          t4, %lo(data+4)(s1)
        lw          x17, (s0)
        lbu         a6, -2048(a3)
        lbu         a5, 2047(s4)
        lbu         s10, %lo(data+4)(t4)
        lbu         s10, (t3)
        lhu         s1, -2048(t5)
        lhu         gp, 2047(s4)
        lhu         x17, %lo(data+4)(a5)
        lhu         a7, (ra)
        sb          fp, -2048(a2)
        sb          fp, 2047(x31)
        sb          a5, %lo(data+4)(s10)
        sb          s9, (tp)
        sh          t4, -2048(a4)
        sh          t6, 2047(a0)
        sh          s11, %lo(data+4)(s6)
        sh          t0, (t3)
        sw          a4, -2048(t1)
        sw          a7, 2047(sp)
        sw          s0, %lo(data+4)(x31)
        sw          t6, (s11)
        addi        a6, t2, -2048
        addi        x17, s10, 2047
        addi        x0, a5, 507
        addi        a3, s2, %lo(data)
        slti        fp, x17, -2048
        slti        t3, t1, 2047
        slti        s9, fp, 0
        slti        gp, s0, %lo(data)
        sltiu       s8, fp, -2048
        sltiu       s2, sp, 2047
        sltiu       a7, t3, 2047
        sltiu       s6, a1, %lo(data)
        xori        zero, t0, -2048
        xori        s9, sp, 2047
        xori        s3, a4, 0
        xori        s1, sp, %lo(data)
        ori         s7, t1, -2048
        ori         gp, ra, 2047
        ori         zero, t4, 2047
        ori         a3, a4, %lo(data)
        andi        a2, tp, -2048
        andi        s3, s0, 2047
        andi        t6, a7, -1
        andi        t4, t2, %lo(data)
        slli        t3, a7, 0
        slli        s8, a3, 31
        slli        a3, tp, 0x9
        slli        x0, a6, 23
        srli        fp, a7, 0
        srli        t2, s7, 31
        srli        a4, t6, 0
        srli        a0, zero, 1
        srai        s3, s1, 0
        srai        s10, s6, 31
        srai        s8, s4, 0
        srai        s4, s5, 31
        add         zero, s2, a6
        add         s7, tp, s9
        add         s8, tp, s7
        add         s11, a7, gp
        sub         s2, s3, a6
        sub         a6, s9, a5
        sub         s3, t5, x17
        sub         s9, t2, a0
        sll         a0, tp, a3
        sll         fp, t6, x17
        sll         a4, t3, s5
        sll         t3, s11, s0
        slt         s10, s8, s10
        slt         x0, a3, s8
        slt         a7, s5, gp
        slt         t6, a7, s7
        sltu        x17, sp, zero
        sltu        s0, a4, sp
        sltu        s3, s0, a6
        sltu        x0, s11, t2
        xor         s11, s7, a4
        xor         t6, sp, s5
        xor         s10, s7, s9
        xor         a2, zero, s2
        srl         t3, s4, t2
        srl         t0, a0, s5
        srl         a2, a1, x0
        srl         t4, sp, s3
        sra         a3, s8, s6
        sra         s3, s11, t0
        sra         gp, t5, a2
        sra         s7, x31, t3
        or          a6, a2, tp
        or          s5, s7, a7
        or          s5, sp, a6
        or          s4, a7, s3
        and         x17, x31, s4
        and         a0, s11, t1
        and         tp, a6, t0
        and         a3, t1, s10
        fence       iow, r
        fence       irw, i
        fence       w, r
        fence       w, i
        fence.tso
        ecall
        ebreak
        fence.i
        csrrw       a4, mstatus, t3
        csrrw       s7, 0x300, sp
        csrrw       s2, mcycleh, a4
        csrrw       t2, 0x7c0, gp
        csrrs       s6, mstatus, a3
        csrrs       sp, 0x300, s7
        csrrs       s5, mcycleh, s1
        csrrs       sp, 0x7c0, a3
        csrrc       a3, mstatus, sp
        csrrc       t6, 0x300, x17
        csrrc       t5, mcycleh, tp
        csrrc       s10, 0x7c0, t1
        csrrwi      s3, mstatus, 0
        csrrwi      s10, 0x300, 31
        csrrwi      gp, mcycleh, 1
        csrrwi      s10, 0x7c0, 0x17
        csrrsi      a2, mstatus, 0
        csrrsi      s9, 0x300, 31
        csrrsi      s9, mcycleh, 1
        csrrsi      a0, 0x7c0, 0
        csrrci      s9, mstatus, 0
        csrrci      s7, 0x300, 31
        csrrci      t4, mcycleh, 0
        csrrci      gp, 0x7c0, 0
        mul         s7, fp, a0
        mul         s1, s6, s2
        mul         a0, x0, a0
        mul         tp, t1, s8
        mulh        t6, a2, s3
        mulh        s0, sp, t5
        mulh        s4, gp, s8
        mulh        t0, a0, a4
        mulhsu      s9, a2, t5
        mulhsu      a1, a3, sp
        mulhsu      s9, x0, a0
        mulhsu      s8, s6, t2
        mulhu       s1, a5, a2
        mulhu       sp, x17, sp
        mulhu       s4, t2, s8
        mulhu       t4, x17, s3
        div         s10, s3, a5
        div         s11, s8, s7
        div         t3, fp, t3
        div         a1, ra, zero
        divu        t6, t4, a5
        divu        t3, t4, a1
        divu        t5, s9, t1
        divu        tp, s0, s6
        rem         s11, s7, t0
        rem         t3, fp, fp
        rem         sp, sp, s0
        rem         t0, s4, fp
        remu        t0, gp, fp
        remu        s8, s0, ra
        remu        tp, t2, a2
        remu        s0, t6, s2
        lr.w        a0, 0(tp)
        lr.w        a6, 0(s4)
        lr.w        t4, 0(a6)
        lr.w        a3, (a6)
        lr.w.aq     s4, (s7)
        lr.w.aq     a1, 0(a0)
        lr.w.rl     s4, 0(a0)
        lr.w.rl     t2, 0(gp)
        lr.w.aqrl   t3, (x17)
        lr.w.aqrl   a6, 0(s9)
        sc.w        a6, s8, 0(s1)
        sc.w        s5, t0, (t3)
        sc.w        gp, s2, 0(a6)
        sc.w        s4, zero, (sp)
        sc.w.aq     s2, s11, 0(fp)
        sc.w.aq     gp, s0, (t6)
        sc.w.rl     ra, gp, 0(s6)
        sc.w.rl     t1, x0, (s6)
        sc.w.aqrl   s10, s3, 0(a3)
        sc.w.aqrl   t5, a0, (s0)
        amoswap.w   s1, t3, (t1)
        amoswap.w   a7, s9, (a6)
        amoswap.w   x17, s6, 0(x0)
        amoswap.w   a5, a0, (zero)
        amoswap.w.aq x31, ra, (s9)
        amoswap.w.aq a0, gp, (t1)
        amoswap.w.rl s1, s10, 0(x0)
        amoswap.w.rl a1, fp, 0(tp)
        amoswap.w.aqrl gp, t5, 0(zero)
        amoswap.w.aqrl s11, t4, (t0)
        amoadd.w    a4, t1, (a6)
        amoadd.w    t2, s5, 0(gp)
        amoadd.w    x17, s11, 0(a6)
        amoadd.w    a3, t0, (fp)
        amoadd.w.aq a6, a5, 0(a0)
        amoadd.w.aq a2, s8, 0(a5)
        amoadd.w.rl x31, t5, (t5)
        amoadd.w.rl ra, s11, (a4)
        amoadd.w.aqrl s9, tp, (a0)
        amoadd.w.aqrl ra, t2, 0(a0)
        amoxor.w    s1, ra, (ra)
        amoxor.w    sp, tp, 0(tp)
        amoxor.w    a2, x31, (tp)
        amoxor.w    a5, a3, (a3)
        amoxor.w.aq sp, t0, (s2)
        amoxor.w.aq s0, t1, 0(s2)
        amoxor.w.rl s5, s11, 0(ra)
        amoxor.w.rl a6, s2, 0(s7)
        amoxor.w.aqrl fp, t5, 0(ra)
        amoxor.w.aqrl ra, s11, 0(t1)
        amoand.w    t5, gp, (x31)
        amoand.w    s2, a0, (s11)
        amoand.w    s2, gp, 0(s6)
        amoand.w    t1, t6, 0(t6)
        amoand.w.aq fp, a6, (a0)
        amoand.w.aq a4, t6, (a0)
        amoand.w.rl t6, x17, 0(s4)
        amoand.w.rl t1, s9, 0(t0)
        amoand.w.aqrl ra, s7, 0(s3)
        amoand.w.aqrl s11, x31, 0(a0)
        amoor.w     a4, t4, (s0)
        amoor.w     s6, s4, 0(s1)
        amoor.w     x17, s4, 0(t4)
        amoor.w     a6, a4, 0(s5)
        amoor.w.aq  a5, fp, 0(a7)
        amoor.w.aq  s1, s1, 0(s4)
        amoor.w.rl  a0, a5, 0(a2)
        amoor.w.rl  t1, a0, 0(a2)
        amoor.w.aqrl s1, s1, 0(s3)
        amoor.w.aqrl a7, a2, 0(t1)
        amomin.w    a3, s8, (t4)
        amomin.w    s9, s11, 0(fp)
        amomin.w    t4, ra, 0(a6)
        amomin.w    zero, a5, (s11)
        amomin.w.aq a4, a1, 0(t4)
        amomin.w.aq s4, a6, (t1)
        amomin.w.rl s9, a0, 0(s11)
        amomin.w.rl t4, ra, (s10)
        amomin.w.aqrl s4, zero, (s8)
        amomin.w.aqrl sp, a6, (x31)
        amomax.w    a2, x0, 0(t1)
        amomax.w    x31, a3, (t5)
        amomax.w    s7, x0, 0(s10)
        amomax.w    a3, a1, (s9)
        amomax.w.aq s6, gp, 0(a7)
        amomax.w.aq s9, gp, 0(tp)
        amomax.w.rl s10, s6, (a6)
        amomax.w.rl s3, s9, 0(a4)
        amomax.w.aqrl t4, a3, (a0)
        amomax.w.aqrl a2, t5, (x17)
        amominu.w   s6, s10, (t4)
        amominu.w   t5, s6, 0(a7)
        amominu.w   a6, s11, (a1)
        amominu.w   a7, s6, 0(s3)
        amominu.w.aq t5, t6, 0(t0)
        amominu.w.aq s1, s3, (s8)
        amominu.w.rl s4, s0, (x0)
        amominu.w.rl zero, a3, 0(s2)
        amominu.w.aqrl t1, s1, 0(a1)
        amominu.w.aqrl s6, s1, (a3)
        amomaxu.w   t0, x17, 0(a2)
        amomaxu.w   a3, x0, (t0)
        amomaxu.w   x17, t2, (a6)
        amomaxu.w   s0, t5, (t6)
        amomaxu.w.aq t5, t4, (s1)
        amomaxu.w.aq t6, a0, (x31)
        amomaxu.w.rl s4, t4, 0(s2)
        amomaxu.w.rl s7, s11, (s10)
        amomaxu.w.aqrl s7, ra, 0(sp)
        amomaxu.w.aqrl t1, fp, (t5)
        mret
        sret
        wfi
        sfence.vma  sp, a3
        sfence.vma  s10, s0
        sfence.vma  s5, t1
        sfence.vma  s7, s5
far_away:
        .data
        .space 40
data:   .word near, data
        .space 0x800
