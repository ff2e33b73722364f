/* Time and devices: the clock read, written and waited for; software interrupts; the UART received and
 * sent by interrupts through the PLIC; several interrupts at once; wfi with interrupts off. */
#include "kernel.h"

static volatile u32 ticks, softs, externals, sent, received, order[8], ordered;
static volatile u32 period, tick_pc_ok, sum;
static const char *sending;

static void wake_at(u32 distance)
{
    mtimecmp_set(mtime_now() + distance);
}

static void serve_uart(void)
{
    u32 why;
    while (!((why = REG8(UART + 2)) & 1))
        switch (why & 0xf) {
        case 0x2:
            if (sending && *sending) {
                REG8(UART) = (u8)*sending++;
                sent++;
            } else {
                REG8(UART + 1) &= ~2u;
                sending = 0;
            }
            break;
        case 0x4:
        case 0xc:
            for (u32 n = 0; n < 6 && REG8(UART + 5) & 1; n++) { /* some now, the others next time */
                sum = sum * 31 + REG8(UART);
                received++;
            }
            if (received >= 24)
                REG8(UART + 1) &= ~1u;
            return;
        default:
            print("uart says %x\n", why);
            finish(9);
        }
}

__attribute__((used)) void trap(struct frame *f)
{
    note(f);
    if (ordered < 8)
        order[ordered++] = cause & 0xff;
    switch (cause) {
    case INTERRUPT | 7:
        ticks++;
        if (period)
            wake_at(period);
        else
            mtimecmp_set(~0ull);
        break;
    case INTERRUPT | 3:
        softs++;
        REG32(MSIP) = 0;
        break;
    case INTERRUPT | 11: {
        u32 source = REG32(PLIC + 0x200004);
        CHECK(source == UART_IRQ);
        externals++;
        serve_uart();
        REG32(PLIC + 0x200004) = source;
        break;
    }
    default:
        if (cause == 2 || cause == 11) {
            f->pc += 4;
            break;
        }
        print("cause %x at %x\n", cause, f->pc);
        finish(8);
    }
}

static void clock(void)
{
    u64 a = mtime_now(), b = mtime_now();
    print("mtime goes %d\n", (u32)(b - a));
    REG32(MTIME + 4) = 0x12;
    REG32(MTIME) = 0xfffffff0;
    while (REG32(MTIME + 4) == 0x12)
        ;
    u32 low, high;
    asm volatile("csrr %0, time\n csrr %1, timeh" : "=r"(low), "=r"(high));
    print("mtime carried: %x %x\n", high, low);
    REG32(MTIME + 4) = 0;
    REG32(MTIME) = 0;
    asm volatile("csrr %0, time" : "=r"(low));
    print("set back: %d\n", low);
    REG8(MTIME + 1) = 7;
    print("a byte of it: %x\n", REG32(MTIME) >> 8);
    *(volatile uint16_t *)(MTIMECMP + 2) = 0x1234;
    REG8(MTIMECMP + 7) = 0x56;
    print("mtimecmp in parts: %x %x %x\n", REG32(MTIMECMP + 4), REG32(MTIMECMP), REG8(MTIMECMP + 3));
}

static void timer(void)
{
    csr_write(mie, 1u << 7);
    csr_set(mstatus, MSTATUS_MIE);
    period = 500;
    wake_at(500);
    u32 spins = 0;
    while (ticks < 5)
        spins++;
    period = 0;
    while (ticks < 6)
        spins++;
    print("ticks %d, spins %d\n", ticks, spins);
    for (u32 n = 0; n < 3; n++) {
        u32 before = ticks;
        u64 when = mtime_now() + 10000 * n + 50;
        mtimecmp_set(when);
        while (ticks == before)
            asm volatile("wfi");
        print("woke %d late\n", (u32)(mtime_now() - when));
    }
    /* Interrupts off: wfi ends all the same, and nothing is taken until they are on. */
    csr_clear(mstatus, MSTATUS_MIE);
    u32 before = ticks;
    wake_at(3000);
    asm volatile("wfi");
    print("off: taken %d, pending %x", ticks - before, csr_read(mip) & 0x80);
    asm volatile("csrsi mstatus, 8");
    print(", on: taken %d, pending %x\n", ticks - before, csr_read(mip) & 0x80);
    csr_clear(mstatus, MSTATUS_MIE);
    csr_write(mie, 0);
    wake_at(0);
    print("not enabled: pending %x, taken %d\n", csr_read(mip), ticks - before);
    csr_set(mstatus, MSTATUS_MIE);
    u32 seen = ticks;
    asm volatile("csrrw %0, mie, %1" : "=r"(before) : "r"(0x80));
    print("enabled last: taken %d\n", ticks - seen);
    csr_clear(mstatus, MSTATUS_MIE);
    REG32(MTIMECMP) = 0;
    REG32(MTIMECMP + 4) = 0;
    csr_set(mip, 0x80); /* read only: the CLINT's */
    csr_clear(mip, 0x80);
    print("mip: %x", csr_read(mip));
    mtimecmp_set(~0ull);
    print(" %x\n", csr_read(mip));
}

static void many_at_once(void)
{
    csr_write(mideleg, 0);
    csr_write(mie, 0xaaa);
    wake_at(0);
    REG32(MSIP) = 3;
    print("msip %d, mip %x\n", REG32(MSIP), csr_read(mip));
    csr_set(mip, 0x222);
    print("all: mip %x, sip %x", csr_read(mip), csr_read(sip));
    csr_clear(mip, 0x222);
    print(", then %x\n", csr_read(mip));
    ordered = 0;
    REG8(UART + 1) = 2;
    asm volatile("csrsi mstatus, 8\n nop\n nop\n nop");
    print("order:");
    for (u32 n = 0; n < ordered; n++)
        print(" %d", order[n]);
    print(", from %d places\n", softs);
    csr_clear(mstatus, MSTATUS_MIE);
    csr_write(mideleg, 0x222);
    csr_set(mip, 0x2);
    print("delegated: sip %x sie %x\n", csr_read(sip), csr_read(sie));
    csr_set(mstatus, MSTATUS_MIE | MSTATUS_SIE);
    asm volatile("nop");
    csr_clear(mstatus, MSTATUS_MIE | MSTATUS_SIE);
    print("M is not interrupted by it: %d\n", cause != (INTERRUPT | 1));
    csr_clear(mip, 0x2);
    csr_write(mideleg, 0);
    ordered = 0;
    csr_set(mip, 0x20);
    csr_write(mie, 0);
    print("S's own in M: %x\n", csr_read(mip));
    csr_clear(mip, 0x20);
}

static void uart(void)
{
    REG8(UART + 3) = 0x80;
    u8 low = REG8(UART), high = REG8(UART + 1);
    REG8(UART) = 3;
    REG8(UART + 1) = 1;
    print("divisor %d %d, now %d %d\n", low, high, REG8(UART), REG8(UART + 1));
    REG8(UART + 3) = 3;
    REG8(UART + 7) = 0x5a;
    print("uart: scratch %x lcr %x mcr %x msr %x lsr %x iir %x\n", REG8(UART + 7), REG8(UART + 3),
          REG8(UART + 4), REG8(UART + 6), REG8(UART + 5) & 0xfe, REG8(UART + 2));
    REG8(UART + 2) = 7;
    print("fifos: iir %x\n", REG8(UART + 2));
    /* Loopback: what is sent is received, and the modem lines answer. */
    REG8(UART + 4) = 0x1f;
    u32 got = 0, lsr[3];
    lsr[0] = REG8(UART + 5);
    for (u32 n = 0; n < 18; n++)
        REG8(UART) = (u8)(n + 1);
    lsr[1] = REG8(UART + 5);
    lsr[2] = REG8(UART + 5);
    u32 msr = REG8(UART + 6), count = 0;
    while (REG8(UART + 5) & 1) {
        got = got * 3 + REG8(UART);
        count++;
    }
    REG8(UART + 4) = 8;
    print("loop: %x, %d bytes sum %x, lsr %x %x %x\n", msr, count, got, lsr[0], lsr[1], lsr[2]);

    REG32(PLIC + 4 * UART_IRQ) = 3;
    REG32(PLIC + 0x2000) = 1u << UART_IRQ;
    REG32(PLIC + 0x200000) = 3;
    csr_write(mie, 1u << 11);
    REG8(UART + 1) = 2;
    print("plic: pending %x, threshold holds it: mip %x\n", REG32(PLIC + 0x1000) >> UART_IRQ,
          csr_read(mip) >> 11);
    REG32(PLIC + 0x200000) = 2;
    u32 pending = csr_read(mip) >> 11;
    REG8(UART + 1) = 0;
    print("priority 3 over 2: %d, line down: %d\n", pending, csr_read(mip) >> 11);
    u32 claim = REG32(PLIC + 0x200004);
    print("claim %d, again %d\n", claim, REG32(PLIC + 0x200004));
    REG32(PLIC + 0x200004) = claim;
    REG32(PLIC + 0x200000) = 0;
    csr_set(mstatus, MSTATUS_MIE);
    sending = "this was sent by interrupts\n";
    REG8(UART + 1) = 2;
    while (sending)
        asm volatile("nop");
    print("sent %d\n", sent);
    externals = 0;
    REG8(UART + 1) = 1;
    while (received < 24)
        asm volatile("wfi");
    print("received %d, sum %x\n", received, sum);
    REG8(UART + 1) = 0;
    CHECK(externals >= 3);
    u32 polled = 0, c = 0;
    csr_clear(mstatus, MSTATUS_MIE);
    while (c != '.') {
        while (!(REG8(UART + 5) & 1))
            ;
        c = REG8(UART);
        polled++;
    }
    print("polled %d\n", polled);
}

int main(void)
{
    mtimecmp_set(~0ull);
    clock();
    mtimecmp_set(~0ull);
    timer();
    many_at_once();
    uart();
    return 3;
}
