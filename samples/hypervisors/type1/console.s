# type1/console.s - the real console: one serial port for all virtual machines and for the hypervisor itself.
#
# Output. Each VM's output is collected until a line is complete, so that lines of different VMs do not mix. A line
# is printed before that if it gets long, or if its VM waits: perhaps for an answer. Each line says who speaks:
#
#       type1: ...          the hypervisor
#       vm1| ...            a line of VM 1
#       vm1+ ...            the rest of VM 1's last line, after somebody else has interrupted it
#
# Who puts the pieces of a VM together, with a newline before each "|" but the first, has exactly what it sent.
#
# Input goes to one VM: the first that has not ended. While that VM could be interrupted by a byte, the real port
# may interrupt us. Else bytes wait in the real port until the VM looks (type1/uart.s: uart_update).

        .ifdef  SPLIT
        .equ    OUR_CONTEXT, 1                  # the PLIC interrupts us in S mode (hypervisors/split.s) ...
        .else
        .equ    OUR_CONTEXT, 0                  # ... or in M mode
        .endif
        .equ    PLIC_REAL_PRIORITY, PLIC + 4 * UART_SOURCE
        .equ    PLIC_REAL_ENABLE, PLIC + PLIC_ENABLE + (OUR_CONTEXT << PLIC_ENABLE_SHIFT)
        .equ    PLIC_REAL_THRESHOLD, PLIC + PLIC_CONTEXT + (OUR_CONTEXT << PLIC_CONTEXT_SHIFT)
        .equ    PLIC_REAL_CLAIM, PLIC_REAL_THRESHOLD + PLIC_CLAIM

        .section .data
        .balign 4
speaker:
        .word   0                               # the VM in the midst of whose line the console is, 0 for none
input_vm:
        .word   vcpus                           # the VM that gets the input; ended only if all have
listening:
        .word   0                               # what the real port's IER is

        .section .text

# console_init: 8 bits, no parity, queues on. The port may interrupt us by way of the PLIC; but see console_listen.
console_init:
        li      t0, UART
        sb      zero, UART_IER(t0)
        li      t1, LCR_8_BITS
        sb      t1, UART_LCR(t0)
        li      t1, FCR_ENABLE
        sb      t1, UART_FCR(t0)
        li      t1, 1
        li      t0, PLIC_REAL_PRIORITY
        sw      t1, 0(t0)
        li      t0, PLIC_REAL_THRESHOLD
        sw      zero, 0(t0)
        li      t1, 1 << UART_SOURCE
        li      t0, PLIC_REAL_ENABLE
        sw      t1, 0(t0)
        ret

# ---- printing, whatever the line. These functions are the hypervisor's; a guest's bytes take console_put

# print_char: print the byte in a0.
print_char:
        li      t0, UART
1:
        lbu     t1, UART_LSR(t0)
        andi    t1, t1, LSR_THRE
        beqz    t1, 1b                          # busy
        sb      a0, UART_DATA(t0)
        ret

# print_bytes: print a1 bytes from address a0.
print_bytes:
        add     a1, a1, a0
        li      t0, UART
1:
        bgeu    a0, a1, 3f
        lbu     t2, 0(a0)
        addi    a0, a0, 1
2:
        lbu     t1, UART_LSR(t0)
        andi    t1, t1, LSR_THRE
        beqz    t1, 2b
        sb      t2, UART_DATA(t0)
        j       1b
3:
        ret

# print: print the text at a0, up to a 0.
print:
        mv      a1, a0
1:
        lbu     t0, 0(a1)
        beqz    t0, 2f
        addi    a1, a1, 1
        j       1b
2:
        sub     a1, a1, a0
        j       print_bytes

# print_hex: print the word in a0 as 0x and eight digits.
print_hex:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        li      t0, '0'
        sb      t0, 0(sp)
        li      t0, 'x'
        sb      t0, 1(sp)
        mv      t0, sp
        addi    t1, sp, 8
1:
        srli    t2, a0, 28                      # the leftmost four bits
        slli    a0, a0, 4
        li      t3, 10
        blt     t2, t3, 2f
        addi    t2, t2, 'a' - '0' - 10
2:
        addi    t2, t2, '0'
        sb      t2, 2(t0)
        addi    t0, t0, 1
        bltu    t0, t1, 1b
        mv      a0, sp
        li      a1, 10
        call    print_bytes
        lw      ra, 28(sp)
        addi    sp, sp, 32
        ret

# print_decimal: print the word in a0 as a decimal number, without a sign.
print_decimal:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        addi    t0, sp, 16                      # the last digit first, from right to left
        li      t1, 10
1:
        remu    t2, a0, t1
        divu    a0, a0, t1
        addi    t2, t2, '0'
        addi    t0, t0, -1
        sb      t2, 0(t0)
        bnez    a0, 1b
        addi    a1, sp, 16
        sub     a1, a1, t0
        mv      a0, t0
        call    print_bytes
        lw      ra, 28(sp)
        addi    sp, sp, 32
        ret

# ---- lines

# say: begin a line of the hypervisor's with the text at a0. The caller prints the rest of it, and the newline.
say:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      a0, 8(sp)
        call    console_break
        la      a0, text_hypervisor
        call    print
        lw      a0, 8(sp)
        lw      ra, 12(sp)
        addi    sp, sp, 16
        j       print

# console_break: if the console is in the midst of a VM's line, go to a new one.
console_break:
        la      t0, speaker
        lw      t1, 0(t0)
        beqz    t1, 1f
        sw      zero, 0(t0)
        li      t2, 1
        sw      t2, V_LINE_BROKEN(t1)           # the rest of it will be marked
        li      a0, '\n'
        j       print_char
1:
        ret

# console_put: the guest has sent the byte a0.
console_put:
        lw      t0, V_LINE_COUNT(s0)
        add     t1, s0, t0
        sb      a0, V_LINE(t1)
        addi    t0, t0, 1
        sw      t0, V_LINE_COUNT(s0)
        li      t1, '\n'
        beq     a0, t1, console_flush
        li      t1, LINE_SIZE
        beq     t0, t1, console_flush
        ret

# console_flush: print what the guest has sent so far. A newline can only be the last byte of that.
console_flush:
        lw      t0, V_LINE_COUNT(s0)
        bnez    t0, 1f
        ret
1:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        la      t0, speaker
        lw      t0, 0(t0)
        beq     t0, s0, 3f                      # it goes on where it was
        call    console_break
        la      a0, text_line_of
        call    print
        lw      a0, V_NUMBER(s0)
        call    print_decimal
        la      a0, text_new_line
        lw      t0, V_LINE_BROKEN(s0)
        beqz    t0, 2f
        la      a0, text_continued
2:
        call    print
        sw      zero, V_LINE_BROKEN(s0)
3:
        addi    a0, s0, V_LINE
        lw      a1, V_LINE_COUNT(s0)
        sw      zero, V_LINE_COUNT(s0)
        call    print_bytes
        lbu     t0, -1(a0)                      # a0 is behind the last byte
        la      t1, speaker
        sw      s0, 0(t1)
        addi    t0, t0, -'\n'
        bnez    t0, 4f
        sw      zero, 0(t1)                     # the line is complete
4:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# ---- input

# console_input_vm: which VM gets the input? -> a0 = the first that has not ended; if all have, the last
# If that is another one than before, it inherits what the one before has not read.
console_input_vm:
        la      t0, input_vm
        lw      a0, 0(t0)
        lw      t1, V_STATE(a0)
        addi    t1, t1, -VM_ENDED
        beqz    t1, 1f
        ret
1:
        li      t1, VCPU_SIZE
        add     t1, a0, t1                      # the next
        la      t2, vcpus + VMS * VCPU_SIZE
        bgeu    t1, t2, 2f
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s0, 8(sp)
        sw      t1, 0(t0)
        mv      s0, a0
        mv      a0, t1
        call    uart_bequeath
        lw      ra, 12(sp)
        lw      s0, 8(sp)
        addi    sp, sp, 16
        j       console_input_vm
2:
        ret

# console_receive: take a byte from the real port, if there is one and the VM s0 gets the input.
# -> a0 = the byte or -1
console_receive:
        li      a0, -1
        la      t0, input_vm
        lw      t0, 0(t0)
        bne     t0, s0, 1f
        li      t0, UART
        lbu     t1, UART_LSR(t0)
        andi    t1, t1, LSR_READY
        beqz    t1, 1f
        lbu     a0, UART_DATA(t0)
1:
        ret

# console_listen: if the VM s0 gets the input, let the real port interrupt us exactly while a byte could be put into
# the VM's receiver and would interrupt the VM.
console_listen:
        la      t0, input_vm
        lw      t0, 0(t0)
        bne     t0, s0, 2f
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        call    uart_room
        snez    s1, a0
        call    uart_wants_input
        and     a0, a0, s1                      # this is IER_RECEIVED
        lw      t0, V_STATE(s0)
        addi    t0, t0, -VM_ENDED
        bnez    t0, 1f
        li      a0, 0                           # all have ended: nobody wants it
1:
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        la      t0, listening
        lw      t1, 0(t0)
        beq     a0, t1, 2f                      # as before
        sw      a0, 0(t0)
        li      t0, UART
        sb      a0, UART_IER(t0)
2:
        ret

# console_poll: give what has arrived to the VM that gets the input. To be called when a VM has ended, too: then
# another one may get it.
console_poll:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s0, 8(sp)
        call    console_input_vm
        mv      s0, a0
        call    uart_update
        lw      s0, 8(sp)
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# console_interrupt: the real PLIC interrupts us.
console_interrupt:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        li      t0, PLIC_REAL_CLAIM
        lw      s1, 0(t0)
        beqz    s1, 1f                          # nobody, after all
        call    console_poll
        li      t0, PLIC_REAL_CLAIM
        sw      s1, 0(t0)
1:
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

# console_can_wake: can input ever wake the VM s0? -> a0 = 1 if a byte would raise an interrupt that its mie
# enables, else 0. The VM need not get the input now: those before it may end.
console_can_wake:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        call    console_poll
        call    uart_wants_input
        mv      s1, a0
        beqz    a0, 2f
        lw      t0, V_MIE(s0)
        li      t1, IP_MEIP
        and     t0, t0, t1
        beqz    t0, 1f
        li      a0, UART_SOURCE
        li      a1, 0
        call    plic_would_interrupt
        bnez    a0, 2f
1:
        lw      t0, V_MIE(s0)
        andi    t0, t0, IP_SEIP
        mv      a0, t0
        beqz    t0, 2f
        li      a0, UART_SOURCE
        li      a1, 1
        call    plic_would_interrupt
2:
        and     a0, a0, s1
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

        .section .rodata
text_hypervisor:
        .ifdef  SPLIT
        .asciz  "host: "
        .else
        .asciz  "type1: "
        .endif
text_line_of:
        .asciz  "vm"
text_new_line:
        .asciz  "| "
text_continued:
        .asciz  "+ "
