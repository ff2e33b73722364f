# bytecode/opcodes.s - the instruction set of the bytecode machine, and an assembler for it made of macros.
#
# An instruction is a byte, the opcode, and perhaps operands. The machine has no registers: operands are taken from
# the top of a stack, results are put there. Each function has a frame on that stack, which begins with its arguments
# and other locals, numbered from 0.
#
#       instruction             takes      leaves    does
#       b_halt                                       end, all is well
#       b_push   VALUE                     value     a constant, -32768 to 32767
#       b_load   N                         value     local N
#       b_store  N              value                into local N
#       b_dup                   a          a a
#       b_drop                  a
#       b_add b_sub b_mul       a b        a op b
#       b_div b_rem             a b        a op b    unsigned; by 0 is an error
#       b_less b_equal          a b        1 or 0    unsigned
#       b_jump   LABEL
#       b_if     LABEL          a                    jump unless a is 0
#       b_unless LABEL          a                    jump if a is 0
#       b_call   LABEL, COUNT   COUNT args           call a function with so many arguments
#       b_enter  COUNT                               first in a function: it has so many locals, arguments included
#       b_return                a                    end the function; a is left in its caller's frame
#       b_number                a                    print it in decimal
#       b_text   LABEL                               print the string there, which ends with a 0
#
# A place is written as its distance from the end of the instruction: so bytecode runs wherever it lies.

        .equ    OP_HALT,        0
        .equ    OP_PUSH,        1
        .equ    OP_LOAD,        2
        .equ    OP_STORE,       3
        .equ    OP_DUP,         4
        .equ    OP_DROP,        5
        .equ    OP_ADD,         6
        .equ    OP_SUB,         7
        .equ    OP_MUL,         8
        .equ    OP_DIV,         9
        .equ    OP_REM,         10
        .equ    OP_LESS,        11
        .equ    OP_EQUAL,       12
        .equ    OP_JUMP,        13
        .equ    OP_IF,          14
        .equ    OP_UNLESS,      15
        .equ    OP_CALL,        16
        .equ    OP_ENTER,       17
        .equ    OP_RETURN,      18
        .equ    OP_NUMBER,      19
        .equ    OP_TEXT,        20
        .equ    OP_COUNT,       21

# Without operands: b_halt, b_dup, ...
        .macro  b_halt
        .byte   OP_HALT
        .endm
        .macro  b_dup
        .byte   OP_DUP
        .endm
        .macro  b_drop
        .byte   OP_DROP
        .endm
        .macro  b_add
        .byte   OP_ADD
        .endm
        .macro  b_sub
        .byte   OP_SUB
        .endm
        .macro  b_mul
        .byte   OP_MUL
        .endm
        .macro  b_div
        .byte   OP_DIV
        .endm
        .macro  b_rem
        .byte   OP_REM
        .endm
        .macro  b_less
        .byte   OP_LESS
        .endm
        .macro  b_equal
        .byte   OP_EQUAL
        .endm
        .macro  b_return
        .byte   OP_RETURN
        .endm
        .macro  b_number
        .byte   OP_NUMBER
        .endm

# With a number: one byte, or two, the least significant first. The bytes are written one by one, for nothing in
# bytecode is aligned.
        .macro  b_push  value
        .byte   OP_PUSH, (\value) & 0xff, ((\value) >> 8) & 0xff
        .endm
        .macro  b_load  local
        .byte   OP_LOAD, \local
        .endm
        .macro  b_store local
        .byte   OP_STORE, \local
        .endm
        .macro  b_enter locals
        .byte   OP_ENTER, \locals
        .endm

# With a place.
        .macro  b_jump  place
        .byte   OP_JUMP
        .2byte  \place - . - 2
        .endm
        .macro  b_if    place
        .byte   OP_IF
        .2byte  \place - . - 2
        .endm
        .macro  b_unless place
        .byte   OP_UNLESS
        .2byte  \place - . - 2
        .endm
        .macro  b_text  place
        .byte   OP_TEXT
        .2byte  \place - . - 2
        .endm
        .macro  b_call  place, arguments
        .byte   OP_CALL, \arguments
        .2byte  \place - . - 2
        .endm
