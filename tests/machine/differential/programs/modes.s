# What mret and sret do to mstatus, and what TVM, TW, TSR and MPRV make of instructions.
    .include "lib.s"

    # One return: mstatus as given, then `name` from M; print where it ended and what it left.
    .macro return name, epc, bits
    li t0, 0x7e19aa                 # all the bits of M's and S's stacks and of the memory modes
    csrc mstatus, t0
    li t0, \bits
    csrs mstatus, t0
    la t0, 1f
    csrw \epc, t0
    csrr s2, mstatus
    \name
1:  csrr s3, mstatus                # in M it is read here; below, the trap prints it
    to_m
    csrr s4, mstatus
    li t0, 0x7e19aa
    csrc mstatus, t0
    say "\name"
    show bits, s2
    show back, s4
    newline
    .endm

    .globl main
main:
    mv s11, ra
    title "mret to U, S and M"
    .irp mpp, 0, 0x800, 0x1800
    .irp mpie, 0, 0x80
    return mret, mepc, \mpp + \mpie
    return mret, mepc, \mpp + \mpie + MPRV
    return mret, mepc, \mpp + \mpie + MPRV + SPP + SPIE
    .endr
    .endr
    title "sret in M, to U and S"
    .irp spp, 0, 0x100
    .irp spie, 0, 0x20
    return sret, sepc, \spp + \spie
    return sret, sepc, \spp + \spie + SIE
    return sret, sepc, \spp + \spie + MPRV + MPP
    return sret, sepc, \spp + \spie + TSR + MPRV
    .endr
    .endr

    title "sret in S: from S to S and to U"
    .irp bits, 0, 0x100, 0x20, 0x120, 0x22, 0x102
    li t0, SPP + SPIE + SIE
    csrc mstatus, t0
    li t0, \bits
    csrs mstatus, t0
    to_s
    la t0, 1f
    csrw sepc, t0
    csrr s2, sstatus
    sret
1:  csrr s3, mstatus                # tells the mode through MPP in what it prints
    to_m
    csrr s4, sstatus
    show before, s2
    show after, s4
    newline
    .endr

    title "TSR"
    li t0, TSR
    csrs mstatus, t0
    to_s
    sret
    csrr a0, sepc
    to_m
    to_u
    sret
    mret
    to_m
    li t0, TSR
    csrc mstatus, t0

    title "xRET from too low a mode"
    to_s
    mret
    to_m
    to_u
    mret
    sret
    to_m

    title "TW"
    li t0, 0x80                     # a timer event is pending for ever: wfi does not wait
    csrw mie, t0
    li t0, MTIMECMP
    sw zero, 0(t0)
    sw zero, 4(t0)
    li t0, MIE | MPIE
    csrc mstatus, t0
    wfi
    say "M waited\n"
    csrw mie, zero
    li t0, 2                        # a software interrupt for S, pending; S does not take it
    csrs mip, t0
    csrs mideleg, t0
    csrs mie, t0
    to_s
    csrci sstatus, 2
    wfi
    li s2, 1
    to_m
    show s_waited, s2
    newline
    li t0, TW
    csrs mstatus, t0
    wfi
    say "M waited\n"
    to_s
    wfi
    to_m
    csrw mie, zero
    csrw mideleg, zero
    csrw mip, zero
    to_u
    wfi
    to_m
    li t0, TW
    csrc mstatus, t0
    to_u
    wfi
    to_m

    title "TVM"
    li t0, TVM
    csrs mstatus, t0
    csrw satp, zero
    sfence.vma
    to_s
    csrr a0, satp
    csrw satp, zero
    csrrs a0, satp, zero
    csrrsi zero, satp, 0
    sfence.vma
    sfence.vma a0, a1
    sfence.vma zero, a1
    csrr a0, sstatus
    to_m
    to_u
    csrr a0, satp
    sfence.vma
    to_m
    li t0, TVM
    csrc mstatus, t0
    to_s
    csrr a0, satp
    csrw satp, a0
    sfence.vma
    sfence.vma a0, a1
    to_m
    to_u
    sfence.vma
    to_m

    title "fences in every mode"
    fence
    fence.i
    fence rw, w
    fence.tso
    .word 0x0000000f                # fence 0, 0
    .word 0x8aa0508f & 0xffff8fff   # a fence with reserved fields is a fence
    to_s
    fence
    fence.i
    .word 0x100f | 5 << 7 | 9 << 15 | 3 << 20
    to_m
    to_u
    fence
    fence.i
    .word 0x0100000f                # pause
    to_m

    title "the order of checks: privilege before read-only"
    to_u
    csrw cycle, a0
    csrw mstatus, a0
    csrw mvendorid, a0
    csrrs zero, mstatus, zero
    csrrwi zero, sscratch, 3
    to_m
    mv ra, s11
    ret
