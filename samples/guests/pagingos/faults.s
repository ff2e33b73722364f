# pagingos/faults.s - what happens to a program that breaks a rule, and to a kernel that does.

        .equ    CAUSE_NAMES,    16              # length of the table that follows

        .section .rodata
        .balign 4
cause_names:                                    # by number, as the privileged specification gives them
        .word   cause_0, cause_1, cause_2, cause_3, cause_4, cause_5, cause_6, cause_7
        .word   cause_unknown, cause_unknown, cause_unknown, cause_unknown
        .word   cause_12, cause_13, cause_unknown, cause_15
cause_0:
        .asciz  "instruction address misaligned"
cause_1:
        .asciz  "instruction access fault"
cause_2:
        .asciz  "illegal instruction"
cause_3:
        .asciz  "breakpoint"
cause_4:
        .asciz  "load address misaligned"
cause_5:
        .asciz  "load access fault"
cause_6:
        .asciz  "store address misaligned"
cause_7:
        .asciz  "store access fault"
cause_12:
        .asciz  "instruction page fault"
cause_13:
        .asciz  "load page fault"
cause_15:
        .asciz  "store page fault"
cause_unknown:
        .asciz  "unknown trap"

        .section .text

# kill: the current process (s0) did something that it may not do. a0 = scause, a1 = stval.
#
#       pagingos: rogue (8) killed: load page fault 0x80001000, pc 0x4000007c: 0x0002a303
#
# The last number is the instruction at pc. Code is execute only, so it takes MXR to read it.
kill:
        mv      s1, a0
        mv      s2, a1
        call    print_process
        la      a0, text_killed
        call    print
        mv      a0, s1
        mv      a1, s2
        lw      a2, P_PC(s0)
        call    print_fault
        lw      a0, P_PC(s0)
        call    read_code
        bnez    a0, 1f                          # it jumped to where nothing is
        mv      s1, a1
        la      a0, text_colon
        call    print
        mv      a0, s1
        call    print_hex
1:
        la      a0, text_newline
        call    print
        call    end_process
        j       schedule

# panic: a trap came from the kernel itself, and not from where we expect it. Say what is known and stop the
# machine.
panic:
        la      t0, panic_again
        csrw    stvec, t0                       # should even this go wrong: do not come back here
        la      a0, text_panic
        call    print
        csrr    a0, scause
        csrr    a1, stval
        csrr    a2, sepc
        call    print_fault
        la      a0, text_newline
        call    print
        li      a0, EXIT_PANIC
        j       fail

        .balign 4
panic_again:
        li      a0, EXIT_PANIC
        j       fail

# print_fault: say what the cause a0, the value a1 that came with it, and the pc a2 are. For a breakpoint the value
# says nothing that the pc does not (and some harts give 0, others the pc).
print_fault:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        sw      s3, 0(sp)
        mv      s1, a1
        mv      s2, a2
        mv      s3, a0
        la      t0, cause_unknown
        li      t1, CAUSE_NAMES
        bgeu    a0, t1, 1f
        la      t0, cause_names
        slli    t1, a0, 2
        add     t0, t0, t1
        lw      t0, 0(t0)
1:
        mv      a0, t0
        call    print
        li      t0, CAUSE_BREAKPOINT
        beq     s3, t0, 2f
        la      a0, text_space
        call    print
        mv      a0, s1
        call    print_hex
2:
        la      a0, text_pc
        call    print
        mv      a0, s2
        call    print_hex
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        lw      s3, 0(sp)
        addi    sp, sp, 16
        ret

        .section .rodata
text_killed:
        .asciz  ") killed: "
text_panic:
        .asciz  "pagingos: PANIC in the kernel: "
text_pc:
        .asciz  ", pc "
text_space:
        .asciz  " "
text_colon:
        .asciz  ": "
