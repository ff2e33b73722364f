# type2/devices.s - the guest's devices: a serial port, a clock with an alarm, and the switch that turns it off.
#
# The port has no input and raises no interrupt.

        .equ    UART_LSR,       5               # line status
        .equ    LSR_EMPTY,      3 << 5          # the port can take a byte, and has sent all
        .equ    UART_DLAB,      1 << 7          # in the line control: the first registers are the speed
        .equ    UART_LCR,       3

        .equ    CLINT_MSIP,     0x0000
        .equ    CLINT_MTIMECMP, 0x4000
        .equ    CLINT_MTIME,    0xbff8

        .equ    FINISH_PASS,    0x5555
        .equ    FINISH_FAIL,    0x3333

        .section .bss
        .balign 4
uart_lcr:
        .space  4

        .section .text

# is_device: a0 = 0 if there is no device at the address a0. Changes t0 and t1 alone.
is_device:
        li      t0, UART
        sub     t0, a0, t0
        li      t1, UART_SIZE
        bltu    t0, t1, 1f
        li      t0, CLINT
        sub     t0, a0, t0
        li      t1, CLINT_SIZE
        bltu    t0, t1, 1f
        li      t0, FINISHER
        xor     t0, t0, a0
        seqz    a0, t0
        ret
1:
        li      a0, 1
        ret

# device_read: a0 = what the device at address a1 says.
device_read:
        li      t0, UART + UART_LSR
        li      a0, LSR_EMPTY
        beq     a1, t0, 1f
        li      t0, CLINT + CLINT_MTIME
        sub     t0, a1, t0
        li      t1, 8
        bltu    t0, t1, read_time
        li      t0, CLINT + CLINT_MTIMECMP
        sub     t0, a1, t0
        bltu    t0, t1, read_alarm
        li      t0, CLINT + CLINT_MSIP
        lw      a0, V_MIP(zero)
        srli    a0, a0, 3
        andi    a0, a0, 1
        beq     a1, t0, 1f
        li      a0, 0
1:
        ret
read_alarm:
        andi    t0, t0, 4
        lw      a0, V_ALARM(t0)
        ret
read_time:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        andi    t0, t0, 4
        sw      t0, 8(sp)
        call    time_update
        lw      t0, 8(sp)
        lw      a0, V_TIME(t0)
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# device_write: tell the device at address a1 the value a2.
device_write:
        li      t0, UART
        sub     t0, a1, t0
        li      t1, UART_SIZE
        bltu    t0, t1, write_uart
        li      t0, CLINT + CLINT_MTIMECMP
        sub     t0, a1, t0
        li      t1, 8
        bltu    t0, t1, write_alarm
        li      t0, CLINT + CLINT_MSIP
        beq     a1, t0, write_msip
        li      t0, FINISHER
        beq     a1, t0, write_finisher
        ret
write_uart:
        li      t1, UART_LCR
        beq     t0, t1, 2f
        bnez    t0, 1f
        lw      t1, uart_lcr
        andi    t1, t1, UART_DLAB
        andi    a0, a2, 0xff
        beqz    t1, console_put
1:
        ret
2:
        sw      a2, uart_lcr, t0
        ret
write_alarm:
        andi    t0, t0, 4
        sw      a2, V_ALARM(t0)
        lw      t0, V_MIP(zero)                 # if it is due already we learn it from the host, see users.s
        andi    t0, t0, ~IP_MTIP
        sw      t0, V_MIP(zero)
        j       look_around
write_msip:
        lw      t0, V_MIP(zero)
        andi    t0, t0, ~IP_MSIP
        andi    a2, a2, 1
        slli    a2, a2, 3
        or      t0, t0, a2
        sw      t0, V_MIP(zero)
        # falls through

# look_around: which interrupts will come has changed. If the guest has them on in its kernel it must not go on in its
# block, where nobody would see to it, but through the loop. (The store is done, and V_PC behind it.)
look_around:
        lw      t0, V_MSTATUS(zero)
        andi    t0, t0, MSTATUS_MIE
        beqz    t0, 1f
        j       dispatch
1:
        ret
write_finisher:
        slli    t0, a2, 16
        srli    t0, t0, 16
        srli    s1, a2, 16                      # s1 = the guest's exit code
        li      t1, FINISH_FAIL
        beq     t0, t1, 1f
        li      s1, 0
        li      t1, FINISH_PASS
        beq     t0, t1, 1f
        ret
1:
        call    console_flush
        mv      a0, s1
        host    HOST_EXIT
