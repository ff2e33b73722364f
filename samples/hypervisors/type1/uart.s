# type1/uart.s - the guest's serial port, a 16550.
#
# What the guest sends goes to console.s, which collects lines. What a person types comes from there, if it is this
# guest's turn to get it (console_receive). The port has no bit rate: a byte is sent at once, so the transmitter is
# always empty; and a byte that has arrived can be read at once.
#
# The guest's receiver is a queue of 16 bytes, or of one while the guest has not switched its queues on. When they
# are switched the receiver is emptied; bytes that were in it are not lost, they are *held* and come again first.
#
# uart_load and uart_store begin with a short way for what guests do all day: read LSR ("may I send?"), send a byte.

        # UART_... are registers. While LCR's top bit is set, the first two are the two bytes of the divisor.
        .equ    UART_DATA,      0               # read: receiver; write: transmitter
        .equ    UART_IER,       1               # which interrupts it may raise
        .equ    UART_IIR,       2               # read: why it wants one ...
        .equ    UART_FCR,       2               # ... write: the queues
        .equ    UART_LCR,       3               # the form of a character
        .equ    UART_MCR,       4               # modem control
        .equ    UART_LSR,       5               # line status
        .equ    UART_MSR,       6               # modem status
        .equ    UART_SCR,       7               # a byte to keep

        .equ    IER_RECEIVED,   1 << 0          # a byte has arrived
        .equ    IER_SENT,       1 << 1          # the transmitter is empty
        .equ    IER_LINE,       1 << 2          # a byte was lost
        .equ    IER_USED,       0x0f
        .equ    IIR_NONE,       0x01
        .equ    IIR_SENT,       0x02
        .equ    IIR_RECEIVED,   0x04
        .equ    IIR_LINE,       0x06
        .equ    IIR_TIMEOUT,    0x0c            # bytes are there, if fewer than the trigger level
        .equ    IIR_QUEUES,     0xc0            # the queues are on
        .equ    FCR_ENABLE,     1 << 0
        .equ    FCR_CLEAR_RECEIVER, 1 << 1
        .equ    FCR_CLEAR_TRANSMITTER, 1 << 2
        .equ    FCR_TRIGGER_LOW, 6              # the lowest bit of the trigger level's number
        .equ    FCR_KEPT,       0xc9
        .equ    LCR_8_BITS,     3
        .equ    LCR_DIVISOR,    1 << 7
        .equ    MCR_OUT2,       1 << 3
        .equ    MCR_LOOPBACK,   1 << 4          # what is sent is received, nothing leaves or enters
        .equ    MCR_USED,       0x1f
        .equ    LSR_READY,      1 << 0          # a byte can be read
        .equ    LSR_OVERRUN,    1 << 1          # a byte was lost
        .equ    LSR_THRE,       1 << 5          # a byte can be sent
        .equ    LSR_EMPTY,      3 << 5          # that, and all before it have been sent
        .equ    MSR_CONNECTED,  0xb0            # a cable, and somebody at its other end

        .equ    UART_DEFAULT_DIVISOR, 0x0c
        .equ    QUEUE_SIZE,     16
        .equ    QUEUE_BYTES,    4               # a queue is a word, how many bytes, and then the bytes
        .equ    POLLS_TO_FLUSH, 8               # a guest that reads LSR so often and sends nothing waits for input

        .section .text

# uart_load: read register a0 (0 to 7). -> a0 = its value, a1 = 1
uart_load:
        li      t0, UART_LSR
        bne     a0, t0, uart_load_any
        lw      t0, V_UART_POLLS(s0)
        addi    t0, t0, 1
        sw      t0, V_UART_POLLS(s0)
        li      t1, POLLS_TO_FLUSH
        beq     t0, t1, uart_load_any
        la      t0, input_vm
        lw      t0, 0(t0)
        beq     t0, s0, 2f
        lw      t0, V_STATE(t0)                 # another VM gets the input, as long as it lives
        addi    t0, t0, -VM_ENDED
        beqz    t0, uart_load_any
1:
        lw      t0, V_UART_OVERRUN(s0)
        bnez    t0, uart_load_any
        lw      a0, V_UART_COUNT(s0)
        snez    a0, a0                          # LSR_READY
        ori     a0, a0, LSR_EMPTY
        li      a1, 1
        ret
2:
        lw      t0, V_UART_COUNT(s0)            # we get it: is there any?
        bnez    t0, 1b
        li      t0, UART
        lbu     t0, UART_LSR(t0)
        andi    t0, t0, LSR_READY
        beqz    t0, 1b

uart_load_any:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        slli    a0, a0, 2
        la      t0, uart_readers
        add     t0, t0, a0
        lw      t0, 0(t0)
        sw      t0, 8(sp)
        call    uart_update                     # let in what has arrived, before we look
        lw      t0, 8(sp)
        jalr    t0                              # one of uart_read_...
        li      a1, 1
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# uart_store: write the byte a1 to register a0 (0 to 7). -> a0 = 1
uart_store:
        bnez    a0, uart_store_any              # DATA is 0
        lw      t0, V_UART_LCR(s0)
        lw      t1, V_UART_MCR(s0)
        lw      t2, V_UART_IER(s0)
        andi    t0, t0, LCR_DIVISOR
        andi    t1, t1, MCR_LOOPBACK
        andi    t2, t2, IER_SENT
        or      t0, t0, t1
        or      t0, t0, t2
        bnez    t0, uart_store_any
        addi    sp, sp, -16
        sw      ra, 12(sp)
        mv      a0, a1
        call    uart_send
        li      a0, 1
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

uart_store_any:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        slli    a0, a0, 2
        la      t0, uart_writers
        add     t0, t0, a0
        lw      t0, 0(t0)
        sw      t0, 8(sp)
        sw      a1, 4(sp)
        call    uart_update                     # what has arrived came before the guest wrote
        lw      t0, 8(sp)
        lw      a0, 4(sp)
        jalr    t0                              # one of uart_write_...
        call    uart_update
        li      a0, 1
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

        .section .rodata
        .balign 4
uart_readers:
        .word   uart_read_data, uart_read_ier, uart_read_iir, uart_read_lcr
        .word   uart_read_mcr, uart_read_lsr, uart_read_msr, uart_read_scr
uart_writers:
        .word   uart_write_data, uart_write_ier, uart_write_fcr, uart_write_lcr
        .word   uart_write_mcr, uart_write_nothing, uart_write_nothing, uart_write_scr
uart_trigger_levels:
        .byte   1, 4, 8, 14

        .section .text

# uart_reset: all registers as after power-on. No input is lost.
uart_reset:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    uart_hold
        sw      zero, V_UART_IER(s0)
        sw      zero, V_UART_FCR(s0)
        sw      zero, V_UART_LCR(s0)
        li      t0, MCR_OUT2
        sw      t0, V_UART_MCR(s0)
        sw      zero, V_UART_SCR(s0)
        li      t0, UART_DEFAULT_DIVISOR
        sw      t0, V_UART_DIVISOR(s0)
        sw      zero, V_UART_OVERRUN(s0)
        sw      zero, V_UART_SENT(s0)
        sw      zero, V_UART_POLLS(s0)
        lw      ra, 12(sp)
        addi    sp, sp, 16
        j       uart_update

# ---- reading: each of these gives a register's value in a0

uart_read_data:
        lw      t0, V_UART_LCR(s0)
        andi    t0, t0, LCR_DIVISOR
        bnez    t0, 1f
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    console_flush                   # a guest that reads has asked, perhaps: show the question
        addi    a0, s0, V_UART_COUNT
        call    queue_get
        sw      a0, 8(sp)
        call    uart_update                     # the next byte may come in
        lw      a0, 8(sp)
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
1:
        lw      a0, V_UART_DIVISOR(s0)
        andi    a0, a0, 0xff
        ret

uart_read_ier:
        lw      t0, V_UART_LCR(s0)
        andi    t0, t0, LCR_DIVISOR
        lw      a0, V_UART_IER(s0)
        beqz    t0, 1f
        lw      a0, V_UART_DIVISOR(s0)
        srli    a0, a0, 8
1:
        ret

uart_read_iir:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    uart_cause
        lw      t0, V_UART_FCR(s0)
        andi    t0, t0, FCR_ENABLE
        beqz    t0, 1f
        ori     t0, a0, IIR_QUEUES
        j       2f
1:
        mv      t0, a0
2:
        sw      t0, 8(sp)
        li      t1, IIR_SENT
        bne     a0, t1, 3f
        sw      zero, V_UART_SENT(s0)           # told once is enough
        call    uart_update
3:
        lw      a0, 8(sp)
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

uart_read_lcr:
        lw      a0, V_UART_LCR(s0)
        ret

uart_read_mcr:
        lw      a0, V_UART_MCR(s0)
        ret

uart_read_lsr:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        lw      t0, V_UART_POLLS(s0)
        li      t1, POLLS_TO_FLUSH
        bne     t0, t1, 1f
        call    console_flush
1:
        lw      t0, V_UART_COUNT(s0)
        snez    t0, t0
        ori     t0, t0, LSR_EMPTY
        lw      t1, V_UART_OVERRUN(s0)
        beqz    t1, 2f
        sw      zero, V_UART_OVERRUN(s0)        # told once is enough
        ori     t0, t0, LSR_OVERRUN
        sw      t0, 8(sp)
        call    uart_update
        lw      t0, 8(sp)
2:
        mv      a0, t0
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

uart_read_msr:
        lw      t0, V_UART_MCR(s0)
        li      a0, MSR_CONNECTED
        andi    t1, t0, MCR_LOOPBACK
        beqz    t1, 1f
        andi    a0, t0, 0x0c                    # in loopback the modem's lines are our own: OUT1 and OUT2 ...
        slli    a0, a0, 4
        andi    t1, t0, 0x02                    # ... RTS ...
        slli    t1, t1, 3
        or      a0, a0, t1
        andi    t1, t0, 0x01                    # ... DTR
        slli    t1, t1, 5
        or      a0, a0, t1
1:
        ret

uart_read_scr:
        lw      a0, V_UART_SCR(s0)
        ret

# ---- writing: each of these gets a byte in a0

uart_write_data:
        lw      t0, V_UART_LCR(s0)
        andi    t0, t0, LCR_DIVISOR
        lw      t1, V_UART_MCR(s0)
        andi    t1, t1, MCR_LOOPBACK
        bnez    t0, uart_write_divisor_low
        beqz    t1, uart_send

        li      t0, 1                           # loopback: it is sent, and it is received
        sw      t0, V_UART_SENT(s0)
        sw      zero, V_UART_POLLS(s0)
        lw      t0, V_UART_FCR(s0)
        andi    t0, t0, FCR_ENABLE
        lw      t1, V_UART_COUNT(s0)
        li      t2, QUEUE_SIZE
        bnez    t0, 1f
        li      t2, 1
1:
        bgeu    t1, t2, 2f
        mv      a1, a0
        addi    a0, s0, V_UART_COUNT
        j       queue_put
2:
        li      t2, 1                           # no room. A queue loses the new byte, a single register the old one
        sw      t2, V_UART_OVERRUN(s0)
        bnez    t0, 3f
        sb      a0, V_UART_FIFO(s0)
3:
        ret

uart_write_divisor_low:
        sb      a0, V_UART_DIVISOR(s0)
        ret

# uart_send: the byte in a0 leaves the port.
uart_send:
        li      t0, 1
        sw      t0, V_UART_SENT(s0)             # at once, so the transmitter is empty again
        sw      zero, V_UART_POLLS(s0)
        j       console_put

uart_write_ier:
        lw      t0, V_UART_LCR(s0)
        andi    t0, t0, LCR_DIVISOR
        bnez    t0, 2f
        andi    a0, a0, IER_USED
        lw      t0, V_UART_IER(s0)
        sw      a0, V_UART_IER(s0)
        xor     t0, t0, a0
        andi    t0, t0, IER_SENT
        beqz    t0, 1f
        andi    t0, a0, IER_SENT                # switched on: the transmitter is empty, and that is told at once
        snez    t0, t0
        sw      t0, V_UART_SENT(s0)
1:
        ret
2:
        sb      a0, V_UART_DIVISOR + 1(s0)
        ret

uart_write_fcr:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        mv      s1, a0
        lw      t0, V_UART_FCR(s0)
        xor     t0, t0, s1
        andi    t0, t0, FCR_ENABLE
        beqz    t0, 1f
        call    uart_hold                       # the queues are switched on or off: both are emptied
        ori     s1, s1, FCR_CLEAR_RECEIVER | FCR_CLEAR_TRANSMITTER
1:
        andi    t0, s1, FCR_CLEAR_RECEIVER
        beqz    t0, 2f
        sw      zero, V_UART_COUNT(s0)
2:
        andi    t0, s1, FCR_CLEAR_TRANSMITTER
        beqz    t0, 3f
        li      t0, 1
        sw      t0, V_UART_SENT(s0)
3:
        andi    s1, s1, FCR_KEPT
        sw      s1, V_UART_FCR(s0)
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

uart_write_lcr:
        sw      a0, V_UART_LCR(s0)
        ret

uart_write_mcr:
        andi    a0, a0, MCR_USED
        sw      a0, V_UART_MCR(s0)
        ret

uart_write_scr:
        sw      a0, V_UART_SCR(s0)
        ret

uart_write_nothing:                             # LSR and MSR only report
        ret

# ---- input and interrupts

# uart_update: let in what there is room for, and drive the interrupt line. To be called whenever something has
# changed, here or outside.
uart_update:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    console_input_vm                # first: what a VM that ended has not read may be held now
1:
        call    uart_room
        beqz    a0, 3f
        addi    a0, s0, V_UART_HELD_COUNT
        lw      t0, 0(a0)
        beqz    t0, 2f
        call    queue_get
        mv      a1, a0
        addi    a0, s0, V_UART_COUNT
        call    queue_put
        j       1b
2:
        call    console_receive
        bltz    a0, 3f
        mv      a1, a0
        addi    a0, s0, V_UART_COUNT
        call    queue_put
        j       1b
3:
        call    uart_cause
        xori    a0, a0, IIR_NONE
        snez    a1, a0
        li      a0, UART_SOURCE
        call    plic_set_level
        lw      ra, 12(sp)
        addi    sp, sp, 16
        j       console_listen

# uart_room: how many bytes may come in from outside? -> a0
uart_room:
        lw      t0, V_UART_MCR(s0)
        andi    t0, t0, MCR_LOOPBACK
        li      a0, 0
        bnez    t0, 2f
        lw      t0, V_UART_FCR(s0)
        andi    t0, t0, FCR_ENABLE
        li      a0, QUEUE_SIZE
        bnez    t0, 1f
        li      a0, 1
1:
        lw      t0, V_UART_COUNT(s0)
        sub     a0, a0, t0
2:
        ret

# uart_wants_input: would a byte from outside raise an interrupt of this port? -> a0 = 1 or 0
uart_wants_input:
        lw      t0, V_UART_MCR(s0)
        andi    t0, t0, MCR_LOOPBACK
        seqz    t0, t0
        lw      a0, V_UART_IER(s0)
        andi    a0, a0, IER_RECEIVED
        and     a0, a0, t0
        ret

# uart_cause: why does the port want an interrupt? -> a0 = the low bits of IIR, the most urgent first
uart_cause:
        lw      t0, V_UART_IER(s0)
        andi    t1, t0, IER_LINE
        beqz    t1, 1f
        lw      t1, V_UART_OVERRUN(s0)
        li      a0, IIR_LINE
        bnez    t1, 4f
1:
        andi    t1, t0, IER_RECEIVED
        beqz    t1, 3f
        lw      t1, V_UART_COUNT(s0)
        beqz    t1, 3f
        lw      t2, V_UART_FCR(s0)
        andi    t0, t2, FCR_ENABLE
        li      a0, IIR_RECEIVED
        beqz    t0, 4f
        srli    t2, t2, FCR_TRIGGER_LOW
        la      t0, uart_trigger_levels
        add     t0, t0, t2
        lbu     t0, 0(t0)
        bgeu    t1, t0, 4f
        li      a0, IIR_TIMEOUT                 # too few, but no more come for now
        ret
3:
        li      a0, IIR_NONE
        andi    t1, t0, IER_SENT
        beqz    t1, 4f
        lw      t1, V_UART_SENT(s0)
        beqz    t1, 4f
        li      a0, IIR_SENT
4:
        ret

# uart_hold: empty the receiver; what is in it comes again before all other input. In loopback it was no input.
uart_hold:
        lw      t0, V_UART_MCR(s0)
        andi    t0, t0, MCR_LOOPBACK
        bnez    t0, 2f
        addi    sp, sp, -16
        sw      ra, 12(sp)
        addi    a0, s0, V_UART_HELD_COUNT
        addi    a1, s0, V_UART_COUNT
        call    queue_move                      # what is held comes after what was in the receiver ...
        .irp    n, 0,4,8,12,16
        lw      t0, V_UART_COUNT + \n(s0)       # ... and then all of that is held
        sw      t0, V_UART_HELD_COUNT + \n(s0)
        .endr
        lw      ra, 12(sp)
        addi    sp, sp, 16
2:
        sw      zero, V_UART_COUNT(s0)
        ret

# uart_bequeath: the VM s0 has ended: input that it has not read goes to the VM a0.
uart_bequeath:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      a0, 8(sp)
        call    uart_hold
        lw      a1, 8(sp)
        addi    a0, s0, V_UART_HELD_COUNT
        addi    a1, a1, V_UART_HELD_COUNT
        lw      ra, 12(sp)
        addi    sp, sp, 16
        j       queue_move

# ---- queues of up to 16 bytes, the oldest first

# queue_put: append the byte a1 to the queue at a0. A full queue drops it.
queue_put:
        lw      t0, 0(a0)
        li      t1, QUEUE_SIZE
        bgeu    t0, t1, 1f
        add     t1, a0, t0
        sb      a1, QUEUE_BYTES(t1)
        addi    t0, t0, 1
        sw      t0, 0(a0)
1:
        ret

# queue_get: take the oldest byte from the queue at a0. -> a0 = it, 0 if the queue is empty
queue_get:
        mv      t2, a0
        li      a0, 0
        lw      t0, 0(t2)
        beqz    t0, 1f
        addi    t0, t0, -1
        sw      t0, 0(t2)
        lbu     a0, QUEUE_BYTES(t2)
        .irp    n, 0,4,8,12                     # the others move up, a word at a time
        lw      t0, QUEUE_BYTES + \n(t2)
        srli    t0, t0, 8
        .if     \n < QUEUE_SIZE - 4
        lbu     t1, QUEUE_BYTES + \n + 4(t2)
        slli    t1, t1, 24
        or      t0, t0, t1
        .endif
        sw      t0, QUEUE_BYTES + \n(t2)
        .endr
1:
        ret

# queue_move: take all bytes of the queue at a0 and append them to the queue at a1.
queue_move:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        mv      s1, a0
        mv      s2, a1
1:
        lw      t0, 0(s1)
        beqz    t0, 2f
        mv      a0, s1
        call    queue_get
        mv      a1, a0
        mv      a0, s2
        call    queue_put
        j       1b
2:
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        addi    sp, sp, 16
        ret
