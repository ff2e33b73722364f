# Start of the C kernels: a stack, zeroed .bss, then main; and the entry of traps to M.

# The registers that a function keeps for its caller, saved with sw or loaded with lw.
    .macro kept access
    \access ra, 4(sp)
    \access s0, 8(sp)
    \access s1, 12(sp)
    \access s2, 16(sp)
    \access s3, 20(sp)
    \access s4, 24(sp)
    \access s5, 28(sp)
    \access s6, 32(sp)
    \access s7, 36(sp)
    \access s8, 40(sp)
    \access s9, 44(sp)
    \access s10, 48(sp)
    \access s11, 52(sp)
    .endm

    .section .init, "ax"
    .globl _start
_start:
    la sp, stack_top
    la t0, bss_start
    la t1, bss_end
1:  bgeu t0, t1, 2f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 1b
2:  la t0, trap_entry
    csrw mtvec, t0
    la t0, trap_stack_top
    csrw mscratch, t0
    call main
    call leave
1:  j 1b

# A trap: all registers to a frame on the trap stack, then `struct frame *trap(struct frame *)`.
# A frame holds the pc, x1 to x31 and mstatus.
    .text
    .balign 4
    .globl trap_entry
trap_entry:
    csrrw sp, mscratch, sp
    addi sp, sp, -144
    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sw x\n, 4*\n(sp)
    .endr
    csrr t0, mscratch
    sw t0, 8(sp)
    csrr t0, mepc
    sw t0, 0(sp)
    csrr t0, mstatus
    sw t0, 128(sp)
    mv a0, sp
    call trap
    lw t0, 0(a0)
    csrw mepc, t0
    lw t0, 128(a0)
    csrw mstatus, t0
    addi t0, sp, 144
    csrw mscratch, t0
    mv sp, a0
    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    lw x\n, 4*\n(sp)
    .endr
    lw sp, 8(sp)
    mret

# void run_user(void (*entry)(void), void *stack): go to U; the user's last call comes back here.
    .globl run_user
run_user:
    addi sp, sp, -64
    kept sw
    la t0, kernel_sp
    sw sp, 0(t0)
    csrw mepc, a0
    li t0, 0x1880
    csrc mstatus, t0
    mv sp, a1
    mret
    .globl back_to_kernel
back_to_kernel:
    la t0, kernel_sp
    lw sp, 0(t0)
    kept lw
    addi sp, sp, 64
    ret

# void switch_to(unsigned **save_sp, unsigned *load_sp): a coroutine's switch.
    .globl switch_to
switch_to:
    addi sp, sp, -64
    kept sw
    sw sp, 0(a0)
    mv sp, a1
    kept lw
    addi sp, sp, 64
    ret

    .bss
    .balign 16
kernel_sp:
    .zero 16
    .zero 4096
stack_top:
    .zero 4096
trap_stack_top:
