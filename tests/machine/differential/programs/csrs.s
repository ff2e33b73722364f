# What each CSR keeps of what is written (WARL, WPRI), and which CSR exists for whom.
    .include "lib.s"

    # Write patterns into a CSR, read it back after each, put the old value back, print.
    .macro patterns name
    csrr s2, \name
    li t0, -1
    csrw \name, t0
    csrr s3, \name
    csrw \name, s2
    li t0, 0xaaaaaaaa
    csrw \name, t0
    csrr s4, \name
    csrw \name, s2
    li t0, 0x55555555
    csrw \name, t0
    csrr s5, \name
    csrw \name, s2
    csrw \name, zero
    csrr s6, \name
    csrw \name, s2
    li t0, -1
    csrrc s7, \name, t0
    csrr s7, \name
    csrw \name, s2
    csrrs zero, \name, t0
    csrr s8, \name
    csrw \name, s2
    csrrwi zero, \name, 21
    csrr s9, \name
    csrw \name, s2
    csrrsi zero, \name, 31
    csrrci s10, \name, 10
    csrr s11, \name
    csrw \name, s2
    li t0, 0x12345678
    csrw \name, t0
    csrr s1, \name
    csrw \name, s2
    say "\name"
    show old, s2
    show ones, s3
    show aaaa, s4
    show "5555", s5
    show zero, s6
    newline
    say "\name"
    show cleared, s7
    show set, s8
    show wi, s9
    show si, s10
    show ci, s11
    show mixed, s1
    newline
    .endm

    # Set each bit of a CSR alone; print which of them stay.
    .macro walk name
    csrr s2, \name
    li s3, 1
    li s4, 0
1:  csrw \name, s3
    csrr t0, \name
    csrw \name, s2
    and t0, t0, s3
    or s4, s4, t0
    slli s3, s3, 1
    bnez s3, 1b
    say "\name"
    show stays, s4
    newline
    .endm

    # Write values into a trap vector CSR; with `kind` "reserved" the mode is one that does not exist.
    .macro vectors name, kind, values:vararg
    csrr s2, \name
    .irp value, \values
    li t0, \value
    csrw \name, t0
    csrr s3, \name
    csrw \name, s2
    say "\name \kind"
    show wrote, t0
    show kept, s3
    newline
    .endr
    .endm

    # Which CSR numbers the instruction s11 can take in a mode: a 1 where it does not trap. A line
    # holds 256 numbers.
    .macro survey mode, first, end
    li s10, \mode
    li s9, \first
    li s7, \end
    call survey_range
    .endm

    .globl main
main:
    addi sp, sp, -16
    sw ra, 0(sp)

    title "at the start"
    show_csr medeleg
    show_csr mideleg
    show_csr mie
    show_csr mcounteren
    show_csr scounteren
    show_csr mcountinhibit
    newline
    show_csr satp
    show_csr mstatus
    show_csr mstatush
    show_csr misa
    show_csr mhartid
    show_csr pmpcfg0
    show_csr pmpaddr0
    newline

    title "patterns"
    .irp name, mscratch, mepc, mcause, mtval, medeleg, mideleg, mie, mip
    patterns \name
    walk \name
    .endr
    .irp name, sscratch, sepc, scause, stval, sie, sip
    patterns \name
    walk \name
    .endr
    .irp name, mcounteren, scounteren, menvcfg, menvcfgh, senvcfg, misa, mstatush
    patterns \name
    walk \name
    .endr
    .irp name, satp, pmpaddr0, pmpaddr3, pmpaddr7, pmpaddr14
    patterns \name
    walk \name
    .endr

    title "trap vectors"
    .irp name, mtvec, stvec
    vectors \name, legal, 0, 1, 4, 5, 0xfffffffc, 0xfffffffd, 0xaaaaaaa8, 0x55555555, 0x12345678
    vectors \name, reserved, 2, 3, 0xffffffff, 0xfffffffe, 0xaaaaaaaa, 0x80000007
    .endr

    title "status"
    .irp name, mstatus, sstatus
    patterns \name
    walk \name
    .endr

    title "MPP and the reserved 2"
    .irp value, 0, 1, 2, 3
    li t0, MPP
    csrc mstatus, t0
    li t0, \value << 11
    csrs mstatus, t0
    csrr s2, mstatus
    li t0, 1 << 11
    csrs mstatus, t0
    csrr s3, mstatus
    show once, s2
    show then, s3
    newline
    .endr

    title "views of S, everything delegated"
    li t0, -1
    csrw mideleg, t0
    patterns sie
    patterns sip
    walk sie
    walk sip
    li t0, 0x222
    csrw mie, t0
    csrw mip, t0
    show_csr mie
    show_csr mip
    show_csr sie
    show_csr sip
    newline
    title "views of S, only the timer delegated"
    li t0, 0x20
    csrw mideleg, t0
    show_csr sie
    show_csr sip
    newline
    csrw sie, zero
    csrw sip, zero
    show_csr mie
    show_csr mip
    newline
    patterns sie
    patterns sip
    csrw mideleg, zero
    csrw mie, zero
    csrw mip, zero

    title "counters can be written"
    csrw mcycleh, zero
    li t0, 0x7fffffff
    csrw mcycleh, t0
    show_csr mcycleh
    show_csr cycleh
    li t0, 0x1234
    csrw minstreth, t0
    show_csr minstreth
    show_csr instreth
    newline
    csrw minstreth, zero
    csrw mcycleh, zero

    title "which CSRs M can read"
    li s11, 0x00002073 | 10 << 7    # csrr a0, number
    survey 3, 0, 0x1000
    title "which CSRs S can read"
    survey 1, 0, 0x400
    survey 1, 0xb00, 0xd00
    title "which CSRs U can read"
    survey 0, 0, 0x400
    survey 0, 0xb00, 0xd00
    title "which CSRs S can read, counters enabled, TVM"
    li t0, -1
    csrw mcounteren, t0
    li t0, TVM
    csrs mstatus, t0
    survey 1, 0x100, 0x200
    survey 1, 0xc00, 0xd00
    li t0, TVM
    csrc mstatus, t0
    title "which CSRs U can read, counters enabled for S alone"
    survey 0, 0xc00, 0xd00
    title "which CSRs U can read, counters enabled"
    li t0, -1
    csrw scounteren, t0
    survey 0, 0xc00, 0xd00
    title "which CSRs U can read, counters enabled for U alone"
    csrw mcounteren, zero
    survey 0, 0xc00, 0xd00
    title "which CSRs S can write"
    li s11, 0x00001073 | 10 << 7 | 10 << 15   # csrrw a0, number, a0
    survey 1, 0x100, 0x200
    survey 1, 0x300, 0x400
    survey 1, 0xb00, 0xd00
    title "which CSRs U can write"
    survey 0, 0, 0x200
    title "which CSRs M can set no bit of"
    li s11, 0x00006073 | 10 << 7    # csrrsi a0, number, 0
    survey 3, 0xb00, 0xd00
    survey 3, 0xf00, 0x1000
    title "which CSRs M can set a bit of, where they are read-only"
    li s11, 0x00006073 | 10 << 7 | 1 << 15
    survey 3, 0xc00, 0xd00
    survey 3, 0xf00, 0x1000

    lw ra, 0(sp)
    addi sp, sp, 16
    ret

# Try the instruction s11 with the CSR numbers from s9 up to s7, from mode s10.
survey_range:
    addi sp, sp, -16
    sw ra, 0(sp)
1:  andi t0, s9, 0xff
    bnez t0, 2f
    mv a0, s9
    jal gp, print_hex
    say ":"
2:  li s8, 0                        # 32 numbers
3:  slli t0, s9, 20
    or t0, t0, s11
    la t1, probe
    sw t0, 0(t1)
    fence.i
    la t1, quiet
    li t0, 1
    sw t0, 0(t1)
    li t0, -1
    sw t0, 4(t1)
    li t0, MPP
    csrc mstatus, t0
    slli t0, s10, 11
    csrs mstatus, t0
    la t0, probe
    csrw mepc, t0
    li a0, 0
    mret
back_from_probe:
    la t1, quiet
    sw zero, 0(t1)
    lw t0, 4(t1)
    slli s8, s8, 1
    addi t0, t0, 1
    seqz t0, t0
    or s8, s8, t0
    addi s9, s9, 1
    andi t0, s9, 31
    bnez t0, 3b
    mv a0, s8
    say " "
    jal gp, print_hex
    andi t0, s9, 0xff
    bnez t0, 2b
    newline
    bne s9, s7, 1b
    lw ra, 0(sp)
    addi sp, sp, 16
    ret

    .balign 4
probe:
    nop
    to_m
    j back_from_probe
