# support.s - words for the console. Nothing to write here.
#
# What you may call from hypervisor.s: print, print_hex, print_character. They change ra, a0 and the t registers.

        .equ    UART_THR,       0               # store a byte here to send it
        .equ    UART_LSR,       5               # line status ...
        .equ    LSR_READY,      1 << 5          # ... ready for the next byte

        .section .text

# print_character: send the byte in a0.
print_character:
        li      t0, UART
1:      lbu     t1, UART_LSR(t0)
        andi    t1, t1, LSR_READY
        beqz    t1, 1b
        sb      a0, UART_THR(t0)
        ret

# print: send the text at a0, up to its 0.
print:
        addi    sp, sp, -16
        sw      ra, 0(sp)
        sw      s1, 4(sp)
        mv      s1, a0
1:      lbu     a0, 0(s1)
        addi    s1, s1, 1
        beqz    a0, 2f
        call    print_character
        j       1b
2:      lw      ra, 0(sp)
        lw      s1, 4(sp)
        addi    sp, sp, 16
        ret

# print_hex: send the word in a0 as 0x and eight digits.
print_hex:
        addi    sp, sp, -16
        sw      ra, 0(sp)
        sw      s1, 4(sp)
        sw      s2, 8(sp)
        mv      s1, a0
        la      a0, text_0x
        call    print
        li      s2, 28                          # how far the next digit is from the right
1:      srl     t0, s1, s2
        andi    t0, t0, 15
        la      t1, text_digits
        add     t0, t0, t1
        lbu     a0, 0(t0)
        call    print_character
        addi    s2, s2, -4
        bgez    s2, 1b
        lw      ra, 0(sp)
        lw      s1, 4(sp)
        lw      s2, 8(sp)
        addi    sp, sp, 16
        ret

        .macro  say text
        la      a0, \text
        call    print
        .endm
        .macro  say_csr name
        csrr    a0, \name
        call    print_hex
        .endm

# report_trap: say which trap this is, from which ring, and for a kernel instruction what class of the trap bitmap
# it belongs to. For the console only: a hypervisor does not need all this. Keeps s0 only.
report_trap:
        addi    sp, sp, -16
        sw      ra, 0(sp)
        csrr    t0, mstatus
        srli    t0, t0, 11
        andi    s1, t0, 3                       # MPP: where it came from
        say     text_unhandled
        csrr    s2, mcause
        bltz    s2, report_interrupt
        slti    t0, s2, 16
        beqz    t0, report_number
        slli    t0, s2, 2
        la      t1, cause_texts
        add     t0, t0, t1
        lw      a0, 0(t0)
        call    print
report_number:
        say     text_cause
        mv      a0, s2
        call    print_hex
        say     text_value
        say_csr mtval
        j       report_where
report_interrupt:
        say     text_interrupt
        mv      a0, s2
        call    print_hex
report_where:
        say     text_at
        say_csr mepc
        say     text_in_ring
        li      t0, 3
        sub     a0, t0, s1                      # U is 0 and ring 3, M is 3 and ring 0 ...
        li      t0, 1
        bne     s1, t0, 1f
        li      a0, 1                           # ... but S is 1 and ring 1
1:      addi    a0, a0, '0'
        call    print_character
        say     text_newline

        li      t0, 3
        beq     s1, t0, report_self
        li      t0, CAUSE_ILLEGAL
        bne     s2, t0, report_done
        csrr    s2, mtval
        andi    t0, s2, 0x7f
        li      t1, OPCODE_SYSTEM
        bne     t0, t1, report_done
        say     text_write
        call    report_class
        beqz    s1, report_program
        say     text_here
        j       report_done
report_program:
        say     text_reflect
        j       report_done
report_self:
        say     text_self
report_done:
        lw      ra, 0(sp)
        addi    sp, sp, 16
        ret

# report_class: say the class of the kernel instruction in s2, as the trap bitmap calls it.
report_class:
        addi    sp, sp, -16
        sw      ra, 0(sp)
        srli    t0, s2, 12
        andi    t0, t0, 7
        srli    s3, s2, 20                      # the CSR, or which instruction it is if f3 is 0
        beqz    t0, class_plain
        andi    t0, t0, 3
        addi    t0, t0, -1                      # 0 for csrrw and csrrwi, which always write
        srli    t1, s2, 15
        andi    t1, t1, 31                      # rs1: csrrs and csrrc with x0 do not write
        srli    t2, s2, 7
        andi    t2, t2, 31                      # rd: csrrw to x0 does not read
        la      a0, text_rd
        bnez    t0, 1f
        la      a0, text_wr
        beqz    t2, 2f
        la      a0, text_rd_wr
        j       2f
1:      beqz    t1, 2f
        la      a0, text_rd_wr
        bnez    t2, 2f
        la      a0, text_wr
2:      call    print
        la      t0, csr_classes
        j       class_find
class_plain:
        srli    t1, s3, 5
        li      t0, 0x120 >> 5
        la      a0, text_sfence
        beq     t1, t0, class_found             # sfence.vma has registers in its lower bits
        la      t0, plain_classes
class_find:                                     # rows of three words: the first and the last number, the name
        lw      t1, 0(t0)
        lw      t2, 4(t0)
        lw      a0, 8(t0)
        addi    t0, t0, 12
        bltu    s3, t1, class_find
        bltu    t2, s3, class_find
class_found:
        call    print
        lw      ra, 0(sp)
        addi    sp, sp, 16
        ret

        .section .rodata
        .balign 4
csr_classes:
        .irp    row, 0x302,0x303, 0x305
        .word   \row, \row, text_tvec
        .endr
        .word   0x304, 0x304, text_int, 0x344, 0x344, text_int
        .word   0x306, 0x306, text_count, 0x320, 0x33f, text_count
        .word   0x340, 0x343, text_trap
        .word   0x180, 0x180, text_vm, 0x3a0, 0x3ef, text_vm
        .word   0x106, 0x106, text_count, 0xb00, 0xb9f, text_count, 0xc00, 0xc9f, text_count
        .word   0xf11, 0xf15, text_id
        .word   0x7c0, 0x7c1, text_trapmap, 0xfc0, 0xfc0, text_trapmap
        .word   0x100, 0x1ff, text_sup
        .word   0x000, 0xfff, text_status       # any other counts as status
plain_classes:
        .word   0x302, 0x302, text_mret
        .word   0x102, 0x102, text_sret
        .word   0x105, 0x105, text_wfi
        .word   0x000, 0xfff, text_unknown

cause_texts:
        .word   text_cause_0, text_cause_1, text_cause_2, text_cause_3, text_cause_4, text_cause_5, text_cause_6
        .word   text_cause_7, text_cause_8, text_cause_9, text_other, text_other, text_cause_12, text_cause_13
        .word   text_other, text_cause_15
text_cause_0:   .asciz  "misaligned jump,"
text_cause_1:   .asciz  "fetch where the PMP says no,"
text_cause_2:   .asciz  "illegal instruction,"
text_cause_3:   .asciz  "ebreak,"
text_cause_4:   .asciz  "misaligned load,"
text_cause_5:   .asciz  "load where the PMP says no,"
text_cause_6:   .asciz  "misaligned store,"
text_cause_7:   .asciz  "store where the PMP says no,"
text_cause_8:   .asciz  "ecall from ring 3,"
text_cause_9:   .asciz  "ecall from ring 1,"
text_cause_12:  .asciz  "fetch page fault,"
text_cause_13:  .asciz  "load page fault,"
text_cause_15:  .asciz  "store page fault,"
text_other:     .asciz  "a trap,"
text_cause:     .asciz  " mcause "
text_value:     .asciz  ", mtval "
text_interrupt: .asciz  "interrupt, mcause "
text_at:        .asciz  ", at "
text_in_ring:   .asciz  " in ring "
text_unhandled: .asciz  "hypervisor: unhandled trap: "
text_write:     .asciz  "hypervisor: this is "
text_here:      .asciz  " in the guest's kernel: write its emulation\n"
text_reflect:   .asciz  " in the guest's program: its kernel wants that trap\n"
text_self:      .asciz  "hypervisor: I did this myself, the bug is in the hypervisor\n"
text_rd:        .asciz  "rd"
text_wr:        .asciz  "wr"
text_rd_wr:     .asciz  "rd and wr of "
text_status:    .asciz  "status"
text_tvec:      .asciz  "tvec"
text_trap:      .asciz  "trap"
text_int:       .asciz  "int"
text_vm:        .asciz  "vm"
text_count:     .asciz  "count"
text_id:        .asciz  "id"
text_trapmap:   .asciz  "trapmap"
text_sup:       .asciz  "sup"
text_mret:      .asciz  "mret"
text_sret:      .asciz  "sret"
text_wfi:       .asciz  "wfi"
text_sfence:    .asciz  "sfence"
text_unknown:   .asciz  "no instruction"
text_0x:        .asciz  "0x"
text_digits:    .ascii  "0123456789abcdef"
text_newline:   .asciz  "\n"
