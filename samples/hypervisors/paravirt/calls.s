# paravirt/calls.s - the hypercalls.
#
# Whatever the guest asks for, it gets two things more, because they cost next to nothing once we are here: what
# it has put into the ring is printed, and if it wants to be turned off it is.

        .section .rodata
        .balign 4
calls:                                          # by number; the numbers are in page.s
        .word   call_return, call_wait, enter

        .section .text

# hypercall: an ecall from ring 1. a0 = mcause.
hypercall:
        call    ring_print
        li      t0, PAGE
        lw      a0, PAGE_POWER(t0)
        bnez    a0, guest_ends
        lw      t1, PAGE_CALL(t0)
        sw      zero, PAGE_CALL(t0)
        li      t2, CALLS
        bgeu    t1, t2, 1f
        csrr    t2, mepc
        addi    t2, t2, 4                       # behind the ecall
        csrw    mepc, t2
        la      t2, calls
        slli    t1, t1, 2
        add     t2, t2, t1
        lw      t2, 0(t2)
        jr      t2
1:
        li      a0, CAUSE_ILLEGAL               # there is no such call
        li      a1, 0
        j       exception

# call_return: mret of the virtual hart. pc = mepc; mode = MPP; MIE = MPIE, MPIE = 1, MPP = U. On the way
# to a program the walls that the kernel wants are put up.
call_return:
        li      t0, PAGE
        lw      t1, PAGE_mepc(t0)
        csrw    mepc, t1                        # the hart drops the two low bits
        lw      t1, PAGE_mstatus(t0)
        srli    t2, t1, 4                       # MPIE is 4 bits above MIE
        andi    t2, t2, MSTATUS_MIE
        ori     t2, t2, MSTATUS_MPIE
        sw      t2, PAGE_mstatus(t0)
        li      t2, MSTATUS_MPP
        csrc    mstatus, t2                     # to ring 3 ...
        and     t1, t1, t2
        beqz    t1, 1f
        li      t2, MSTATUS_MPP_S
        csrs    mstatus, t2                     # ... or, if MPP is not U, to ring 1: never to ring 0
        j       enter
1:
        call    walls_from_page
        j       enter

# call_wait: wfi of the virtual hart. It goes on when an interrupt is pending that mie wants, even if mstatus.MIE is off.
call_wait:
        call    clock_update
        li      t0, PAGE
        lw      t1, PAGE_mie(t0)
        lw      t2, PAGE_mip(t0)
        and     t2, t1, t2
        bnez    t2, enter
        andi    t1, t1, MIE_MTIE
        beqz    t1, 1f
        lw      t1, PAGE_ALARM + 4(t0)
        addi    t1, t1, 1
        beqz    t1, 1f
        wfi                                     # the real one: our mie is what clock_update has made it
        j       call_wait
1:
        la      a0, text_waits
        j       guest_dies

        .section .rodata
text_waits:
        .asciz  "paravirt: the guest waits for an interrupt that cannot come; I end it\n"
