# type2/walls.s - the guest's memory protection.
#
# A program of the guest may touch what the virtual PMP allows. We allow the same, page by page, in the second address
# space. A page of which an entry covers only a part is closed altogether.

        .section .bss
        .balign 4
walls_wanted:                                   # a byte a page: the rights that it should have, those of HOST_MAP ...
        .space  GUEST_PAGES
walls_real:                                     # ... and those that it has
        .space  GUEST_PAGES

        .section .text

# walls_init: all pages are closed. This also makes the second address space.
walls_init:
        la      t0, walls_real
        li      t1, GUEST_PAGES
        add     t1, t1, t0
1:
        sw      zero, 0(t0)
        addi    t0, t0, 4
        bltu    t0, t1, 1b
        li      t0, 1
        sw      t0, V_STALE(zero)
        li      a0, 1
        li      a1, GUEST_RAM
        li      a2, GUEST_OWN
        li      a3, GUEST_PAGES
        li      a4, 0
        host    HOST_MAP
        ret

# walls_apply: make the second address space as the PMP is. Of entries that cover the same page the first counts, so
# the last is painted first.
walls_apply:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        sw      s1, 24(sp)
        sw      s2, 20(sp)
        sw      s3, 16(sp)
        sw      zero, V_STALE(zero)
        la      t0, walls_wanted
        li      t1, GUEST_PAGES
        add     t1, t1, t0
1:
        sw      zero, 0(t0)
        addi    t0, t0, 4
        bltu    t0, t1, 1b
        li      s1, 15                          # s1 = the entry
2:
        lbu     a0, V_PMPCFG(s1)
        slli    t0, s1, 2
        lw      a1, V_PMPADDR(t0)
        li      a2, 0
        beqz    t0, 3f
        lw      a2, V_PMPADDR - 4(t0)
3:
        call    paint
        addi    s1, s1, -1
        bgez    s1, 2b

        li      s1, 0                           # s1 = the page
4:
        la      s2, walls_real
        la      s3, walls_wanted
        add     s2, s2, s1
        add     s3, s3, s1
        lbu     t0, 0(s2)
        lbu     a4, 0(s3)
        beq     t0, a4, 5f
        sb      a4, 0(s2)
        slli    t0, s1, 12
        li      a0, 1
        li      a1, GUEST_RAM
        add     a1, a1, t0
        li      a2, GUEST_OWN
        add     a2, a2, t0
        li      a3, 1
        host    HOST_MAP
5:
        addi    s1, s1, 1
        li      t0, GUEST_PAGES
        bltu    s1, t0, 4b
        lw      ra, 28(sp)
        lw      s1, 24(sp)
        lw      s2, 20(sp)
        lw      s3, 16(sp)
        addi    sp, sp, 32
        ret

# paint: the pages of one entry. a0 = its byte of pmpcfg, a1 = its pmpaddr, a2 = that of the entry before it.
# All addresses here are divided by 4, as the PMP has them.
paint:
        srli    t0, a0, 3
        andi    t0, t0, 3                       # how it tells its region
        beqz    t0, paint_done                  # off
        li      t1, 2
        bltu    t0, t1, paint_region            # TOR: from the entry before up to this one
        mv      a2, a1
        bne     t0, t1, 1f
        addi    a1, a1, 1                       # NA4: one word
        j       paint_region
1:
        addi    t1, a1, 1                       # NAPOT: the ones at the end, and the zero before them, tell the size
        xor     t1, t1, a1
        not     t2, t1
        and     a2, a1, t2
        add     a1, a2, t1
        addi    a1, a1, 1
        bnez    a1, paint_region
        li      a1, -1                          # everything
paint_region:                                   # from a2 up to a1
        li      t0, GUEST_RAM >> 2
        bgeu    a2, t0, 2f
        mv      a2, t0
2:
        li      t1, (GUEST_RAM + GUEST_SIZE) >> 2
        bleu    a1, t1, 3f
        mv      a1, t1
3:
        bgeu    a2, a1, paint_done              # nothing of it is RAM
        sub     a2, a2, t0
        sub     a1, a1, t0
        slli    a0, a0, 1
        andi    a0, a0, MAP_READ | MAP_WRITE | MAP_EXECUTE
        andi    t0, a0, MAP_READ | MAP_WRITE
        li      t1, MAP_WRITE
        bne     t0, t1, 4f
        li      a0, 0                           # write without read is reserved
4:
        srli    t0, a2, 10                      # t0 = the page
        li      t3, 1 << 10                     # words a page
5:
        slli    t1, t0, 10
        mv      t2, a0
        bltu    t1, a2, 6f
        add     t4, t1, t3
        bleu    t4, a1, 7f
6:
        li      t2, 0                           # only a part of it
7:
        la      t4, walls_wanted
        add     t4, t4, t0
        sb      t2, 0(t4)
        addi    t0, t0, 1
        slli    t1, t0, 10
        bltu    t1, a1, 5b
paint_done:
        ret
