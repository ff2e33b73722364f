# partition/ending.s - all guests have shut down. The serial port belongs to nobody now, and so the hypervisor prints
# what those had to say who had none. Then it turns the machine off.
#
#       vm2| ...                a line of partition 2's log

        .include "serial.s"                     # console_init, print_character

        .section .text

# ending: every partition's V_CODE says how it ended. The machine's exit code is the first one that is not 0.
ending:
        call    console_init                    # its guest may have left the port in any state
        li      s0, FIRST
        li      s2, '1'                         # s2 = the partition's number
        li      s3, 0                           # s3 = the exit code
1:
        bnez    s3, 2f
        lw      s3, V_CODE(s0)
2:
        call    print_log
        li      t0, PARTITION_SIZE
        add     s0, s0, t0
        addi    s2, s2, 1
        li      t0, BEHIND_LAST
        bltu    s0, t0, 1b

        mv      a0, s3
        # falls through

# finish: end the run with exit code a0.
finish:
        li      t0, FINISH_PASS
        beqz    a0, 1f
        slli    a0, a0, 16
        li      t0, FINISH_FAIL
        or      t0, t0, a0
1:
        li      t1, FINISHER
        sw      t0, 0(t1)
2:
        wfi                                     # a real board takes a moment to turn off
        j       2b

# print_log: print the log of the partition s0, each line with its number, s2, before it.
print_log:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        sw      s1, 24(sp)
        sw      s4, 20(sp)
        sw      s5, 16(sp)
        li      s1, LOG
        add     s1, s1, s0                      # s1 = the next byte
        lw      s4, 0(s1)
        addi    s1, s1, 4
        li      t0, LOG_SIZE
        bleu    s4, t0, 1f
        mv      s4, t0                          # the guest has written that number: do not believe it
1:
        add     s4, s4, s1                      # s4 = behind the last byte
        li      s5, 1                           # s5 = 1: a line begins
2:
        bgeu    s1, s4, 5f
        beqz    s5, 4f
        la      t2, text_vm
        call    print
        mv      a0, s2
        call    print_character
        la      t2, text_line
        call    print
4:
        lbu     a0, 0(s1)
        addi    s1, s1, 1
        addi    t0, a0, -'\n'
        seqz    s5, t0
        call    print_character
        j       2b
5:
        lw      ra, 28(sp)
        lw      s1, 24(sp)
        lw      s4, 20(sp)
        lw      s5, 16(sp)
        addi    sp, sp, 32
        ret

# print: print the text at t2, up to a 0.
print:
        mv      t3, ra
1:
        lbu     a0, 0(t2)
        beqz    a0, 2f
        call    print_character
        addi    t2, t2, 1
        j       1b
2:
        mv      ra, t3
        ret

        .section .rodata
text_vm:
        .asciz  "vm"
text_line:
        .asciz  "| "
