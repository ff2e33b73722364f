/* A kernel for S as a stranger might write it: firmware in M delegates to it and keeps the timer; it
 * builds Sv32 tables, gives its user pages on demand, copies on write, and ends with a status of 3. */
#include "kernel.h"

#define PAGE 4096u
enum { V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128, SHARED = 256 };

#define USER __attribute__((section(".user"), noinline))
#define USER_BASE 0x00400000u
#define USER_DATA 0x10000000u
#define USER_STACK 0x20000000u

extern char user_start[], user_end[];
static uint32_t root[1024] __attribute__((aligned(4096)));
static uint8_t pool[64][PAGE] __attribute__((aligned(4096)));
static int pool_used;
static int demand_faults, copies, refused, timer_ticks;

static volatile uint32_t *finisher = FINISHER;

void leave(int status)
{
    *finisher = status ? (uint32_t)status << 16 | 0x3333 : 0x5555;
}

/* --- firmware, in M --- */

struct frame *trap(struct frame *f)
{
    uint32_t cause = read_csr(mcause);
    if (cause == 0x80000007) { /* pass the timer on to S */
        MTIMECMP[1] = 0xffffffff;
        set_csr(mip, 0x20);
        return f;
    }
    if (cause == 9) { /* the kernel asks for the next tick */
        uint64_t next = ((uint64_t)MTIME[1] << 32 | MTIME[0]) + REGISTER(f, 10);
        MTIMECMP[1] = 0xffffffff;
        MTIMECMP[0] = (uint32_t)next;
        MTIMECMP[1] = (uint32_t)(next >> 32);
        clear_csr(mip, 0x20);
        f->pc += 4;
        return f;
    }
    print_at = UART;
    finisher = FINISHER;
    print("firmware: cause %x at %x, value %x\n", cause, f->pc, read_csr(mtval));
    leave(100);
    for (;;)
        ;
}

static void ask_for_tick(uint32_t after)
{
    register uint32_t a0 asm("a0") = after;
    asm volatile("ecall" : "+r"(a0) : : "memory");
}

/* --- page tables --- */

static void *new_page(void)
{
    if (pool_used == 64) {
        print("no pages left\n");
        leave(101);
    }
    uint32_t *page = (uint32_t *)pool[pool_used++];
    for (unsigned n = 0; n < PAGE / 4; n++)
        page[n] = 0;
    return page;
}

static uint32_t *entry_of(uint32_t address, int make)
{
    uint32_t *entry = &root[address >> 22];
    if (!(*entry & V)) {
        if (!make)
            return 0;
        *entry = (uint32_t)(uintptr_t)new_page() >> 2 | V;
    }
    uint32_t *table = (uint32_t *)(uintptr_t)(*entry >> 10 << 12);
    return &table[address >> 12 & 1023];
}

static void map(uint32_t address, uint32_t physical, uint32_t rights)
{
    *entry_of(address, 1) = physical >> 12 << 10 | rights | V;
}

/* --- the kernel, in S --- */

struct supervisor_frame {
    uint32_t x[32];
};

void supervisor_entry(void);
void enter_user(uint32_t pc, uint32_t sp);

asm(".text\n"
    ".balign 4\n"
    "supervisor_entry:\n"
    "    csrrw sp, sscratch, sp\n"
    "    addi sp, sp, -128\n"
    "    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
    "    sw x\\n, 4*\\n(sp)\n"
    "    .endr\n"
    "    csrr t0, sscratch\n"
    "    sw t0, 8(sp)\n"
    "    mv a0, sp\n"
    "    call supervisor_trap\n"
    "    lw t0, 8(sp)\n"
    "    csrw sscratch, t0\n"
    "    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
    "    lw x\\n, 4*\\n(sp)\n"
    "    .endr\n"
    "    addi sp, sp, 128\n"
    "    csrrw sp, sscratch, sp\n"
    "    sret\n"
    "enter_user:\n"
    "    csrw sepc, a0\n"
    "    la t0, supervisor_stack_top\n"
    "    csrw sscratch, t0\n"
    "    mv sp, a1\n"
    "    li t0, 0x100\n"
    "    csrc sstatus, t0\n"
    "    li t0, 0x20\n"
    "    csrs sstatus, t0\n"
    "    sret\n"
    ".bss\n"
    ".balign 16\n"
    "    .zero 4096\n"
    "supervisor_stack_top:\n"
    ".text\n");

static void finish(void)
{
    print("faults: %d on demand, %d copies, %d refused\n", demand_faults, copies, refused);
    print("ticks %s\n", timer_ticks >= 3 ? "enough" : "too few");
    uint32_t *entry = entry_of(USER_DATA, 0);
    print("data entry %x, unread page %x\n", *entry & 0x3df, *entry_of(USER_DATA + 40 * PAGE, 1));
    print("end\n");
    leave(3);
    for (;;)
        ;
}

static int page_fault(uint32_t cause, uint32_t address)
{
    if (address >= USER_DATA && address < USER_DATA + 32 * PAGE) {
        uint32_t *entry = entry_of(address, 1);
        if (!(*entry & V)) {
            demand_faults++;
            /* Odd pages start as one shared page that cannot be written. */
            if (address >> 12 & 1)
                map(address, (uint32_t)(uintptr_t)pool[0], R | U | SHARED);
            else
                map(address, (uint32_t)(uintptr_t)new_page(), R | W | U);
        } else if (cause == 15 && *entry & SHARED) {
            copies++;
            uint32_t *from = (uint32_t *)(uintptr_t)(*entry >> 10 << 12), *to = new_page();
            for (unsigned n = 0; n < PAGE / 4; n++)
                to[n] = from[n];
            map(address, (uint32_t)(uintptr_t)to, R | W | U);
        } else
            return 0;
        asm volatile("sfence.vma %0" ::"r"(address) : "memory");
        return 1;
    }
    return 0;
}

void supervisor_trap(struct supervisor_frame *f)
{
    uint32_t cause = read_csr(scause), value = read_csr(stval), pc = read_csr(sepc);
    if (cause == 0x80000005) {
        timer_ticks++;
        ask_for_tick(60);
        return;
    }
    if (cause == 8) {
        write_csr(sepc, pc + 4);
        if (f->x[17] == 0)
            finish();
        if (f->x[17] == 1) {
            /* The user's memory, with SUM. */
            set_csr(sstatus, 1 << 18);
            uint32_t sum = 0;
            for (uint32_t n = 0; n < f->x[11]; n++)
                sum += ((volatile uint32_t *)(uintptr_t)f->x[10])[n];
            clear_csr(sstatus, 1 << 18);
            print("user gives %d words, sum %x\n", (int)f->x[11], sum);
        } else
            f->x[10] = (uint32_t)timer_ticks;
        return;
    }
    if ((cause == 13 || cause == 15) && page_fault(cause, value))
        return;
    refused++;
    if (cause == 3) /* stval of a breakpoint: its pc or 0 */
        value = 0;
    print("refused: cause %d, value %x, from user %x\n", (int)cause, value, pc - USER_BASE < PAGE);
    write_csr(sepc, pc + 4);
}

static void supervisor(void)
{
    print("supervisor\n");
    for (uint32_t n = 0; n < 4; n++)
        root[0x200 + n] = (0x80000u + (n << 10)) << 10 | V | R | W | X | A | D;
    map(0x30000000, 0x10000000, R | W); /* the UART and the finisher, for S */
    map(0x30001000, 0x00100000, R | W);
    uint32_t start = (uint32_t)(uintptr_t)user_start, end = (uint32_t)(uintptr_t)user_end;
    for (uint32_t at = start; at < end; at += PAGE)
        map(USER_BASE + at - start, at, R | X | U);
    map(USER_STACK - PAGE, (uint32_t)(uintptr_t)new_page(), R | W | U);
    write_csr(satp, 0x80000000u | (uint32_t)(uintptr_t)root >> 12);
    asm volatile("sfence.vma" ::: "memory");
    print_at = (volatile uint8_t *)0x30000000;
    finisher = (volatile uint32_t *)0x30001000;
    print("paging\n");
    write_csr(stvec, (uint32_t)(uintptr_t)supervisor_entry);
    set_csr(sie, 0x20);
    ask_for_tick(60);
    extern void user_main(void);
    enter_user(USER_BASE + (uint32_t)(uintptr_t)user_main - start, USER_STACK);
}

/* --- the user's program --- */

static inline __attribute__((always_inline)) uint32_t call_kernel(uint32_t number, uint32_t a, uint32_t b)
{
    register uint32_t a7 asm("a7") = number;
    register uint32_t a0 asm("a0") = a;
    register uint32_t a1 asm("a1") = b;
    asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
    return a0;
}

USER void user_main(void)
{
    volatile uint32_t *data = (volatile uint32_t *)USER_DATA;
    for (uint32_t page = 0; page < 12; page++) {
        uint32_t got = data[page * 1024 + 5]; /* a load first: on demand */
        data[page * 1024 + 6] = got + page;   /* a store: copies what is shared */
    }
    for (uint32_t page = 12; page < 20; page++)
        data[page * 1024] = page; /* a store first */
    call_kernel(1, USER_DATA, 20 * 1024);
    /* A word over the edge of two pages that are not there yet, and one over two that are. */
    *(volatile uint32_t *)(USER_DATA + 22 * PAGE - 2) = 0x11223344;
    call_kernel(1, USER_DATA + 22 * PAGE - 4, 2);
    *(volatile uint32_t *)(USER_DATA + 3 * PAGE - 1) = 0x55667788;
    call_kernel(1, USER_DATA + 3 * PAGE - 4, 2);
    *(volatile uint32_t *)0x80000000 = 1;                      /* the kernel's */
    (void)*(volatile uint32_t *)0x30000000;                    /* the kernel's UART */
    (void)*(volatile uint32_t *)(USER_DATA + 40 * PAGE);       /* nobody's */
    *(volatile uint32_t *)(uintptr_t)USER_BASE = 0;            /* its own code */
    asm volatile("csrw sscratch, zero");
    asm volatile("sfence.vma");
    asm volatile("sret");
    asm volatile("ebreak");
    uint32_t before = call_kernel(2, 0, 0);
    while (call_kernel(2, 0, 0) < before + 3)
        ;
    call_kernel(0, 0, 0);
}

int main(void)
{
    MTIMECMP[1] = 0xffffffff;
    write_csr(pmpaddr0, 0xffffffff);
    write_csr(pmpcfg0, 0x1f);
    write_csr(medeleg, 0xb1ff);
    write_csr(mideleg, 0x222);
    set_csr(mie, 0x80);
    clear_csr(mstatus, 0x1800);
    set_csr(mstatus, 0x800);
    write_csr(mepc, (uint32_t)(uintptr_t)supervisor);
    asm volatile("mret");
    return 1;
}
