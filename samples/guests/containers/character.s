# containers/character.s - in place of tinyos/character.s: one serial port, and a console for each container.
#
# Each line says whose it is, and pieces of lines that somebody has interrupted can be put together again:
#
#       red| ...            a line of the container red
#       red+ ...            the rest of red's last line, after somebody else has interrupted it
#       host| ...           a line of the kernel's own
#
# Whose a character is, nobody has to say: it is the current process's container that speaks, be it that a program
# writes or that the kernel reports the program's end. Only when the current process is not one that can run - it has
# ended, it waits, or there is none yet - does the kernel speak for itself.

        .section .data
        .balign 4
speaker:
        .word   0                               # the container in the midst of whose line the port is, 0 for none

        .section .text

# print_character: send the byte in a0, on the console of whoever speaks.
print_character:
        la      t0, containers                  # t0 = who speaks: the host ...
        lw      t1, P_STATE(s0)
        addi    t1, t1, -STATE_READY
        bnez    t1, 1f
        lbu     t1, P_CONTAINER(s0)             # ... or a container
        slli    t1, t1, C_SIZE_SHIFT
        add     t0, t0, t1
1:
        la      t1, speaker
        lw      t2, 0(t1)
        bne     t2, t0, begin_piece             # somebody else spoke last, or a line has ended
2:
        andi    t2, a0, 0xff
        addi    t2, t2, -'\n'
        bnez    t2, send
        sw      zero, 0(t1)                     # the line is complete
        j       send

# begin_piece: go to a new line and say who speaks; then send the byte in a0. t0 = who speaks, t1 = the address of
# speaker, t2 = who is in the midst of a line, or 0.
begin_piece:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        sw      a0, 0(sp)
        mv      s2, t0
        sw      s2, 0(t1)
        beqz    t2, 1f
        li      t0, 1
        sw      t0, C_BROKEN(t2)                # the rest of that line will be marked
        li      a0, '\n'
        call    send
1:
        addi    s1, s2, C_NAME
2:
        lbu     a0, 0(s1)
        beqz    a0, 3f
        call    send
        addi    s1, s1, 1
        j       2b
3:
        li      a0, '|'
        lw      t0, C_BROKEN(s2)
        beqz    t0, 4f
        sw      zero, C_BROKEN(s2)
        li      a0, '+'
4:
        call    send
        li      a0, ' '
        call    send
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        lw      a0, 0(sp)
        addi    sp, sp, 16
        j       print_character                 # this time the speaker is the one who spoke last

# send: send the byte in a0, whoever speaks.
send:
        li      t0, UART
1:
        lbu     t1, UART_LSR(t0)
        andi    t1, t1, LSR_THRE
        beqz    t1, 1b                          # busy
        sb      a0, UART_THR(t0)
        ret
