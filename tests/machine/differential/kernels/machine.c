/* A small kernel as a stranger might write it: timer ticks, a user program behind the PMP, system
 * calls, code that is copied and patched, function pointers, coroutines, CSRs in all their forms. */
#include "kernel.h"

#define USER __attribute__((section(".user"), noinline))

static volatile int ticks, software_interrupts, faults;
static volatile uint32_t last_cause, last_value;
static uint32_t user_stack[256] __attribute__((section(".user.stack"), aligned(16)));
extern char user_start[], user_end[];

void leave(int status)
{
    *FINISHER = status ? (uint32_t)status << 16 | 0x3333 : 0x5555;
}

/* --- traps --- */

static void set_timer(uint32_t after)
{
    uint64_t now = (uint64_t)MTIME[1] << 32 | MTIME[0];
    now += after;
    MTIMECMP[1] = 0xffffffff;
    MTIMECMP[0] = (uint32_t)now;
    MTIMECMP[1] = (uint32_t)(now >> 32);
}

static int system_call(uint32_t number, uint32_t argument)
{
    switch (number) {
    case 1:
        print("user says %d\n", (int)argument);
        return 0;
    case 2:
        return (int)(argument * argument);
    case 3:
        return ticks;
    default:
        return -1;
    }
}

struct frame *trap(struct frame *f)
{
    uint32_t cause = read_csr(mcause);
    if (cause == 0x80000007) {
        ticks++;
        set_timer(50);
        return f;
    }
    if (cause == 0x80000003) {
        software_interrupts++;
        *MSIP = 0;
        return f;
    }
    last_cause = cause;
    last_value = read_csr(mtval);
    f->pc += 4;
    if (cause == 8) {
        if (REGISTER(f, 17) == 0) { /* exit: go on in the kernel */
            f->pc = (uint32_t)(uintptr_t)back_to_kernel;
            STATUS(f) |= 0x1800;
            STATUS(f) &= ~0x80u;
            return f;
        }
        REGISTER(f, 10) = (uint32_t)system_call(REGISTER(f, 17), REGISTER(f, 10));
        return f;
    }
    faults++;
    if (cause == 3) /* mtval of a breakpoint: its pc or 0 */
        last_value = 0;
    print("fault %d, value %x, from %s\n", (int)cause, last_value, STATUS(f) & 0x1800 ? "M" : "U");
    return f;
}

/* --- the user's program --- */

static inline __attribute__((always_inline)) int call_kernel(uint32_t number, uint32_t argument)
{
    register uint32_t a7 asm("a7") = number;
    register uint32_t a0 asm("a0") = argument;
    asm volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return (int)a0;
}

static int secret = 4711;

USER void user_main(void)
{
    for (uint32_t n = 1; n < 5; n++)
        call_kernel(1, (uint32_t)call_kernel(2, n));
    call_kernel(1, (uint32_t)call_kernel(99, 0));
    volatile int *forbidden = &secret;
    int got = *forbidden; /* load access fault */
    (void)got;
    *forbidden = 1; /* store access fault */
    asm volatile("csrr t0, mstatus" ::: "t0"); /* illegal */
    asm volatile("ebreak");
    int before = call_kernel(3, 0);
    while (call_kernel(3, 0) < before + 3) /* the timer goes on */
        ;
    call_kernel(0, 0);
}

static void test_user(void)
{
    print("user mode behind the PMP\n");
    uint32_t start = (uint32_t)(uintptr_t)user_start >> 2, end = (uint32_t)(uintptr_t)user_end >> 2;
    write_csr(pmpaddr0, start);
    write_csr(pmpaddr1, end);
    write_csr(pmpcfg0, 0x0f00); /* entry 1: TOR, RWX */
    set_csr(mie, 0x80);
    set_timer(50);
    run_user(user_main, user_stack + 256);
    clear_csr(mie, 0x80);
    print("back, faults %d, last cause %d, ticks %s, secret %d\n", faults, (int)last_cause,
          ticks >= 3 ? "enough" : "too few", secret);
}

/* --- timer and software interrupts --- */

static void test_interrupts(void)
{
    print("interrupts\n");
    ticks = 0;
    set_timer(20);
    set_csr(mie, 0x88);
    set_csr(mstatus, 8);
    while (ticks < 5)
        asm volatile("wfi");
    *MSIP = 1;
    while (!software_interrupts)
        ;
    clear_csr(mstatus, 8);
    clear_csr(mie, 0x88);
    print("ticks %s, software %d\n", ticks >= 5 ? "enough" : "too few", software_interrupts);
    print("mip %x mie %x\n", read_csr(mip) & ~0x80u, read_csr(mie));
}

/* --- code that is made at run time --- */

static int twice(int x) { return x + x; }
static int square(int x) { return x * x; }
static int negate(int x) { return -x; }

static int (*const table[])(int) = {twice, square, negate};
static uint32_t made[8] __attribute__((aligned(16)));

static void test_code(void)
{
    print("function pointers and code made at run time\n");
    int value = 3;
    for (int n = 0; n < 9; n++)
        value = table[n % 3](value) % 1000;
    print("table %d\n", value);
    for (uint32_t n = 1; n < 4; n++) {
        made[0] = n << 20 | 10 << 15 | 10 << 7 | 0x13; /* addi a0, a0, n */
        made[1] = 0x02a50533;                          /* mul a0, a0, a0 */
        made[2] = 0x00008067;                          /* ret */
        asm volatile("fence.i" ::: "memory");
        print("made %d\n", ((int (*)(int))(uintptr_t)made)(4));
    }
    static uint32_t copy[64] __attribute__((aligned(16)));
    const uint32_t *from = (const uint32_t *)(uintptr_t)square;
    for (int n = 0; n < 24; n++) /* enough for it, whatever the compiler made */
        copy[n] = from[n];
    asm volatile("fence.i" ::: "memory");
    print("moved %d\n", ((int (*)(int))(uintptr_t)copy)(12));
    made[0] = 0xffffffff;
    asm volatile("fence.i" ::: "memory");
    faults = 0;
    ((int (*)(int))(uintptr_t)made)(1);
    print("faults %d\n", faults);
}

/* --- coroutines --- */

static uint32_t *main_sp, *routine_sp;
static uint32_t routine_stack[256] __attribute__((aligned(16)));

static void routine(void)
{
    for (int n = 0;; n++) {
        print("routine %d\n", n);
        switch_to(&routine_sp, main_sp);
    }
}

static void test_coroutines(void)
{
    routine_sp = routine_stack + 240;
    routine_sp[1] = (uint32_t)(uintptr_t)routine;
    for (int n = 0; n < 3; n++) {
        print("main %d\n", n);
        switch_to(&main_sp, routine_sp);
    }
}

/* --- CSRs --- */

static void test_csrs(void)
{
    print("CSRs\n");
    write_csr(mcause, 0x1234);
    print("%x", swap_csr(mcause, 5));
    print(" %x", set_csr(mcause, 0x80000000));
    print(" %x", clear_csr(mcause, 1));
    print(" %x", set_csr(mcause, 16));
    print(" %x\n", read_csr(mcause));
    uint32_t zeroed;
    asm volatile("csrrwi %0, mcause, 31" : "=r"(zeroed));
    asm volatile("csrrci %0, mcause, 9" : "=r"(zeroed));
    asm volatile("csrrsi x0, mcause, 8");
    print("%x %x\n", zeroed, read_csr(mcause));
    uint32_t first = read_csr(mcycle), second = read_csr(mcycle);
    print("cycles %s\n", second > first ? "grow" : "stand");
}

/* --- plain computation --- */

static uint32_t crc(const uint8_t *bytes, int count)
{
    uint32_t value = ~0u;
    while (count--) {
        value ^= *bytes++;
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
    }
    return ~value;
}

static void sort(int *items, int low, int high)
{
    if (low >= high)
        return;
    int pivot = items[(low + high) / 2], i = low, j = high;
    while (i <= j) {
        while (items[i] < pivot)
            i++;
        while (items[j] > pivot)
            j--;
        if (i <= j) {
            int kept = items[i];
            items[i++] = items[j];
            items[j--] = kept;
        }
    }
    sort(items, low, j);
    sort(items, i, high);
}

static void test_computing(void)
{
    print("computing\n");
    static uint8_t bytes[1000];
    static int items[200];
    uint32_t seed = 1;
    for (int n = 0; n < 1000; n++) {
        seed = seed * 1664525 + 1013904223;
        bytes[n] = seed >> 24;
        if (n < 200)
            items[n] = (int)seed >> 7;
    }
    print("crc %x\n", crc(bytes, sizeof bytes));
    sort(items, 0, 199);
    print("sorted %d %d %d\n", items[0], items[100], items[199]);
    uint64_t product = 1;
    for (uint32_t n = 2; n < 21; n++)
        product *= n;
    print("factorial %x %x, /1e9 %d, %%997 %d\n", (uint32_t)(product >> 32), (uint32_t)product,
          (int)(product / 1000000000u), (int)(product % 997));
    int64_t negative = -(int64_t)product;
    print("signed %x %d\n", (uint32_t)(negative >> 40), (int)(negative % 1000003));
    const char *text = "the five boxing wizards jump quickly";
    static volatile uint16_t halves[8];
    int vowels = 0;
    for (const char *c = text; *c; c++) {
        switch (*c) {
        case 'a': case 'e': case 'i': case 'o': case 'u':
            vowels++;
        }
        halves[*c & 7] += (uint16_t)*c;
    }
    print("vowels %d, halves %x\n", vowels, crc((const uint8_t *)halves, sizeof halves));
    double half = 0.5, sum = 0; /* soft floating point */
    for (int n = 0; n < 20; n++, half *= 0.5)
        sum += half * (n + 1);
    print("soft float %d\n", (int)(sum * 1e6));
}

int main(void)
{
    MTIMECMP[1] = 0xffffffff;
    test_computing();
    test_csrs();
    test_code();
    test_coroutines();
    test_interrupts();
    test_user();
    print("end\n");
    return 0;
}
