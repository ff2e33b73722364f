# partition/log.s - in place of pagingos/uart.s, for a kernel that has been given no serial port: what it says goes to
# a place in its own memory.
#
#       LOG             word    how many bytes there are
#       LOG + 4                 the bytes. What comes when it is full is lost

        .equ    LOG,            RAM + 0x140000  # behind the swap area. The hypervisor knows where, too
        .equ    LOG_SIZE,       4096            # how many bytes fit

        .section .text

# console_init: the log is empty.
console_init:
        li      t0, LOG
        sw      zero, 0(t0)
        ret

# print_bytes: add a1 bytes from a0 on to the log. The kernel's own, never a program's.
print_bytes:
        add     a1, a0, a1                      # a1 = the end
        li      t0, LOG
        lw      t1, 0(t0)                       # t1 = how many there are
        li      t2, LOG_SIZE
1:
        bgeu    a0, a1, 2f
        bgeu    t1, t2, 2f
        lbu     t3, 0(a0)
        add     t4, t0, t1
        sb      t3, 4(t4)
        addi    t1, t1, 1
        addi    a0, a0, 1
        j       1b
2:
        sw      t1, 0(t0)
        ret
