# bytecode/machine.s - the bytecode machine: a program that runs programs.
#
# Nothing in here is privileged, and no hardware helps. What keeps a bytecode program in its place are the checks in
# this file: of every opcode, every jump, every use of the stack, every divisor. A program that breaks a rule ends with
# a message; it cannot reach a byte that is not its own, for no instruction of the machine takes an address.
#
# Registers, for as long as the machine runs:
#
#       s0      the next byte of the program
#       s1      the stack: the first free word. It grows upwards
#       s2      the frame of the function that runs: its local 0
#       s3      how low the function may take words from: the end of its locals
#       s4      the calls: the first free entry of the call stack, which grows upwards
#       s5, s6  the first byte of the program, and the first after it
#       s7      the table of handlers
#
# An entry of the call stack holds where the caller goes on, its frame and the end of its locals.

        .equ    STACK_WORDS,    256
        .equ    CALLS,          64
        .equ    CALL_SIZE,      12

        .section .text

# pop REGISTER: take a word from the stack.
        .macro  pop     register
        bgeu    s3, s1, stack_is_empty
        addi    s1, s1, -4
        lw      \register, 0(s1)
        .endm

# push REGISTER: put a word on the stack. t6 is lost.
        .macro  push    register
        la      t6, stack_end
        bgeu    s1, t6, stack_is_full
        sw      \register, 0(s1)
        addi    s1, s1, 4
        .endm

# operand REGISTER: the next byte of the program. place REGISTER: the place that the next two bytes name.
        .macro  operand register
        bgeu    s0, s6, ran_away
        lbu     \register, 0(s0)
        addi    s0, s0, 1
        .endm
        .macro  place   register
        operand \register
        operand t6
        slli    t6, t6, 24                      # the upper byte brings the sign
        srai    t6, t6, 16
        or      \register, \register, t6
        add     \register, \register, s0
        bltu    \register, s5, ran_away
        bgeu    \register, s6, ran_away
        .endm

# run_bytecode: run the program from a0 to a1, beginning with its first byte. Returns 0 in a0 when it halts, or 1
# after a message.
run_bytecode:
        addi    sp, sp, -48
        sw      ra, 44(sp)
        sw      s0, 40(sp)
        sw      s1, 36(sp)
        sw      s2, 32(sp)
        sw      s3, 28(sp)
        sw      s4, 24(sp)
        sw      s5, 20(sp)
        sw      s6, 16(sp)
        sw      s7, 12(sp)
        mv      s0, a0
        mv      s5, a0
        mv      s6, a1
        la      s1, stack
        mv      s2, s1
        mv      s3, s1
        la      s4, calls
        la      s7, handlers

# The heart: fetch, decode, execute. A CPU does the same in wires.
next:
        operand t0
        li      t1, OP_COUNT
        bgeu    t0, t1, unknown_opcode
        slli    t0, t0, 2
        add     t0, t0, s7
        lw      t2, 0(t0)
        jr      t2                              # not t0: that is a second link register, jr t0 says "return"

op_push:
        operand t0
        operand t1
        slli    t1, t1, 24
        srai    t1, t1, 16
        or      t0, t0, t1
        push    t0
        j       next

op_load:
        operand t0
        slli    t0, t0, 2
        add     t0, t0, s2
        bgeu    t0, s3, no_such_local
        lw      t0, 0(t0)
        push    t0
        j       next

op_store:
        operand t0
        slli    t0, t0, 2
        add     t0, t0, s2
        bgeu    t0, s3, no_such_local
        pop     t1
        sw      t1, 0(t0)
        j       next

op_dup:
        pop     t0
        push    t0
        push    t0
        j       next

op_drop:
        pop     t0
        j       next

# binary NAME, INSTRUCTION: a handler that takes two words and leaves one.
        .macro  binary  name, instruction
\name:
        pop     t1
        pop     t0
        \instruction t0, t0, t1
        push    t0
        j       next
        .endm

        binary  op_add, add
        binary  op_sub, sub
        binary  op_mul, mul
        binary  op_less, sltu

op_equal:
        pop     t1
        pop     t0
        sub     t0, t0, t1
        seqz    t0, t0
        push    t0
        j       next

op_div:
        pop     t1
        pop     t0
        beqz    t1, division_by_zero
        divu    t0, t0, t1
        push    t0
        j       next

op_rem:
        pop     t1
        pop     t0
        beqz    t1, division_by_zero
        remu    t0, t0, t1
        push    t0
        j       next

op_jump:
        place   t0
        mv      s0, t0
        j       next

op_if:
        place   t0
        pop     t1
        beqz    t1, next
        mv      s0, t0
        j       next

op_unless:
        place   t0
        pop     t1
        bnez    t1, next
        mv      s0, t0
        j       next

# The arguments are on the stack already: the frame of the function that is called begins with them.
op_call:
        operand t1                              # t1 = bytes of arguments
        slli    t1, t1, 2
        place   t0
        sub     t2, s1, t1                      # t2 = the new frame
        bltu    t2, s3, stack_is_empty          # the caller has not put so many there
        la      t3, calls_end
        bgeu    s4, t3, too_many_calls
        sw      s0, 0(s4)
        sw      s2, 4(s4)
        sw      s3, 8(s4)
        addi    s4, s4, CALL_SIZE
        mv      s0, t0
        mv      s2, t2
        mv      s3, s1                          # its locals are its arguments, until it enters
        j       next

op_enter:
        operand t0
        slli    t0, t0, 2
        add     t0, t0, s2                      # t0 = the end of the locals
        bltu    t0, s1, too_few_locals          # the arguments are among them
1:
        bgeu    s1, t0, 2f
        push    zero
        j       1b
2:
        mv      s3, s1
        j       next

op_return:
        pop     t0
        la      t1, calls
        bgeu    t1, s4, nobody_called
        mv      s1, s2                          # the frame is gone
        addi    s4, s4, -CALL_SIZE
        lw      s0, 0(s4)
        lw      s2, 4(s4)
        lw      s3, 8(s4)
        push    t0
        j       next

op_number:
        pop     a0
        call    print_number
        j       next

op_text:
        place   a0
        mv      t0, a0
1:
        bgeu    t0, s6, ran_away                # the string must end inside the program
        lbu     t1, 0(t0)
        addi    t0, t0, 1
        bnez    t1, 1b
        call    print
        j       next

op_halt:
        li      a0, 0
leave:
        lw      ra, 44(sp)
        lw      s0, 40(sp)
        lw      s1, 36(sp)
        lw      s2, 32(sp)
        lw      s3, 28(sp)
        lw      s4, 24(sp)
        lw      s5, 20(sp)
        lw      s6, 16(sp)
        lw      s7, 12(sp)
        addi    sp, sp, 48
        ret

# refuse NAME, TEXT: where a check that failed jumps to. It says why, and at which byte of the program.
        .macro  refuse  name, text
\name:
        la      a0, \name\()_text
        j       refused
        .section .rodata
\name\()_text:
        .asciz  "\text"
        .section .text
        .endm

        refuse  unknown_opcode, "no such instruction"
        refuse  ran_away, "left the program"
        refuse  stack_is_empty, "the stack is empty"
        refuse  stack_is_full, "the stack is full"
        refuse  no_such_local, "no such local"
        refuse  too_few_locals, "more arguments than locals"
        refuse  too_many_calls, "too many calls"
        refuse  nobody_called, "nobody to return to"
        refuse  division_by_zero, "division by zero"

refused:
        mv      s1, a0
        la      a0, refused_begin
        call    print
        mv      a0, s1
        call    print
        la      a0, refused_where
        call    print
        sub     a0, s0, s5
        call    print_number
        la      a0, refused_end
        call    print
        li      a0, 1
        j       leave

        .section .rodata
refused_begin:
        .asciz  "bytecode: "
refused_where:
        .asciz  ", before byte "
refused_end:
        .asciz  "\n"

        .balign 4
handlers:
        .word   op_halt, op_push, op_load, op_store, op_dup, op_drop
        .word   op_add, op_sub, op_mul, op_div, op_rem, op_less, op_equal
        .word   op_jump, op_if, op_unless, op_call, op_enter, op_return
        .word   op_number, op_text

        .section .bss
        .balign 4
stack:
        .space  4 * STACK_WORDS
stack_end:
calls:
        .space  CALL_SIZE * CALLS
calls_end:
