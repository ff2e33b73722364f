# tinyos/listing.s - the kernel's first line: what it is going to run.

        .section .text

# list_programs: print the names of all processes on one line.
list_programs:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        la      a0, text_programs
        call    print
        la      s1, processes
1:
        li      a0, ' '
        call    print_character
        addi    a0, s1, P_NAME
        call    print
        addi    s1, s1, P_SIZE
        la      t0, processes_end
        bgeu    s1, t0, 2f
        lw      t0, P_STATE(s1)
        bnez    t0, 1b                          # STATE_FREE, 0, ends the list: there are no gaps
2:
        la      a0, text_newline
        call    print
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret
