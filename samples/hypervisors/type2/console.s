# type2/console.s - the guest's lines on the host's console. Others print there, too, so we print whole lines, and say
# who speaks:
#
#       type2: ...          the hypervisor
#       vm1| ...            a line of the guest
#       vm1+ ...            more of its last line, which was too long, or stopped half way for a while

        .equ    LINE_SIZE,      120
        .equ    PREFIX_SIZE,    5

        .section .data
line:
        .ascii  "vm1| "
line_text:
        .space  LINE_SIZE + 1
        .balign 4
line_length:
        .word   0

        .section .text

# console_put: the guest prints the byte a0.
console_put:
        lw      t0, line_length
        la      t1, line_text
        add     t1, t1, t0
        sb      a0, 0(t1)
        addi    t0, t0, 1
        sw      t0, line_length, t1
        li      t1, '\n'
        beq     a0, t1, line_write
        li      t1, LINE_SIZE
        beq     t0, t1, console_flush
        ret

# console_flush: print what there is of a line. What follows will be more of it.
console_flush:
        lw      t0, line_length
        beqz    t0, 1f
        mv      t5, ra
        la      t1, line_text
        add     t1, t1, t0
        li      t2, '\n'
        sb      t2, 0(t1)
        addi    t0, t0, 1
        sw      t0, line_length, t1
        call    line_write
        li      t2, '+'
        la      t1, line
        sb      t2, PREFIX_SIZE - 2(t1)
        mv      ra, t5
1:
        ret

# line_write: print the line, which is complete.
line_write:
        la      a0, line
        lw      a1, line_length
        addi    a1, a1, PREFIX_SIZE
        host    HOST_WRITE
        sw      zero, line_length, t0
        li      t2, '|'
        la      t1, line
        sb      t2, PREFIX_SIZE - 2(t1)
        ret

# say: print the text at a0 as a line of our own.
say:
        mv      a2, a0
        la      a0, text_type2
        li      a1, TEXT_TYPE2_SIZE
        host    HOST_WRITE
        mv      a0, a2
        li      a1, 0
1:
        add     t0, a0, a1
        lbu     t0, 0(t0)
        beqz    t0, 2f
        addi    a1, a1, 1
        j       1b
2:
        host    HOST_WRITE
        la      a0, text_end_of_line
        li      a1, 1
        host    HOST_WRITE
        ret

        .section .rodata
text_type2:
        .ascii  "type2: "
        .equ    TEXT_TYPE2_SIZE, . - text_type2
text_end_of_line:
        .ascii  "\n"
