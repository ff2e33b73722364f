/* What the kernels of this folder share: start, trap frame, modes below M, a transcript and a verdict.
 * A kernel defines main(), which runs in M, and trap(), which gets every trap taken to M. */
#pragma once
#include "hardware.h"

struct frame {
    u32 x[32]; /* x[0] is not used */
    u32 pc, status;
};

enum { MODE_U = 0, MODE_S = 1, MODE_M = 3 };

extern char vector[], leave[];
int main(void);
void trap(struct frame *f);
u32 enter(u32 mode, u32 where, u32 argument, u32 stack); /* comes back with a0 of ecall with a7 = 0 */
void finish(u32 status) __attribute__((noreturn));

asm(R"(
    .section .start, "ax"
    .globl _start
_start:
    la   t0, bss_start
    la   t1, bss_end
1:  sw   zero, (t0)
    addi t0, t0, 4
    bltu t0, t1, 1b
    la   sp, boot_stack + 8192
    csrw mscratch, zero
    la   t0, vector
    csrw mtvec, t0
    call main
    j    finish

    .text
    .balign 4
    .globl vector
vector:                     # mscratch: 0 while in M, else M's stack
    csrrw sp, mscratch, sp
    bnez sp, 1f
    csrrw sp, mscratch, sp
1:  addi sp, sp, -144
    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sw   x\n, 4 * \n(sp)
    .endr
    csrrw t0, mscratch, zero
    bnez t0, 2f
    addi t0, sp, 144
2:  sw   t0, 8(sp)
    csrr t0, mepc
    csrr t1, mstatus
    sw   t0, 128(sp)
    sw   t1, 132(sp)
    mv   a0, sp
    call trap
    lw   t0, 128(sp)
    lw   t1, 132(sp)
    csrw mepc, t0
    csrw mstatus, t1
    li   t2, 3 << 11
    and  t1, t1, t2
    beq  t1, t2, 3f
    addi t1, sp, 144
    csrw mscratch, t1
3:  .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    lw   x\n, 4 * \n(sp)
    .endr
    lw   sp, 8(sp)
    mret

    .globl enter
enter:
    addi sp, sp, -64
    sw   ra, 0(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sw   s\n, 4 + 4 * \n(sp)
    .endr
    la   t0, kept_sp
    sw   sp, (t0)
    csrw mscratch, sp
    csrw mepc, a1
    li   t0, 3 << 11
    csrc mstatus, t0
    slli a0, a0, 11
    csrs mstatus, a0
    mv   a0, a2
    mv   sp, a3
    mret
    .globl leave
leave:
    la   t0, kept_sp
    lw   sp, (t0)
    lw   ra, 0(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    lw   s\n, 4 + 4 * \n(sp)
    .endr
    addi sp, sp, 64
    ret
)");

u32 kept_sp, boot_stack[2048] __attribute__((aligned(16)));
static u32 failed;

static void put(int c)
{
    while (!(REG8(UART + 5) & 0x20))
        ;
    REG8(UART) = (u8)c;
}

__attribute__((unused)) static void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_to(put, format, arguments);
    va_end(arguments);
}

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            failed++; \
            print("line %d: not so: %s\n", __LINE__, #condition); \
        } \
    } while (0)

__attribute__((used)) void finish(u32 status)
{
    print("verdict: %d failed, status %d\n", failed, status);
    status |= failed ? 0x80 : 0;
    REG32(FINISHER) = status ? status << 16 | 0x3333 : 0x5555;
    for (;;)
        asm volatile("wfi");
}

/* The last trap that was skipped, and how many. */
__attribute__((unused)) static volatile u32 cause, value, where, status_then, skipped;

__attribute__((unused)) static void note(struct frame *f)
{
    cause = csr_read(mcause);
    value = csr_read(mtval);
    where = f->pc;
    status_then = f->status;
    skipped++;
}

/* Let what was interrupted go on in M behind enter(). */
__attribute__((unused)) static void leave_mode(struct frame *f)
{
    f->pc = (u32)leave;
    f->status |= MSTATUS_MPP;
}
