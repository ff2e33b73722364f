# tinyos/faults.s - what happens to a program that breaks a rule, and to a kernel that does.

        .equ    CAUSE_NAMES,    8               # length of the table that follows

        .section .rodata
        .balign 4
cause_names:                                    # by number, as the privileged specification gives them
        .word   cause_0, cause_1, cause_2, cause_3, cause_4, cause_5, cause_6, cause_7
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

        .section .text

# kill: the current process (s0) did something that it may not do. a0 = mcause.
#
#       tinyos: rogue (6) killed: store access fault, address 0x80000000, pc 0x8001a05c
kill:
        mv      s1, a0
        la      a0, text_tinyos
        call    print
        addi    a0, s0, P_NAME
        call    print
        la      a0, text_open
        call    print
        lw      a0, P_PID(s0)
        addi    a0, a0, '0'                     # there are at most 8, so one digit will do
        call    print_character
        la      a0, text_killed
        call    print
        mv      a0, s1
        call    print_fault
        call    end_process
        j       schedule

# panic: a trap came from the kernel itself. Say what is known and stop the machine.
panic:
        la      t0, panic_again
        csrw    mtvec, t0                       # should even this go wrong: do not come back here
        la      a0, text_panic
        call    print
        csrr    a0, mcause
        call    print_fault
        li      a0, EXIT_PANIC
        j       fail

        .balign 4
panic_again:
        li      a0, EXIT_PANIC
        j       fail

# print_fault: say what mcause (in a0), mtval and mepc mean, and end the line.
print_fault:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        mv      s1, a0
        la      t0, text_unknown
        li      t1, CAUSE_NAMES
        bgeu    s1, t1, 1f
        la      t0, cause_names
        slli    t1, s1, 2
        add     t0, t0, t1
        lw      t0, 0(t0)
1:
        mv      a0, t0
        call    print
        li      t0, CAUSE_BREAKPOINT
        beq     s1, t0, 3f                      # for a breakpoint mtval says nothing that mepc does not
        li      t0, CAUSE_ILLEGAL
        la      a0, text_space
        beq     s1, t0, 2f                      # for an illegal instruction mtval is the instruction
        la      a0, text_address                # for all others the address
2:
        call    print
        csrr    a0, mtval
        call    print_hex
3:
        la      a0, text_pc
        call    print
        csrr    a0, mepc
        call    print_hex
        la      a0, text_newline
        call    print
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

        .section .rodata
text_unknown:
        .asciz  "unknown trap"
text_tinyos:
        .asciz  "tinyos: "
text_open:
        .asciz  " ("
text_killed:
        .asciz  ") killed: "
text_panic:
        .asciz  "tinyos: PANIC in the kernel: "
text_address:
        .asciz  ", address "
text_pc:
        .asciz  ", pc "
text_space:
        .asciz  " "
