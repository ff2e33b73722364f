# program.s - the guest's program, for ring 3. Nothing to write here.

        .equ    SYS_PRINT,      1               # a7: print the text at a0
        .equ    SYS_WRONG,      2               # the same, and it means that something is wrong

        .section .text
        .globl  _start
_start:
        la      a0, text_hello
        li      a7, SYS_PRINT
        ecall
        la      a0, text_again
        ecall

        # A kernel instruction. The kernel wants to hear of it, and t0 must stay as it is.
        li      t0, 42
        csrr    t0, mstatus
        li      t1, 42
        bne     t0, t1, leaked

        # Never give the CPU back. Only the clock can take it.
spin:
        addi    t2, t2, 1
        j       spin

leaked:
        la      a0, text_leaked
        li      a7, SYS_WRONG
        ecall

        .section .rodata
text_hello:
        .asciz  "program: hello from ring 3\n"
text_again:
        .asciz  "program: the kernel let me go on\n"
text_leaked:
        .asciz  "program: WRONG: I could read mstatus\n"
