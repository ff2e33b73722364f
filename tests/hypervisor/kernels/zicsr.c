/* Zicsr in all its forms, CSRs that exist and that do not, mscratch, counters, a vectored mtvec. */
#include "kernel.h"

asm(R"(
    .text
    .balign 256
    .globl table
table:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    j    slot\n
    .endr
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
slot\n:
    csrw mscratch, t0
    la   t0, last_slot
    sw   t1, 4(t0)
    li   t1, \n
    sw   t1, (t0)
    lw   t1, 4(t0)
    csrrw t0, mscratch, zero
    j    vector
    .endr
)");
extern char table[];
volatile u32 last_slot[2];

static volatile u32 ticks, softs;

__attribute__((used)) void trap(struct frame *f)
{
    note(f);
    if (cause == (INTERRUPT | 7)) {
        ticks++;
        mtimecmp_set(~0ull);
    } else if (cause == (INTERRUPT | 3)) {
        softs++;
        REG32(MSIP) = 0;
    } else
        f->pc += 4;
}

/* Each form with rd and the operand zero and not: what comes out, and what is in the register then. */
static u32 digest;

static void fold(u32 x)
{
    digest = (digest << 7 | digest >> 25) ^ x;
}

#define FORM(form, csr, operand) \
    ({ \
        u32 old_ = 0xdead; \
        csr_write(csr, 0x55aa0f33); \
        asm volatile(form " %0, " #csr ", " operand : "=r"(old_) : "r"(0x0f0f00ff)); \
        fold(old_); \
        fold(csr_read(csr)); \
    })
#define FORM_NO_RD(form, csr, operand) \
    ({ \
        csr_write(csr, 0x55aa0f33); \
        asm volatile(form " x0, " #csr ", " operand : : "r"(0), "r"(0x0f0f00ff)); \
        fold(csr_read(csr)); \
    })
#define FORMS(csr) \
    digest = 0; \
    FORM("csrrw", csr, "%1"); \
    FORM("csrrs", csr, "%1"); \
    FORM("csrrc", csr, "%1"); \
    FORM("csrrw", csr, "x0"); \
    FORM("csrrs", csr, "x0"); \
    FORM("csrrc", csr, "x0"); \
    FORM("csrrwi", csr, "31"); \
    FORM("csrrsi", csr, "12"); \
    FORM("csrrci", csr, "19"); \
    FORM("csrrwi", csr, "0"); \
    FORM("csrrsi", csr, "0"); \
    FORM("csrrci", csr, "0"); \
    FORM_NO_RD("csrrw", csr, "%1"); \
    FORM_NO_RD("csrrs", csr, "%1"); \
    FORM_NO_RD("csrrc", csr, "%1"); \
    FORM_NO_RD("csrrw", csr, "x0"); \
    FORM_NO_RD("csrrs", csr, "x0"); \
    FORM_NO_RD("csrrwi", csr, "9"); \
    FORM_NO_RD("csrrsi", csr, "4"); \
    FORM_NO_RD("csrrci", csr, "3"); \
    print(#csr ": %x, %x\n", digest, csr_read(csr))

static u32 gadget[2] __attribute__((aligned(8)));

/* Execute one instruction that was just written; a0 goes in and comes out. */
static u32 execute(u32 word, u32 a0_in)
{
    gadget[0] = word;
    gadget[1] = 0x00008067; /* ret */
    asm volatile("fence.i");
    register u32 a0 asm("a0") = a0_in;
    asm volatile("jalr %1" : "+r"(a0) : "r"(gadget) : "ra", "memory");
    return a0;
}

static u32 csr_word(u32 csr, u32 form, u32 rd, u32 operand)
{
    return csr << 20 | operand << 15 | form << 12 | rd << 7 | 0x73;
}

static void probe_all(void)
{
    u32 sum = 0, count = 0, first = ~0u, last = 0;
    print("CSRs that can be read:");
    for (u32 csr = 0; csr <= 0x1000; csr++) {
        u32 exists = 0;
        if (csr >= 0x400 && csr < 0x1000 && csr % 5 && (csr & 0xf7c) != 0xb00 && (csr & 0xff0) != 0xf10)
            continue; /* most of the large gaps */
        if (csr < 0x1000) {
            skipped = 0;
            u32 got = execute(csr_word(csr, 2, 10, 0), 0x1234);
            exists = !skipped;
            if (!exists) {
                CHECK(cause == 2 && value == csr_word(csr, 2, 10, 0) && got == 0x1234);
                CHECK(where == (u32)gadget);
            }
            count += exists;
        }
        if (exists && first == ~0u)
            first = csr;
        if (!exists && first != ~0u) {
            print(last == first ? " %x" : " %x-%x", first, last);
            first = ~0u;
        }
        if (exists)
            last = csr;
        sum = sum * 3 + exists;
    }
    print("\n%d of them, sum %x\n", count, sum);
    u32 refused = 0;
    for (u32 csr = 0xc00; csr < 0x1000; csr += csr < 0xc03 ? 1 : 61) { /* read only: writing traps, in each form that writes */
        static const u8 forms[] = {1, 2, 3, 5, 6, 7};
        for (u32 n = 0; n < sizeof forms; n++) {
            skipped = 0;
            execute(csr_word(csr, forms[n], n & 1 ? 10 : 0, 10), 0);
            refused += skipped;
        }
    }
    print("refused writes: %d\n", refused);
    for (u32 csr = 0x300; csr < 0x345; csr++) /* what survives of ones, and of zeros */
        if (csr != 0x300 && csr != 0x305 && csr != 0x304) {
            skipped = 0;
            u32 old = execute(csr_word(csr, 1, 10, 10), ~0u);
            if (skipped)
                continue;
            u32 ones = execute(csr_word(csr, 1, 10, 10), 0);
            u32 zeros = execute(csr_word(csr, 1, 10, 10), old);
            if (old | ones | zeros)
                print("%x: %x %x %x\n", csr, csr == 0x344 ? old & 0x222 : old, ones, zeros);
        }
}

static void counters(void)
{
    csr_write(mcycle, 1000);
    csr_write(mcycleh, 7);
    u32 a = csr_read(mcycle), b = csr_read(cycle), c = csr_read(mcycleh);
    print("mcycle: %d %d %d\n", a, b, c);
    csr_write(minstret, 0xfffffff0);
    csr_write(minstreth, 1);
    u32 n = 0;
    while (csr_read(minstreth) == 1)
        n++;
    print("minstret carries after %d rounds: %x %x\n", n, csr_read(minstret), csr_read(instreth));
    csr_write(mcountinhibit, 5);
    a = csr_read(mcycle), b = csr_read(minstret);
    for (volatile u32 i = 0; i < 10; i++)
        ;
    CHECK(csr_read(mcycle) == a && csr_read(minstret) == b);
    csr_write(mcycle, 5);
    print("held: %d, inhibit %x\n", csr_read(mcycle), csr_read(mcountinhibit));
    csr_write(mcountinhibit, 1);
    c = csr_read(minstret);
    CHECK(csr_read(minstret) > c && csr_read(mcycle) == 5);
    csr_write(mcountinhibit, 0);
    asm volatile("csrw mcycle, zero\n csrr %0, mcycle\n csrr %1, mcycle" : "=r"(a), "=r"(b));
    print("counting: %d %d, inhibit %x\n", a, b, csr_read(mcountinhibit));
    asm volatile("csrr %0, time\n csrr %1, cycle\n nop\n csrr %2, cycle\n csrr %3, time"
                 : "=r"(a), "=r"(b), "=r"(c), "=r"(n));
    print("three apart: %d, two apart: %d\n", n - a, c - b);
    asm volatile("csrrwi %0, mcycle, 7\n csrrsi %1, mcycle, 8\n csrrci %2, mcycle, 1" : "=r"(a), "=r"(b), "=r"(c));
    print("written while counting: %d %d\n", b, c);
}

int main(void)
{
    print("misa %x vendor %x arch %x impl %x hart %x config %x\n", csr_read(misa), csr_read(mvendorid),
          csr_read(marchid), csr_read(mimpid), csr_read(mhartid), csr_read(0xf15));
    csr_write(misa, 0);
    print("misa after a write %x, mstatush %x\n", csr_read(misa), csr_read(0x310));
    FORMS(mscratch);
    FORMS(mepc);
    FORMS(mcause);
    FORMS(mtval);
    FORMS(sscratch);
    FORMS(sepc);
    FORMS(stval);
    FORMS(mcounteren);
    FORMS(medeleg);
    FORMS(mideleg);
    FORMS(satp);
    FORMS(pmpaddr3);
    FORMS(sie);
    csr_write(satp, 0);
    csr_write(medeleg, 0);
    csr_write(mideleg, 0);
    csr_write(mscratch, 0);
    u32 x = 0x111, y;
    asm volatile("csrrw %0, mscratch, %0\n csrrw %1, mscratch, %0\n csrrw %0, mscratch, zero"
                 : "+r"(x), "=&r"(y)); /* rd = rs1: the old value goes in */
    print("swaps: %x %x, scratch %x\n", x, y, csr_read(mscratch));
    static const u32 status[] = {0, ~0u, 0x1000, 0x1800, 0x0800, 0x6000, 0x200, 0x7fffff, 0x8000};
    for (u32 n = 0; n < sizeof status / 4; n++) {
        u32 interrupts_off = status[n] & ~(MSTATUS_MPRV | MSTATUS_MIE);
        csr_write(mstatus, interrupts_off);
        u32 got = csr_read(mstatus), s = csr_read(sstatus);
        csr_write(mstatus, 0x1800);
        print("mstatus %x: %x, sstatus %x\n", interrupts_off, got, s);
    }
    csr_write(sstatus, ~0u);
    print("sstatus all: %x, mstatus %x\n", csr_read(sstatus), csr_read(mstatus));
    csr_write(mstatus, 0x1800);
    probe_all();
    counters();

    static const u32 vectors[] = {1, 2, 3, 0};
    for (u32 n = 0; n < 4; n++) {
        csr_write(mtvec, (u32)table | vectors[n]);
        print("mtvec mode %d\n", csr_read(mtvec) & 3);
        csr_set(mie, 1u << 3 | 1u << 7);
        csr_set(mstatus, MSTATUS_MIE);
        REG32(MSIP) = 1;
        u32 slot_soft = last_slot[0];
        mtimecmp_set(mtime_now() + 30);
        while (ticks == n)
            ;
        u32 slot_tick = last_slot[0];
        asm volatile("ecall");
        csr_clear(mstatus, MSTATUS_MIE);
        print("  slots %d %d %d, cause %x, softs %d\n", slot_soft, slot_tick, last_slot[0], cause, softs);
    }
    return 0;
}
