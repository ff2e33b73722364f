# guest.s - the guest: a small kernel, written for ring 0. Nothing to write here.
#
# It knows nothing of a hypervisor. Alone on the machine (native.toml) it runs in ring 0 and all of it works; under
# your hypervisor it runs in ring 1 and must see no difference. It tests its machine in six steps, says so after
# each, and after the last turns the machine off. STEPS says how many of them it takes. Where something is not as
# a kernel expects, it says what it found and ends with the number of the step as the exit code.

        .equ    UART,           0x10000000
        .equ    CLOCK,          0x0200bff8
        .equ    ALARM,          0x02004000
        .equ    FINISHER,       0x00100000
        .equ    FINISH_PASS,    0x5555
        .equ    FINISH_FAIL,    0x3333

        .equ    PROGRAM,        0x80410000      # the program that runs in ring 3 (program.s)
        .equ    PROGRAM_SIZE,   0x00010000

        .equ    MSTATUS_MIE,    1 << 3          # interrupts on
        .equ    MSTATUS_MPIE,   1 << 7          # ... before the trap
        .equ    MSTATUS_MPP,    3 << 11         # the ring before the trap: 3 is M, 0 is U
        .equ    MIE_TIMER,      1 << 7

        .ifndef STEPS
        .equ    STEPS, 6
        .endif

# step_done n, text: step n worked; go on unless it is the last.
        .macro  step_done n, text
        la      a0, \text
        call    print
        li      t0, STEPS
        li      t1, \n
        beq     t0, t1, good_night
        .endm

# expect register, wanted, text: go on if the two registers hold the same (neither is a0 to a3); expect_number: if
# the register holds that number.
        .macro  expect register, wanted, text
        mv      a1, \register
        mv      a2, \wanted
        la      a3, \text
        bne     a1, a2, wrong
        .endm
        .macro  expect_number register, number, text
        li      a2, \number
        mv      a1, \register
        la      a3, \text
        bne     a1, a2, wrong
        .endm

        .section .text
        .globl  _start
_start:
        la      sp, stack_top
        la      a0, text_hello
        call    print

# Step 1: where traps go.
        li      s11, 1                          # the number of the step, for the word that something is wrong
        la      s1, own_trap
        csrw    mtvec, s1
        csrr    s2, mtvec
        expect  s2, s1, text_mtvec
        step_done 1, text_step_1

# Step 2: a CSR keeps what is written to it, however it is written.
        li      s11, 2
        li      s1, 0x12345678
        csrw    mscratch, s1
        csrr    s2, mscratch
        expect  s2, s1, text_csrw
        li      s3, 0x0ff00ff0
        csrrw   s3, mscratch, s3                # the old value comes out, the new one goes in
        expect  s3, s1, text_csrrw_old
        csrr    s2, mscratch
        expect_number s2, 0x0ff00ff0, text_csrrw_new
        li      s1, 0x000000ff
        csrrs   s2, mscratch, s1                # set bits
        expect_number s2, 0x0ff00ff0, text_csrrs_old
        csrrc   s2, mscratch, s1                # clear them
        expect_number s2, 0x0ff00fff, text_csrrs_new
        csrwi   mscratch, 21                    # the number is in the instruction
        csrrsi  s2, mscratch, 10
        expect_number s2, 21, text_csrrwi
        csrrci  s2, mscratch, 1
        expect_number s2, 31, text_csrrsi
        csrrw   zero, mscratch, s1              # x0 does not change, whatever the CSR held
        csrw    mscratch, zero
        csrr    s2, mscratch
        expect_number s2, 0, text_zero
        li      s1, 0x80400100
        csrw    mepc, s1
        csrwi   mcause, 5
        csrwi   mtval, 9
        csrr    s2, mepc
        expect  s2, s1, text_mepc_kept
        csrr    s2, mcause
        expect_number s2, 5, text_mcause_kept
        csrr    s2, mtval
        expect_number s2, 9, text_mtval_kept
        csrwi   mie, 0
        csrr    s2, mie
        expect_number s2, 0, text_mie_kept
        csrr    s2, mhartid
        expect_number s2, 0, text_mhartid
        li      s1, MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MIE
        csrc    mstatus, s1
        csrsi   mstatus, MSTATUS_MIE
        csrr    s2, mstatus
        and     s2, s2, s1
        expect_number s2, MSTATUS_MIE, text_mstatus_kept
        step_done 2, text_step_2

# Step 3: the kernel traps to itself, with interrupts on (none of which can come: mie is 0).
        li      s11, 3
        li      s4, 0
own_call:
        ecall
        expect_number s4, 1, text_handled       # own_trap was there
        csrr    s2, mstatus
        andi    s2, s2, MSTATUS_MIE
        expect_number s2, MSTATUS_MIE, text_mie_back
        step_done 3, text_step_3

# Step 4: a program in ring 3, and its system calls.
        li      s11, 4
        li      t0, PROGRAM >> 2 | (PROGRAM_SIZE / 8 - 1)
        csrw    pmpaddr0, t0                    # the program may touch its own memory only
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        la      t0, program_trap
        csrw    mtvec, t0
        la      t0, program_registers
        csrw    mscratch, t0
        li      t0, MSTATUS_MPP
        csrc    mstatus, t0                     # mret goes to ring 3 ...
        li      t0, MSTATUS_MPIE
        csrs    mstatus, t0                     # ... with interrupts on
        li      t0, PROGRAM
        csrw    mepc, t0
        li      s5, 0                           # how many system calls there were
        mret

# own_trap: step 3's handler. It looks whether everything is as after a trap of a kernel in ring 0.
        .balign 4
own_trap:
        csrr    s2, mcause
        expect_number s2, 11, text_mcause       # an ecall from M mode: that is where this kernel believes to be
        csrr    s2, mepc
        la      s1, own_call
        expect  s2, s1, text_mepc
        csrr    s2, mtval
        expect_number s2, 0, text_mtval
        csrr    s2, mstatus
        li      s1, MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MIE
        and     s2, s2, s1
        expect_number s2, MSTATUS_MPP | MSTATUS_MPIE, text_mstatus
        li      s4, 1
        la      t0, own_call + 4
        csrw    mepc, t0
        mret

# program_trap: the program's traps, and the clock. The kernel's own s registers are kept in memory meanwhile.
        .balign 4
program_trap:
        csrrw   sp, mscratch, sp
        sw      x1, 4*1(sp)
        .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sw      x\n, 4*\n(sp)
        .endr
        csrrw   t0, mscratch, sp
        sw      t0, 4*2(sp)
        mv      s0, sp                          # s0 = the program's registers
        la      sp, stack_top
        la      s6, kernel_words
        lw      s11, 0(s6)                      # the number of the step

        csrr    s2, mstatus
        li      s1, MSTATUS_MPP | MSTATUS_MIE
        and     s2, s2, s1
        expect_number s2, 0, text_from_program  # from ring 3, and interrupts are off now
        csrr    s2, mcause
        bltz    s2, clock
        li      t0, 2
        beq     s2, t0, refuse

# Step 4: a system call. a7 is which: 1 prints the text at a0, 2 says that the program went wrong.
        expect_number s2, 8, text_ecall
        csrr    s1, mepc
        addi    s1, s1, 4                       # behind the ecall
        csrw    mepc, s1
        lw      t0, 4*17(s0)
        li      t1, 2
        beq     t0, t1, program_wrong
        lw      a0, 4*10(s0)
        call    print
        lw      t0, 4(s6)
        addi    t0, t0, 1
        sw      t0, 4(s6)
        li      t1, 2
        bne     t0, t1, back_to_program         # it has one more
        step_done 4, text_step_4
        li      t0, 5
        sw      t0, 0(s6)
        j       back_to_program

# Step 5: the program used a kernel instruction. It gets nothing for it; it goes on behind it.
refuse:
        csrr    s1, mepc
        lw      s3, 0(s1)
        csrr    s2, mtval
        expect  s2, s3, text_mtval_illegal      # the instruction's bits
        addi    s1, s1, 4
        csrw    mepc, s1
        step_done 5, text_step_5

# Step 6: set the alarm to a time that is over. The interrupt is there at once, but interrupts are off in the kernel:
# it has to wait until the program runs.
        li      t0, 6
        sw      t0, 0(s6)
        li      s1, ALARM
        sw      zero, 4(s1)
        sw      zero, 0(s1)
        li      t0, MIE_TIMER
        csrs    mie, t0
        j       back_to_program

clock:
        expect_number s2, 0x80000007, text_clock
        lw      t0, 8(s6)
        addi    t0, t0, 1
        sw      t0, 8(s6)
        li      t1, 2
        beq     t0, t1, clock_done
        li      s1, ALARM                       # once more, a while from now
        li      t0, -1
        sw      t0, 4(s1)                       # never, while the two halves do not fit together
        li      t1, CLOCK
        lw      t2, 0(t1)
        li      t0, 2000
        add     t2, t2, t0
        sw      t2, 0(s1)
        sw      zero, 4(s1)
        j       back_to_program
clock_done:
        step_done 6, text_step_6

back_to_program:
        mv      sp, s0
        lw      x1, 4*1(sp)
        .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        lw      x\n, 4*\n(sp)
        .endr
        lw      sp, 4*2(sp)
        mret

program_wrong:
        lw      a0, 4*10(s0)
        call    print
        j       fail

# wrong: a1 is not a2; a3 says what it is.
wrong:
        mv      s7, a1
        mv      s8, a2
        mv      s9, a3
        la      a0, text_wrong
        call    print
        mv      a0, s9
        call    print
        la      a0, text_is
        call    print
        mv      a0, s7
        call    print_hex
        la      a0, text_expected
        call    print
        mv      a0, s8
        call    print_hex
        la      a0, text_newline
        call    print
fail:
        slli    t1, s11, 16
        li      t2, FINISH_FAIL
        or      t1, t1, t2
        j       turn_off
good_night:
        la      a0, text_good_night
        call    print
        li      t1, FINISH_PASS
turn_off:
        li      t0, FINISHER
        sw      t1, 0(t0)
        j       .

# print: send the text at a0.
print:
        li      t0, UART
1:      lbu     t1, 0(a0)
        beqz    t1, 3f
2:      lbu     t2, 5(t0)                       # ready for the next byte?
        andi    t2, t2, 1 << 5
        beqz    t2, 2b
        sb      t1, 0(t0)
        addi    a0, a0, 1
        j       1b
3:      ret

# print_hex: send the word in a0 as 0x and eight digits.
print_hex:
        la      t3, hex_end
        li      t4, 8
1:      andi    t0, a0, 15
        srli    a0, a0, 4
        la      t1, digits
        add     t0, t0, t1
        lbu     t0, 0(t0)
        addi    t3, t3, -1
        sb      t0, 0(t3)
        addi    t4, t4, -1
        bnez    t4, 1b
        la      a0, hex
        j       print

        .section .rodata
text_hello:             .asciz  "guest: I am a kernel, and the machine is mine\n"
text_step_1:            .asciz  "guest: 1 my trap vector is where I put it\n"
text_step_2:            .asciz  "guest: 2 my CSRs keep what I write\n"
text_step_3:            .asciz  "guest: 3 I trapped to myself, and came back\n"
text_step_4:            .asciz  "guest: 4 my program runs in ring 3, and calls me\n"
text_step_5:            .asciz  "guest: 5 my program may not use kernel instructions\n"
text_step_6:            .asciz  "guest: 6 my clock takes the CPU from my program\n"
text_good_night:        .asciz  "guest: good night\n"
text_wrong:             .asciz  "guest: WRONG: "
text_is:                .asciz  " is "
text_expected:          .asciz  ", not "
text_mtvec:             .asciz  "what I read from mtvec"
text_csrw:              .asciz  "mscratch after csrw"
text_csrrw_old:         .asciz  "the old value, from csrrw,"
text_csrrw_new:         .asciz  "mscratch after csrrw with rd and rs1 the same"
text_csrrs_old:         .asciz  "the old value, from csrrs,"
text_csrrs_new:         .asciz  "mscratch after csrrs"
text_csrrwi:            .asciz  "mscratch after csrwi"
text_csrrsi:            .asciz  "mscratch after csrrsi"
text_zero:              .asciz  "mscratch after csrw of x0 (is x0 still 0?)"
text_mepc_kept:         .asciz  "mepc after csrw"
text_mcause_kept:       .asciz  "mcause after csrwi"
text_mtval_kept:        .asciz  "mtval after csrwi"
text_mie_kept:          .asciz  "mie after csrwi"
text_mhartid:           .asciz  "mhartid"
text_mstatus_kept:      .asciz  "mstatus (MPP, MPIE, MIE) after csrc and csrsi"
text_handled:           .asciz  "the number of times my trap handler ran"
text_mie_back:          .asciz  "mstatus (MIE) after mret"
text_mcause:            .asciz  "mcause in my trap handler"
text_mepc:              .asciz  "mepc in my trap handler"
text_mtval:             .asciz  "mtval in my trap handler"
text_mstatus:           .asciz  "mstatus (MPP, MPIE, MIE) in my trap handler"
text_from_program:      .asciz  "mstatus (MPP, MIE) after a trap of my program"
text_ecall:             .asciz  "mcause after a system call of my program"
text_mtval_illegal:     .asciz  "mtval after an illegal instruction"
text_clock:             .asciz  "mcause after an interrupt"
text_newline:           .asciz  "\n"
digits:                 .ascii  "0123456789abcdef"

        .section .data
hex:                    .ascii  "0x00000000"
hex_end:                .byte   0
        .balign 4
kernel_words:                                   # what the kernel remembers while its program runs
        .word   4                               # the step
        .word   0                               # how many system calls there were
        .word   0                               # how many interrupts there were

        .section .bss
        .balign 16
program_registers:
        .space  4 * 32
stack:
        .space  1024
stack_top:
