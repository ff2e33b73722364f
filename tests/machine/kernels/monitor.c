/* Firmware in M that does for S what the hardware was told not to: it emulates the counters, `satp`,
 * `sret`, `wfi` and `sfence.vma`, hands faults on to S by writing S's registers, turns its own timer and
 * software interrupts into S's, and serves calls. The supervisor above it uses two address spaces with
 * one virtual layout, global pages, a vectored stvec, and a program in U. */
#include "hardware.h"

#define PAGE 4096u
enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128 };
#define PA_TO_PTE(pa) ((u32)(pa) >> 12 << 10)

struct frame {
    u32 x[32]; /* x[0]: pc */
};

/* What only M may see, in a page of its own. */
static struct {
    u32 stack[1012], emulated[8], injected, ticks, calls, ipis;
} firmware __attribute__((aligned(4096)));
enum { TIME, SATP_WRITE, SATP_READ, SRET, WFI, FENCE, OTHER };

extern char m_vector[], s_vector[], bss_start[], bss_end[];
void start(void);

asm(R"(
    .macro save
    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sw   x\n, 4 * \n(sp)
    .endr
    .endm
    .macro load
    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    lw   x\n, 4 * \n(sp)
    .endr
    .endm

    .section .start, "ax"
    .globl _start
_start:
    la   t0, bss_start
    la   t1, bss_end
1:  sw   zero, (t0)
    addi t0, t0, 4
    bltu t0, t1, 1b
    la   sp, boot_stack + 4096
    j    start

    .text
    .balign 4
    .globl m_vector
m_vector:
    csrrw sp, mscratch, sp
    addi sp, sp, -128
    save
    csrr t0, mscratch
    sw   t0, 8(sp)
    csrr t0, mepc
    sw   t0, 0(sp)
    addi t0, sp, 128
    csrw mscratch, t0
    mv   a0, sp
    call m_trap
    lw   t0, 0(sp)
    csrw mepc, t0
    load
    addi sp, sp, 128
    csrw mscratch, sp
    lw   sp, 8 - 128(sp)
    mret

    .balign 256
    .globl s_vector
s_vector:                   # vectored: exceptions, and interrupts 1, 5 and 9
    j    s_exception
    j    s_software
    j    s_unexpected
    j    s_unexpected
    j    s_unexpected
    j    s_timer
    j    s_unexpected
    j    s_unexpected
    j    s_unexpected
    j    s_external
    .macro vector name, number
\name:
    csrw sscratch, sp
    addi sp, sp, -128
    save
    csrr t0, sscratch
    sw   t0, 8(sp)
    csrr t0, sepc
    sw   t0, 0(sp)
    mv   a0, sp
    li   a1, \number
    call s_trap
    lw   t0, 0(sp)
    csrw sepc, t0
    load
    lw   sp, 8(sp)
    sret
    .endm
    vector s_exception, 0
    vector s_software, 1
    vector s_timer, 5
    vector s_external, 9
    vector s_unexpected, 99

    .globl run_in_u         # a0: where, a1: argument; comes back through leave_u
run_in_u:
    addi sp, sp, -64
    sw   ra, 0(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sw   s\n, 4 + 4 * \n(sp)
    .endr
    la   t0, kept_sp
    sw   sp, (t0)
    csrw sepc, a0
    li   t0, 0x100
    csrc sstatus, t0
    li   t0, 0x20
    csrs sstatus, t0
    mv   a0, a1
    sret
    .globl leave_u
leave_u:
    la   t0, kept_sp
    lw   sp, (t0)
    lw   ra, 0(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    lw   s\n, 4 + 4 * \n(sp)
    .endr
    addi sp, sp, 64
    ret
)");

/* --- the firmware --- */

static void m_put(int c)
{
    while (!(REG8(UART + 5) & 0x20))
        ;
    REG8(UART) = (u8)c;
}

static void m_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_to(m_put, format, arguments);
    va_end(arguments);
}

static void leave(u32 status)
{
    REG32(FINISHER) = status ? status << 16 | 0x3333 : 0x5555;
    for (;;)
        ;
}

/* The instruction at pc, read as the interrupted mode would fetch it. */
static u32 instruction_at(u32 pc)
{
    u32 word, status;
    asm volatile("csrrs %1, mstatus, %2\n lw %0, (%3)\n csrw mstatus, %1"
                 : "=&r"(word), "=&r"(status)
                 : "r"(MSTATUS_MPRV | MSTATUS_MXR), "r"(pc)
                 : "memory");
    return word;
}

/* Let S take the trap that M got. */
static void inject(struct frame *f, u32 cause, u32 value)
{
    u32 status = csr_read(mstatus), mode = status >> 11 & 3;
    firmware.injected++;
    csr_write(sepc, f->x[0]);
    csr_write(scause, cause);
    csr_write(stval, value);
    status = (status & ~(MSTATUS_SPIE | MSTATUS_SPP)) | (status & MSTATUS_SIE ? MSTATUS_SPIE : 0) |
             (mode ? MSTATUS_SPP : 0);
    status = (status & ~(MSTATUS_SIE | MSTATUS_MPP)) | 1u << 11;
    csr_write(mstatus, status);
    f->x[0] = csr_read(stvec) & ~3u;
}

static int emulate(struct frame *f, u32 word)
{
    u32 rd = word >> 7 & 31, rs1 = word >> 15 & 31, csr = word >> 20, kind = word >> 12 & 7;
    u32 status = csr_read(mstatus), is_s = (status & MSTATUS_MPP) != 0;
    u32 old, operand;
    if ((word & 0x7f) != 0x73)
        return 0;
    if (kind) {
        if (csr == 0xc00 || csr == 0xc01 || csr == 0xc81 || csr == 0xc80) {
            if ((kind & 3) < 2 || rs1)
                return 0;
            u64 now = mtime_now();
            old = csr & 0x80 ? (u32)(now >> 32) : (u32)now;
            firmware.emulated[TIME]++;
        } else if (csr == 0x180 && is_s) {
            operand = kind & 4 ? rs1 : rs1 ? f->x[rs1] : 0;
            old = csr_read(satp);
            if ((kind & 3) == 1 || rs1) {
                u32 new = (kind & 3) == 1 ? operand : (kind & 3) == 2 ? old | operand : old & ~operand;
                csr_write(satp, new);
                firmware.emulated[SATP_WRITE]++;
            } else
                firmware.emulated[SATP_READ]++;
        } else
            return 0;
        if (rd)
            f->x[rd] = old;
    } else if (word == 0x10200073 && is_s) { /* sret */
        u32 new = status & ~(MSTATUS_MPP | MSTATUS_SIE | MSTATUS_SPP | MSTATUS_MPRV);
        new |= status & MSTATUS_SPIE ? MSTATUS_SIE : 0;
        new |= MSTATUS_SPIE | (status & MSTATUS_SPP ? 1u << 11 : 0);
        csr_write(mstatus, new);
        f->x[0] = csr_read(sepc);
        firmware.emulated[SRET]++;
        return 1;
    } else if (word == 0x10500073 && is_s) { /* wfi */
        firmware.emulated[WFI]++;
        while (!(csr_read(mip) & csr_read(mie)))
            asm volatile("wfi");
    } else if (word >> 25 == 9 && is_s) { /* sfence.vma */
        asm volatile("sfence.vma" : : : "memory");
        firmware.emulated[FENCE]++;
    } else
        return 0;
    f->x[0] += 4;
    return 1;
}

static u32 serve(struct frame *f)
{
    u32 *a = &f->x[10];
    firmware.calls++;
    switch (f->x[17]) {
    case 0: /* set_timer */
        mtimecmp_set((u64)a[1] << 32 | a[0]);
        csr_clear(mip, 1u << 5);
        csr_set(mie, 1u << 7);
        return 0;
    case 1: m_put((int)a[0]); return 0;
    case 2: return REG8(UART + 5) & 1 ? REG8(UART) : ~0u;
    case 4: REG32(MSIP) = 1; return 0;
    case 8: leave(a[0]); return 0;
    case 9: csr_set(mip, 1u << 9); return 0; /* an external interrupt of S, out of nothing */
    case 10: csr_clear(mip, 1u << 9); return 0;
    case 11: return firmware.emulated[a[0]];
    case 12: return a[0] == 0 ? firmware.injected : a[0] == 1 ? firmware.ticks : firmware.ipis;
    case 13: csr_write(mstatus, (csr_read(mstatus) & ~(7u << 20)) | (a[0] & 7) << 20); return 0;
    case 14: csr_write(mcounteren, a[0]); return 0;
    case 15: return csr_read(mip);
    default: return ~1u;
    }
}

__attribute__((used)) void m_trap(struct frame *f)
{
    u32 cause = csr_read(mcause), value = csr_read(mtval);
    switch (cause) {
    case INTERRUPT | 7:
        firmware.ticks++;
        csr_clear(mie, 1u << 7);
        csr_set(mip, 1u << 5);
        return;
    case INTERRUPT | 3:
        firmware.ipis++;
        REG32(MSIP) = 0;
        csr_set(mip, 1u << 1);
        return;
    case 9:
        f->x[10] = serve(f);
        f->x[0] += 4;
        return;
    case 2: {
        u32 word = instruction_at(f->x[0]);
        if (word != value) {
            m_print("firmware: mtval %x for %x\n", value, word);
            leave(90);
        }
        if (!emulate(f, word))
            inject(f, cause, value);
        return;
    }
    case 1:
    case 5:
    case 7:
        if (csr_read(mstatus) >> 11 & 2)
            break;
        inject(f, cause, value);
        return;
    }
    m_print("firmware: cause %x at %x, value %x\n", cause, f->x[0], value);
    leave(91);
}

/* --- the supervisor --- */

u32 kept_sp;
u32 boot_stack[1024] __attribute__((aligned(16)));
static u32 user_stack[1024] __attribute__((aligned(4096)));
static u32 roots[2][1024] __attribute__((aligned(4096)));
static u32 leaves[2][1024] __attribute__((aligned(4096)));
static u32 own[2][1024] __attribute__((aligned(4096)));
static u32 common[1024] __attribute__((aligned(4096)));
static volatile u32 counts[100], last_cause, last_value, last_status, skipping;
void run_in_u(u32 where, u32 argument);
extern char leave_u[];

#define WINDOW 0x00400000u /* [0]: the own page, [1]: the common one, [2]: U's stack, [3]: code for U */

static u32 call(u32 number, u32 a, u32 b)
{
    register u32 a0 asm("a0") = a;
    register u32 a1 asm("a1") = b;
    register u32 a7 asm("a7") = number;
    asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a7) : "memory");
    return a0;
}

static void s_put(int c)
{
    call(1, (u32)c, 0);
}

static void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_to(s_put, format, arguments);
    va_end(arguments);
}

__attribute__((used)) void s_trap(struct frame *f, u32 vector)
{
    u32 cause = csr_read(scause);
    counts[vector]++;
    last_status = csr_read(sstatus);
    if (cause >> 31) {
        if ((cause & 0xff) != vector)
            print("vector %d for cause %x\n", vector, cause);
        if (vector == 1)
            csr_clear(sip, 2);
        else if (vector == 5)
            call(0, ~0u, ~0u);
        else if (vector == 9)
            call(10, 0, 0);
        return;
    }
    last_cause = cause;
    last_value = csr_read(stval);
    if (cause == 8) { /* from U: a7 0 leaves */
        if (f->x[17] == 0) {
            f->x[0] = (u32)leave_u;
            csr_set(sstatus, MSTATUS_SPP);
            return;
        }
        f->x[10] += 1000;
    } else if (!(last_status & MSTATUS_SPP) || !skipping) {
        print("supervisor: cause %x at %x, value %x, spp %d\n", cause, f->x[0], last_value,
              (last_status & MSTATUS_SPP) != 0);
        if (last_status & MSTATUS_SPP)
            call(8, 92, 0);
        f->x[0] = (u32)leave_u;
        csr_set(sstatus, MSTATUS_SPP);
        return;
    }
    f->x[0] += 4;
}

/* Read a word that may not be readable; ~0 then. */
static u32 probe(u32 address)
{
    u32 value = ~0u;
    skipping = 1;
    last_cause = 0;
    asm volatile("lw %0, (%1)" : "+r"(value) : "r"(address) : "memory");
    skipping = 0;
    return value;
}

static void space(u32 n)
{
    csr_write(satp, 1u << 31 | (n + 1) << 22 | (u32)roots[n] >> 12);
}

static void fence(void)
{
    asm volatile("sfence.vma" : : : "memory");
}

/* Position-independent, one page: runs in U at WINDOW + 3 pages. a0 says what to do. */
asm(R"(
    .balign 4096
    .globl user_page
user_page:
    li   t0, 0x00403000     # U's stack ends here
    mv   sp, t0
    beqz a0, 1f
    li   t1, 1
    beq  a0, t1, 2f
    li   t1, 2
    beq  a0, t1, 3f
    li   t1, 3
    beq  a0, t1, 4f
    li   t1, 4
    beq  a0, t1, 5f
    csrw satp, zero
1:  rdtime a1               # the firmware's
    rdtimeh a2
    rdtime a3
    sltu a3, a3, a1
    li   t0, 0x00400000
    sw   a3, 16(t0)
    li   a7, 1
    li   a0, 5
    ecall
    sw   a0, 20(t0)
    li   a7, 0
    ecall
2:  rdinstret a1            # nobody emulates it
3:  lw   a1, 0(zero)
4:  sret
5:  li   t0, 0x00401000     # the common page is not for U
    lw   a1, 0(t0)
    .balign 4096
)");
extern char user_page[];

static void supervisor(void)
{
    csr_write(stvec, (u32)s_vector | 1);
    csr_write(sie, 0x222);
    print("supervisor: stvec mode %d, sie %x\n", csr_read(stvec) & 3, csr_read(sie));

    /* Time that traps, a timer of ours, wfi that traps. */
    u32 low, high;
    asm volatile("rdtime %0\n rdtimeh %1" : "=r"(low), "=r"(high));
    call(13, 7, 0); /* TSR, TW, TVM */
    csr_set(sstatus, MSTATUS_SIE);
    for (u32 n = 0; n < 3; n++) {
        asm volatile("rdtime %0\n rdtimeh %1" : "=r"(low), "=r"(high));
        u64 when = ((u64)high << 32 | low) + 1000;
        call(0, (u32)when, (u32)(when >> 32));
        u32 seen = counts[5];
        while (counts[5] == seen)
            asm volatile("wfi");
        asm volatile("rdtime %0\n rdtimeh %1" : "=r"(low), "=r"(high));
        if (((u64)high << 32 | low) < when)
            print("too early\n");
    }
    print("timer: %d interrupts of S, %d of M, wfi %d, sret %d, time %d\n", counts[5], call(12, 1, 0),
          call(11, WFI, 0) >= 3, call(11, SRET, 0) >= 3, call(11, TIME, 0) == 14);
    call(4, 0, 0);
    while (!counts[1])
        ;
    call(9, 0, 0);
    while (!counts[9])
        ;
    print("software %d, external %d, pending %x, ipis %d\n", counts[1], counts[9], call(15, 0, 0),
          call(12, 2, 0));
    csr_clear(sstatus, MSTATUS_SIE);
    csr_set(sip, 0x222);
    print("sip: S can set %x", csr_read(sip));
    csr_clear(sip, 0x222);
    call(9, 0, 0);
    u32 set = csr_read(sip);
    csr_clear(sip, 0x222);
    print(", external %x, which it cannot clear: %x\n", set, csr_read(sip));
    call(10, 0, 0);

    /* The firmware's page. */
    u32 got = probe((u32)&firmware);
    print("firmware's page: %x, cause %d, value right %d\n", got, last_cause,
          last_value == (u32)&firmware);
    skipping = 1;
    asm volatile("sw zero, (%0)" : : "r"(&firmware.ticks));
    print("writing it: cause %d, ticks %d\n", last_cause, call(12, 1, 0));
    got = probe(0x90000000);
    print("nothing there: %x, cause %d, spie %d\n", got, last_cause, (last_status & MSTATUS_SPIE) != 0);

    /* Two address spaces that differ in one page. */
    for (u32 n = 0; n < 2; n++) {
        roots[n][WINDOW >> 22] = PA_TO_PTE(leaves[n]) | V;
        roots[n][0x80000000u >> 22] = PA_TO_PTE(0x80000000u) | V | R | W | X | G | A | D;
        leaves[n][0] = PA_TO_PTE(own[n]) | V | R | W | U;
        leaves[n][1] = PA_TO_PTE(common) | V | R | W | G;
        leaves[n][2] = PA_TO_PTE(user_stack) | V | R | W | U;
        leaves[n][3] = PA_TO_PTE(user_page) | V | X | U;
        own[n][0] = 0x100 + n;
    }
    common[0] = 0x300;
    space(0);
    fence();
    csr_set(sstatus, MSTATUS_SUM);
    u32 seen[4];
    for (u32 n = 0; n < 4; n++) { /* no fence in between: the address space is another */
        seen[n] = REG32(WINDOW);
        REG32(WINDOW + 4) += n + 1;
        REG32(WINDOW + PAGE) += 1;
        space(~n & 1);
    }
    print("spaces: %x %x %x %x, own %d %d, common %x, entries %x %x\n", seen[0], seen[1], seen[2], seen[3],
          own[0][1], own[1][1], common[0], leaves[0][0] & 0xff, leaves[1][1] & 0xff);
    csr_clear(sstatus, MSTATUS_SUM);
    got = probe(WINDOW);
    print("without SUM: %x, cause %d\n", got, last_cause);
    csr_set(sstatus, MSTATUS_SUM);
    got = probe(WINDOW + 3 * PAGE);
    u32 cause = last_cause;
    csr_set(sstatus, MSTATUS_MXR);
    print("execute only: %x, cause %d; with MXR %x\n", got, cause, probe(WINDOW + 3 * PAGE));
    csr_clear(sstatus, MSTATUS_MXR);
    leaves[0][0] = 0;
    asm volatile("sfence.vma %0, %1" : : "r"(WINDOW), "r"(1) : "memory");
    got = probe(WINDOW);
    cause = last_cause;
    leaves[0][0] = PA_TO_PTE(own[0]) | V | R | W | U;
    asm volatile("sfence.vma %0, zero" : : "r"(WINDOW) : "memory");
    print("taken away: %x, cause %d; back: %x\n", got, cause, probe(WINDOW));
    /* A table inside the firmware's page: the walk itself is refused. */
    roots[0][1023] = PA_TO_PTE(&firmware) | V;
    fence();
    got = probe(0xffc00000);
    print("table in the firmware: %x, cause %d\n", got, last_cause);
    asm volatile("csrr %0, satp" : "=r"(got));
    print("satp: mode %d, space %d, writes %d, reads %d, fences %d\n", got >> 31, got >> 22 & 511,
          call(11, SATP_WRITE, 0), call(11, SATP_READ, 0), call(11, FENCE, 0));

    /* A program in U, with interrupts coming in. */
    call(4, 0, 0);
    for (u32 kind = 0; kind < 6; kind++) {
        run_in_u(WINDOW + 3 * PAGE, kind);
        if (!kind)
            print("U: %d %d, entry %x\n", REG32(WINDOW + 16), REG32(WINDOW + 20), leaves[0][3] & 0xff);
    }
    print("software %d, status %x\n", counts[1], csr_read(sstatus) & 0xc0122);

    /* Let the hardware do it all. */
    call(13, 0, 0);
    call(14, 7, 0);
    u32 before = call(11, SATP_READ, 0) + call(11, FENCE, 0) + call(11, TIME, 0);
    fence();
    asm volatile("csrr %0, satp\n rdtime %1" : "=r"(got), "=r"(low));
    print("without help: %d, injected %d\n",
          call(11, SATP_READ, 0) + call(11, FENCE, 0) + call(11, TIME, 0) - before, call(12, 0, 0));
    u32 sum = 0, typed = 0;
    for (u32 c; (c = call(2, 0, 0)) != '.';)
        if (c != ~0u && c != '\n') {
            sum = sum * 31 + c;
            typed++;
        }
    print("typed %d, sum %x\n", typed, sum);
    call(8, 12, 0);
}

__attribute__((used)) void start(void)
{
    csr_write(mtvec, (u32)m_vector);
    csr_write(mscratch, (u32)(firmware.stack + 1012));
    csr_write(medeleg, 1u << 0 | 1u << 3 | 1u << 8 | 1u << 12 | 1u << 13 | 1u << 15);
    csr_write(mideleg, 0x222);
    csr_write(mcounteren, 0);
    csr_write(scounteren, 7);
    csr_write(mie, 1u << 3);
    mtimecmp_set(~0ull);
    csr_write(pmpaddr0, (u32)&firmware >> 2 | (PAGE / 8 - 1));
    csr_write(pmpaddr1, ~0u);
    csr_write(pmpcfg0, 0x1f18);
    csr_write(mstatus, 1u << 11);
    csr_write(mepc, (u32)supervisor);
    asm volatile("mret");
}
