# ledger.s - a kernel that must not be interrupted at the wrong moment: one account, two who pay into it.
#
# The main program pays in 1, three hundred times. The clock interrupts it every now and then, and its handler pays in 1,
# too. To pay in is: read the balance, add, write it back. If the clock comes between reading and writing, main writes
# back a balance that does not know of the handler's 1, and that is lost. So main turns interrupts off before it
# reads, and on again when it has written: the oldest recipe of all.
#
#       ledger: 300 paid in by main, 34 by the clock
#       ledger: the balance is 334, all is there
#
# There are no processes and no user mode: all of it runs in M mode. It is meant to be looked at under a hypervisor,
# which has to notice each time that interrupts go off and on.

        .equ    UART,           0x10000000      # 16550 serial port, the console
        .equ    MTIMECMP,       0x02004000      # CLINT: the alarm, 64 bits
        .equ    MTIME,          0x0200bff8      # CLINT: the clock. The machine will be off before 32 bits are full
        .equ    FINISHER,       0x00100000      # writing a word here ends the run ...
        .equ    FINISH_PASS,    0x5555          # ... well
        .equ    FINISH_FAIL,    0x13333         # ... badly, with exit code 1

        .equ    MSTATUS_MIE,    1 << 3          # interrupts are on
        .equ    MIE_MTIE,       1 << 7          # the timer interrupt is enabled

        .equ    PAYMENTS,       300             # what main pays in, 1 each time
        .equ    TICK,           200             # the clock pays in 1 every so many units of mtime
        .equ    COUNTING,       5               # how long it takes to count the money, in rounds of a loop

        .section .text
        .globl  _start
_start:
        csrr    t0, mhartid
        bnez    t0, park                        # one hart is enough
        la      sp, stack_top
        la      t0, tick
        csrw    mtvec, t0
        la      t0, saved
        csrw    mscratch, t0                    # where the handler keeps main's registers

        sw      zero, balance, t0               # RAM is not known to be zero when power comes on
        sw      zero, ticks, t0
        call    console_init
        call    set_alarm
        li      t0, MIE_MTIE
        csrw    mie, t0
        li      t0, MSTATUS_MIE
        csrrs   s1, mstatus, t0                 # interrupts are on from here. s1 = how it was before

        li      s0, PAYMENTS
1:
        call    pay_in
        addi    s0, s0, -1
        bnez    s0, 1b

        csrw    mie, zero                       # the clock has paid for the last time
        csrw    mstatus, s1                     # as it was before
        j       report

# pay_in: main pays in 1. Nobody may come in between.
pay_in:
        csrci   mstatus, MSTATUS_MIE            # interrupts off ...
        lw      t0, balance
        li      t1, COUNTING
1:
        addi    t1, t1, -1
        bnez    t1, 1b
        addi    t0, t0, 1
        sw      t0, balance, t1
        csrsi   mstatus, MSTATUS_MIE            # ... and on
        ret

# tick: the clock's interrupt. It may come between any two instructions of main, and main must not notice.
        .balign 4
tick:
        csrrw   sp, mscratch, sp                # swap: sp = saved, mscratch = main's sp
        sw      t0, 0(sp)
        sw      t1, 4(sp)
        sw      ra, 8(sp)
        lw      t0, balance
        addi    t0, t0, 1
        sw      t0, balance, t1
        lw      t0, ticks
        addi    t0, t0, 1
        sw      t0, ticks, t1
        call    set_alarm
        lw      t0, 0(sp)
        lw      t1, 4(sp)
        lw      ra, 8(sp)
        csrrw   sp, mscratch, sp
        mret

# set_alarm: the next tick comes TICK from now. That also ends the interrupt that is pending. Uses t0 and t1.
set_alarm:
        li      t1, MTIME
        lw      t0, 0(t1)
        addi    t0, t0, TICK
        li      t1, MTIMECMP
        sw      zero, 4(t1)
        sw      t0, 0(t1)
        ret

# report: is all the money there?
report:
        la      a0, text_main
        call    print
        li      a0, PAYMENTS
        call    print_number
        la      a0, text_clock
        call    print
        lw      a0, ticks
        call    print_number
        la      a0, text_balance
        call    print
        lw      a0, balance
        call    print_number
        lw      s1, ticks
        addi    s1, s1, PAYMENTS
        lw      t0, balance
        sub     s1, s1, t0                      # s1 = what is missing
        li      s2, FINISH_PASS
        la      a0, text_good
        beqz    s1, 1f
        li      s2, FINISH_FAIL
        la      a0, text_comma
        call    print
        mv      a0, s1
        call    print_number
        la      a0, text_lost
1:
        call    print
        li      t0, FINISHER
        sw      s2, 0(t0)
park:
        wfi
        j       park

# print_number: the number in a0, in decimal.
print_number:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        addi    t0, sp, 16                      # ten digits at most, from right to left
        sb      zero, 0(t0)
        li      t1, 10
1:
        remu    t2, a0, t1
        divu    a0, a0, t1
        addi    t2, t2, '0'
        addi    t0, t0, -1
        sb      t2, 0(t0)
        bnez    a0, 1b
        mv      a0, t0
        call    print
        lw      ra, 28(sp)
        addi    sp, sp, 32
        ret

        .section .rodata
text_main:
        .asciz  "ledger: "
text_clock:
        .asciz  " paid in by main, "
text_balance:
        .asciz  " by the clock\nledger: the balance is "
text_good:
        .asciz  ", all is there\n"
text_comma:
        .asciz  ", "
text_lost:
        .asciz  " lost\n"

        .include "tinyos/console.s"             # print

        .section .bss
        .balign 16
balance:
        .space  4
ticks:
        .space  4
saved:                                          # t0, t1 and ra of main, while the handler runs
        .space  12
        .balign 16
        .space  512
stack_top:
