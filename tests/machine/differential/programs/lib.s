# What every program here shares: start, text output, trap handlers that log, and changes of mode.
#
# A program includes this file first and defines `main`. Whatever traps is printed as a line
#
#     !M cause=........ epc=........ tval=........ status=........
#
# and goes on behind the instruction (after a fetch fault: at the caller's ra). So a test is a plain
# list of instructions. `to_u`, `to_s` and `to_m` change the mode and go on with the next instruction.
# Registers: gp links the printing routines, sp is the program's stack; all others are free.

    .equ UART, 0x10000000
    .equ FINISHER, 0x00100000
    .equ CLINT, 0x02000000
    .equ MTIMECMP, 0x02004000
    .equ MTIME, 0x0200bff8
    .equ TO_M, 0x70004d00           # a7 of the ecall that changes to M

    .equ MIE, 0x8
    .equ SIE, 0x2
    .equ MPIE, 0x80
    .equ SPIE, 0x20
    .equ SPP, 0x100
    .equ MPP, 0x1800
    .equ MPRV, 0x20000
    .equ SUM, 0x40000
    .equ MXR, 0x80000
    .equ TVM, 0x100000
    .equ TW, 0x200000
    .equ TSR, 0x400000

    # Print a text.
    .macro say text
    jal gp, print_inline
    .asciz "\text"
    .balign 4, 0
    .endm

    # Print a register in hexadecimal, after a name.
    .macro show name, register
    addi sp, sp, -16
    sw a0, 0(sp)
    mv a0, \register
    say " \name="
    jal gp, print_hex
    lw a0, 0(sp)
    addi sp, sp, 16
    .endm

    # Print a CSR.
    .macro show_csr name
    addi sp, sp, -16
    sw a0, 0(sp)
    csrr a0, \name
    say " \name="
    jal gp, print_hex
    lw a0, 0(sp)
    addi sp, sp, 16
    .endm

    .macro newline
    say "\n"
    .endm

    # A heading: what the lines up to the next heading are about.
    .macro title text
    say "== \text\n"
    .endm

    # From any mode to M, through an ecall that M handles itself. Changes a7.
    .macro to_m
    li a7, TO_M
    ecall
    .endm

    # From M to a lower mode, with mstatus.MPP as the number `mode`. Changes t0 and mepc.
    .macro to_mode mode
    li t0, MPP
    csrc mstatus, t0
    li t0, \mode << 11
    csrs mstatus, t0
    la t0, . + 16
    csrw mepc, t0
    mret
    .endm

    .macro to_u
    to_mode 0
    .endm

    .macro to_s
    to_mode 1
    .endm

    .section .text
    .globl _start
_start:
    la sp, stack_top
    la t0, frame_m
    csrw mscratch, t0
    la t0, on_trap_m
    csrw mtvec, t0
    la t0, frame_s
    csrw sscratch, t0
    la t0, on_trap_s
    csrw stvec, t0
    csrw mie, zero
    li t0, -1                       # PMP entry 15: everything, for S and U
    csrw pmpaddr15, t0
    li t0, 0x1f000000
    csrw pmpcfg3, t0
    call main
    say "end\n"
    li t0, FINISHER
    li t1, 0x5555
    sw t1, 0(t0)
1:  j 1b

# --- output -------------------------------------------------------------------------------------

# Print the text that follows the call (gp), go on behind it. Changes no register but gp.
print_inline:
    addi sp, sp, -16
    sw t0, 0(sp)
    sw t1, 4(sp)
    sw t2, 8(sp)
    li t1, UART
1:  lbu t0, 0(gp)
    addi gp, gp, 1
    beqz t0, 3f
2:  lbu t2, 5(t1)
    andi t2, t2, 0x20
    beqz t2, 2b
    sb t0, 0(t1)
    j 1b
3:  addi gp, gp, 3
    andi gp, gp, -4
    lw t0, 0(sp)
    lw t1, 4(sp)
    lw t2, 8(sp)
    addi sp, sp, 16
    jr gp

# Print a0 as eight hexadecimal digits. Changes no register but gp.
print_hex:
    addi sp, sp, -32
    sw t0, 0(sp)
    sw t1, 4(sp)
    sw t2, 8(sp)
    sw t3, 12(sp)
    sw t4, 16(sp)
    li t1, UART
    li t3, 28
1:  srl t0, a0, t3
    andi t0, t0, 15
    li t4, 10
    blt t0, t4, 2f
    addi t0, t0, 39
2:  addi t0, t0, 48
3:  lbu t2, 5(t1)
    andi t2, t2, 0x20
    beqz t2, 3b
    sb t0, 0(t1)
    addi t3, t3, -4
    bgez t3, 1b
    lw t0, 0(sp)
    lw t1, 4(sp)
    lw t2, 8(sp)
    lw t3, 12(sp)
    lw t4, 16(sp)
    addi sp, sp, 32
    jr gp

# --- traps --------------------------------------------------------------------------------------

# The registers of the interrupted code lie at the frame, x1 at 4, x2 at 8, and so on.
    .macro save_registers
    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sw x\n, 4*\n(sp)
    .endr
    .endm

    .macro restore_registers
    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    lw x\n, 4*\n(sp)
    .endr
    .endm

# Vector tables: interrupt n enters at 4 n, where a jump leads to a stub that notes n in gp. Code that
# can be interrupted must not be printing then.
    .macro vector_table mode
    .balign 256
vector_\mode:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    j slot_\mode\n
    .endr
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
slot_\mode\n:
    li gp, \n
    j entered_\mode
    .endr
    .endm
    vector_table m
    vector_table s

    .balign 4
on_trap_m:
    li gp, -1
entered_m:
    csrrw sp, mscratch, sp
    save_registers
    csrr t0, mscratch
    sw t0, 8(sp)
    mv s0, sp                       # s0: the frame
    mv s5, gp                       # s5: the vector's slot
    csrw mscratch, s0
    la sp, trap_stack_m
    csrr s1, mcause
    csrr s2, mepc
    csrr s3, mtval
    csrr s4, mstatus
    bltz s1, 5f
    addi t0, s1, -8                 # an environment call that asks for M?
    sltiu t0, t0, 4
    beqz t0, 1f
    lw t0, 17*4(s0)
    li t1, TO_M
    bne t0, t1, 1f
    li t0, MPP
    csrs mstatus, t0
    li t0, MPIE
    csrc mstatus, t0
    addi s2, s2, 4
    la t0, resume
    lw t0, 0(t0)
    beqz t0, 9f
    mv s2, t0
    j 9f
1:  la t0, quiet
    lw t1, 0(t0)
    beqz t1, 2f
    sw s1, 4(t0)                    # quiet: only keep the cause and tval
    sw s3, 8(t0)
    la t0, resume
    lw t0, 0(t0)
    beqz t0, 3f
    mv s2, t0
    li t0, MPP
    csrs mstatus, t0
    j 9f
2:  say "!M cause="
    mv a0, s1
    jal gp, print_hex
    show epc, s2
    show tval, s3
    la t0, status_mask
    lw t0, 0(t0)
    and s4, s4, t0
    show status, s4
    newline
3:  li t0, 1
    beq s1, t0, 4f
    li t0, 12
    beq s1, t0, 4f
    addi s2, s2, 4
    j 9f
4:  lw s2, 4(s0)                    # nothing to go on with: return to the caller
    j 9f
5:  say "!M interrupt="             # an interrupt: disable it and go on
    slli a0, s1, 1
    srli a0, a0, 1
    jal gp, print_hex
    show epc, s2
    la t0, status_mask
    lw t0, 0(t0)
    and s4, s4, t0
    show status, s4
    show slot, s5
    newline
    slli s1, s1, 1
    srli s1, s1, 1
    li t0, 1
    sll t0, t0, s1
    csrc mie, t0
    li t0, 3
    bne s1, t0, 9f
    la t0, ipi_target               # a software interrupt may ask for M, too
    lw t1, 0(t0)
    beqz t1, 9f
    sw zero, 0(t0)
    mv s2, t1
    li t0, CLINT
    sw zero, 0(t0)
    li t0, MPP
    csrs mstatus, t0
    li t0, MPIE
    csrc mstatus, t0
9:  csrw mepc, s2
    mv sp, s0
    restore_registers
    lw sp, 8(sp)
    mret

on_trap_s:
    li gp, -1
entered_s:
    csrrw sp, sscratch, sp
    save_registers
    csrr t0, sscratch
    sw t0, 8(sp)
    mv s0, sp
    mv s5, gp
    csrw sscratch, s0
    la sp, trap_stack_s
    csrr s1, scause
    csrr s2, sepc
    csrr s3, stval
    csrr s4, sstatus
    la t0, status_mask
    lw t0, 0(t0)
    and s4, s4, t0
    bltz s1, 5f
    say "!S cause="
    mv a0, s1
    jal gp, print_hex
    show epc, s2
    show tval, s3
    show status, s4
    newline
    li t0, 1
    beq s1, t0, 4f
    li t0, 12
    beq s1, t0, 4f
    addi s2, s2, 4
    j 9f
4:  lw s2, 4(s0)
    j 9f
5:  say "!S interrupt="
    slli a0, s1, 1
    srli a0, a0, 1
    jal gp, print_hex
    show epc, s2
    show status, s4
    show slot, s5
    newline
    slli s1, s1, 1
    srli s1, s1, 1
    li t0, 1
    sll t0, t0, s1
    csrc sie, t0
9:  csrw sepc, s2
    mv sp, s0
    restore_registers
    lw sp, 8(sp)
    sret

    .section .data
    .balign 4
status_mask:
    .word 0xffff9fff                # without FS: QEMU ties it to the F extension, Spike to S
quiet:                              # 1: traps to M are not printed; then cause and tval of the last
    .word 0, 0, 0
resume:                             # if not 0: where `to_m`, and every quiet trap, goes on, in M
    .word 0
ipi_target:
    .word 0
    .balign 16
frame_m:
    .zero 128
frame_s:
    .zero 128
    .zero 1024
trap_stack_m:
    .zero 1024
trap_stack_s:
    .zero 2048
stack_top:
    .section .text
