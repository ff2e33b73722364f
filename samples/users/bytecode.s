# bytecode.s - the primes below 500 once more, by a program for a machine that does not exist.
#
# What primes.s does in instructions of the CPU, this does in bytecode, which bytecode/machine.s interprets. The same
# function, the same loop, the same result: compare what it costs.

        .include "lib.s"
        program  bytecode

_start:
        wait_for 1
        la      a0, code
        la      a1, code_end
        call    run_bytecode
        system  SYS_EXIT                        # with what the machine said: 0 if all was well

        .include "bytecode/opcodes.s"
        .include "bytecode/machine.s"
        .include "print.s"

        .equ    LIMIT, 500

# The program. The comments show the stack after each line, its top at the right.

        .section .rodata
code:
        b_enter 2                               # local 0 = the number to look at, local 1 = primes so far
        b_push  2
        b_store 0
count:
        b_load  0                               # number
        b_call  is_prime, 1                     # 1 or 0
        b_load  1
        b_add
        b_store 1
        b_load  0
        b_push  1
        b_add                                   # number + 1
        b_dup
        b_store 0                               # number
        b_push  LIMIT
        b_less                                  # 1 or 0
        b_if    count
        b_text  text_begin
        b_load  1
        b_number
        b_text  text_end
        b_halt

# is_prime(number): 1 if it is a prime, else 0.
is_prime:
        b_enter 2                               # local 0 = the number, local 1 = the divisor
        b_push  2
        b_store 1
divide:
        b_load  0                               # number
        b_load  1
        b_dup
        b_mul                                   # number, divisor squared
        b_less
        b_if    no_divisor                      # beyond the root
        b_load  0
        b_load  1
        b_rem
        b_unless divides
        b_load  1
        b_push  1
        b_add
        b_store 1
        b_jump  divide
no_divisor:
        b_push  1
        b_return
divides:
        b_push  0
        b_return

text_begin:
        .asciz  "bytecode: there are "
text_end:
        .asciz  " primes below 500\n"
code_end:
