# paravirt/boot.s - from reset to the first instruction of the guest.

        .section .bss
bss_start:

        .section .text
        .globl  _start
_start:
        csrr    t0, mhartid
        bnez    t0, park                        # one hart is enough
        la      sp, frame
        la      t0, guest_left
        csrw    mtvec, t0                       # every trap of the guest comes here ...
        csrw    medeleg, zero                   # ... and none goes past us
        csrw    mideleg, zero
        csrw    mie, zero
        csrw    mcounteren, zero                # nobody else reads the clock
        csrw    satp, zero                      # addresses are real ones, for the guest, too

        la      t0, bss_start                   # RAM is not known to be zero when power comes on
        la      t1, bss_end
1:
        sw      zero, 0(t0)
        addi    t0, t0, 4
        bltu    t0, t1, 1b
        csrw    mscratch, sp

        li      t0, PAGE                        # the virtual hart as after reset: all zeros ...
        li      t1, PAGE + PAGE_SIZE
2:
        sw      zero, 0(t0)
        addi    t0, t0, 4
        bltu    t0, t1, 2b
        li      t0, PAGE
        li      t1, -1
        sw      t1, PAGE_ALARM(t0)              # ... but for the alarm
        sw      t1, PAGE_ALARM + 4(t0)

        call    console_init
        la      a0, text_hello
        call    print
        call    walls_init

        # The guest starts in ring 1 at its first byte, with zeros in all registers. Of S mode's own instructions
        # we close what would only lead it astray. The CSRs of S mode are open to it, and of no use.
        li      t0, MSTATUS_MPP_S | MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR
        csrw    mstatus, t0
        li      t0, GUEST_RAM
        csrw    mepc, t0
        .irp    n, 3,4,8,9,18,19,20,21,22,23,24,25,26,27
        li      x\n, 0                          # those that are not in the frame
        .endr
        j       enter

park:
        wfi
        j       park

        .section .rodata
text_hello:
        .asciz  "paravirt: a guest that knows of me, in ring 1\n"
