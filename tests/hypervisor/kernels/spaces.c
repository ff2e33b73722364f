/* Sv32 from below and from above: address spaces with pages and superpages, A and D, SUM and MXR, global and
 * wrong entries, fences of all kinds, TVM, MPRV through tables, a table where the PMP forbids it. */
#include "kernel.h"

enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128, RWX = R | W | X };
#define PTE(pa, flags) ((u32)(pa) >> 12 << 10 | (flags) | V)
#define PAGE 4096u
#define WINDOW 0x40000000u
#define BIG 0x60000000u

static u32 root[2][1024] __attribute__((aligned(4096)));
static u32 leaf[2][1024] __attribute__((aligned(4096)));
static u32 pages[8][1024] __attribute__((aligned(4096)));
static u32 secret[1024] __attribute__((aligned(4096)));
static u32 s_stack[1024] __attribute__((aligned(4096)));
static volatile u32 delegated, s_cause, s_value, s_pc, s_status, handlers;
extern char s_vector[], user_page[];

__attribute__((used)) void trap(struct frame *f)
{
    note(f);
    if (cause == 9 || cause == 8) {
        if (f->x[17] == 1) { /* turn TVM round */
            f->status ^= MSTATUS_TVM;
            f->pc += 4;
            return;
        }
        leave_mode(f);
        return;
    }
    if (cause == 1 || cause == 12) {
        f->x[10] = 0xbad;
        leave_mode(f);
        return;
    }
    f->pc += 4;
}

asm(R"(
    .text
    .balign 4
    .globl s_vector
s_vector:                   # what S handles itself: note it and skip
    csrw sscratch, t0
    la   t0, s_kept
    sw   t1, (t0)
    csrr t1, scause
    sw   t1, 4(t0)
    csrr t1, stval
    sw   t1, 8(t0)
    csrr t1, sepc
    sw   t1, 12(t0)
    addi t1, t1, 4
    csrw sepc, t1
    csrr t1, sstatus
    sw   t1, 16(t0)
    lw   t1, 20(t0)
    addi t1, t1, 1
    sw   t1, 20(t0)
    lw   t1, (t0)
    csrr t0, sscratch
    sret

    .balign 4096
    .globl user_page
user_page:                  # in U: a0 where to load, and to store what came + 1
    lw   a1, (a0)
    addi a1, a1, 1
    sw   a1, (a0)
    mv   a0, a1
    li   a7, 0
    ecall
    .balign 4096
)");
u32 s_kept[6];

static void put_map(u32 space, u32 page, u32 entry)
{
    leaf[space][page] = entry;
}

static u32 satp_of(u32 space, u32 asid)
{
    return 1u << 31 | asid << 22 | (u32)root[space] >> 12;
}

/* These run in S. */
static u32 load(u32 address)
{
    u32 got = 0x5eed;
    asm volatile("lw %0, (%1)" : "+r"(got) : "r"(address) : "memory");
    return got;
}

static void store(u32 address, u32 word)
{
    asm volatile("sw %0, (%1)" : : "r"(word), "r"(address) : "memory");
}

static void fence_all(void)
{
    asm volatile("sfence.vma" : : : "memory");
}

static void told(const char *what, u32 got)
{
    print("%s: %x", what, got);
    if (s_kept[5] != handlers)
        print(", cause %d value %x status %x", s_kept[1], s_kept[2], s_kept[4] & 0xc0122);
    handlers = s_kept[5];
    print("\n");
}

static void set_leaf(u32 page, u32 entry)
{
    leaf[0][page] = entry;
    asm volatile("sfence.vma %0, zero" : : "r"(WINDOW + page * PAGE) : "memory");
}

__attribute__((noinline)) static u32 supervisor(u32 argument)
{
    csr_write(stvec, (u32)s_vector);
    csr_write(satp, satp_of(0, 0));
    fence_all();
    print("in S with argument %d, sstatus %x\n", argument, csr_read(sstatus));
    told("page 0", load(WINDOW));
    store(WINDOW + 4, 0x77);
    told("stored", load(WINDOW + 4));
    told("not mapped", load(WINDOW + 100 * PAGE));
    told("no table", load(0x50000000));
    store(WINDOW + 100 * PAGE, 1);
    told("not mapped, stored", 0);
    print("accessed: %x %x\n", leaf[0][0] & 0xff, leaf[0][1] & 0xff);
    told("page 1", load(WINDOW + PAGE));
    print("A of it: %x", leaf[0][1] & 0xff);
    store(WINDOW + PAGE, 5);
    print(", and D: %x\n", leaf[0][1] & 0xff);

    static const u32 flags[] = {R, R | W, X, R | X, RWX, W, W | X, 0, R | U, RWX | U, X | U, R | G, U, A, D};
    for (u32 n = 0; n < sizeof flags / 4; n++) {
        set_leaf(2, PTE(pages[2], flags[n]));
        print("flags %x\n", flags[n]);
        told(" load", load(WINDOW + 2 * PAGE + 8));
        store(WINDOW + 2 * PAGE + 8, n);
        told(" store", pages[2][2]);
        csr_set(sstatus, MSTATUS_SUM);
        told(" SUM", load(WINDOW + 2 * PAGE + 8));
        csr_set(sstatus, MSTATUS_MXR);
        told(" SUM MXR", load(WINDOW + 2 * PAGE + 8));
        csr_clear(sstatus, MSTATUS_SUM);
        told(" MXR", load(WINDOW + 2 * PAGE + 8));
        csr_clear(sstatus, MSTATUS_MXR);
        print(" entry then %x\n", leaf[0][2] & 0xff);
    }
    set_leaf(2, PTE(pages[2], RWX));
    /* D set when written, A when read, again each time they are cleared and fenced. */
    for (u32 n = 0; n < 3; n++) {
        leaf[0][2] &= ~(A | D);
        if (n == 0)
            fence_all();
        else if (n == 1)
            asm volatile("sfence.vma %0, zero" : : "r"(WINDOW + 2 * PAGE) : "memory");
        else
            asm volatile("sfence.vma zero, %0" : : "r"(0) : "memory");
        load(WINDOW + 2 * PAGE);
        u32 once = leaf[0][2] & 0xff;
        store(WINDOW + 2 * PAGE, n);
        print("%x %x;", once, leaf[0][2] & 0xff);
    }
    print("\n");
    /* One page by two names; another page by the same name. */
    set_leaf(3, PTE(pages[2], R));
    told("the other name", load(WINDOW + 3 * PAGE));
    store(WINDOW + 2 * PAGE, 0x1234);
    told("sees it", load(WINDOW + 3 * PAGE));
    store(WINDOW + 3 * PAGE, 1);
    told("but may not write", pages[2][0]);
    set_leaf(3, PTE(pages[4], RWX));
    told("now another page", load(WINDOW + 3 * PAGE));
    asm volatile("lw %0, (%1)" : "=r"(argument) : "r"(WINDOW + 3 * PAGE + 4094));
    told("over two pages", argument);
    asm volatile("sw %0, (%1)" : : "r"(0xaabbccdd), "r"(WINDOW + 3 * PAGE + 4094) : "memory");
    told("stored there", load((u32)&pages[5][0]));
    set_leaf(4, 0);
    asm volatile("sw %0, (%1)" : : "r"(0x11223344), "r"(WINDOW + 3 * PAGE + 4094) : "memory");
    told("the second is gone", load((u32)&pages[4][1023]));
    asm volatile("amoadd.w %0, %1, (%2)" : "=r"(argument) : "r"(1), "r"(WINDOW + 4 * PAGE) : "memory");
    told("atomic there", 0);
    set_leaf(4, PTE(pages[5], R | W));
    asm volatile("amoadd.w %0, %1, (%2)" : "=r"(argument) : "r"(1), "r"(WINDOW + 4 * PAGE) : "memory");
    told("atomic", argument);

    /* Superpages. */
    told("superpage", load(BIG + ((u32)&pages[0][1] - 0x80000000u)));
    told("misaligned superpage", load(BIG + 0x400000));
    told("pointer with U", load(BIG + 0x800000));
    told("a device", load(BIG + 0xc00000) & 0xff);
    told("outside RAM", load(BIG + 0x1000000));
    told("far outside", load(BIG + 0x1400000));
    print("superpage's entry: %x\n", root[0][BIG >> 22] & 0xff);

    /* A and D of the walk, refused by the PMP; a table that S may not read. */
    told("the secret", load((u32)secret));
    told("a table in the secret", load(BIG + 0x1800000));

    /* Code: executable by X alone, changed by its other name. */
    u32 *code = (u32 *)(WINDOW + 2 * PAGE);
    code[0] = 0x00700513;
    code[1] = 0x00008067;
    set_leaf(3, PTE(pages[2], X));
    asm volatile("fence.i");
    told("code", ((u32(*)(void))(WINDOW + 3 * PAGE))());
    code[0] = 0x00900513;
    asm volatile("fence.i");
    told("changed", ((u32(*)(void))(WINDOW + 3 * PAGE))());

    /* Another space, with the same names for other pages; satp alone, then back. */
    csr_write(satp, satp_of(1, 1));
    told("space 1", load(WINDOW));
    store(WINDOW, 0x999);
    told("global", load(WINDOW + 5 * PAGE));
    csr_write(satp, satp_of(0, 0));
    told("space 0", load(WINDOW));
    csr_write(satp, 0);
    told("no space", load(WINDOW));
    told("pages by themselves", load((u32)pages[1]));
    csr_write(satp, satp_of(0, 511));
    print("satp %x", csr_read(satp) >> 22);
    csr_write(satp, 0x00000123);
    print(" %x", csr_read(satp));
    csr_write(satp, satp_of(0, 0));
    print(" %d\n", csr_read(satp) == satp_of(0, 0));

    /* TVM: M is asked. */
    u32 before = skipped;
    asm volatile("li a7, 1\n ecall\n csrr a0, satp\n csrw satp, a0\n sfence.vma\n ecall" : : : "a0", "a7", "memory");
    print("TVM: %d traps\n", skipped - before);
    csr_write(sscratch, 0x5c);
    print("sscratch %x, stvec %d, sie %x\n", csr_read(sscratch), csr_read(stvec) == (u32)s_vector, csr_read(sie));
    return handlers;
}

asm(R"(
    .text
    .globl s_start
s_start:
    call s_main
    li   a7, 0
    ecall
)");
extern char s_start[];
__attribute__((used)) u32 s_main(u32 argument)
{
    return supervisor(argument);
}

static void user(u32 space, u32 page, u32 entry)
{
    csr_write(satp, satp_of(space, 0));
    fence_all();
    put_map(space, page, entry);
    fence_all();
    skipped = 0;
    u32 got = enter(MODE_U, WINDOW + 7 * PAGE, WINDOW + page * PAGE, 0x100);
    print("U in space %d, page %d: %x, %d traps, cause %d value %x; M's %x S's %d\n", space, page, got, skipped,
          cause, value, s_kept[1], s_kept[5]);
    csr_write(satp, 0);
}

int main(void)
{
    for (u32 n = 0; n < 8; n++)
        for (u32 k = 0; k < 1024; k += 16)
            pages[n][k] = n << 16 | k;
    for (u32 n = 0; n < 2; n++) {
        root[n][0x80000000u >> 22] = PTE(0x80000000u, RWX | A | D);
        root[n][UART >> 22] = PTE(UART, R | W);
        root[n][WINDOW >> 22] = PTE(leaf[n], 0);
        put_map(n, 5, PTE(pages[7], R | W | G));
        put_map(n, 7, PTE(user_page, R | X | U));
    }
    put_map(0, 0, PTE(pages[0], R | W));
    put_map(0, 1, PTE(pages[1], R | W));
    put_map(0, 4, PTE(pages[5], R | W));
    put_map(1, 0, PTE(pages[3], R | W));
    u32 *big = &root[0][BIG >> 22];
    big[0] = PTE(0x80000000u, R | W);
    big[1] = PTE(0x80001000u, R | W);
    big[2] = PTE(leaf[0], U);
    big[3] = PTE(UART, R | W);
    big[4] = PTE(0x80400000u, R | W);
    big[5] = 0xfff00000u << 2 | R | W | V;
    big[6] = PTE(secret, 0);
    csr_write(pmpaddr0, (u32)secret >> 2 | 0x1ff);
    csr_write(pmpaddr1, ~0u);
    csr_write(pmpcfg0, 0x1f18);
    csr_write(medeleg, 1u << 13 | 1u << 15 | 1u << 5 | 1u << 7);
    u32 got = enter(MODE_S, (u32)s_start, 42, (u32)s_stack + sizeof s_stack);
    print("S ends: %d, cause %d\n", got, cause);

    csr_write(medeleg, 0);
    user(0, 0, PTE(pages[0], R | W));
    user(0, 0, PTE(pages[0], R | W | U));
    user(1, 0, PTE(pages[3], R | W | U));
    user(1, 0, PTE(pages[3], R | U));
    user(1, 0, PTE(secret, R | W | U));
    user(1, 0, 0);
    put_map(0, 7, PTE(user_page, R | X));
    user(0, 0, PTE(pages[0], R | W | U));

    /* M through S's eyes. */
    csr_write(satp, satp_of(0, 0));
    leaf[0][0] = PTE(pages[0], R | W);
    fence_all();
    static const u32 modes[] = {MODE_S, MODE_U, MODE_M};
    for (u32 n = 0; n < 3; n++)
        for (u32 sum = 0; sum < 2; sum++) {
            u32 old;
            skipped = 0;
            leaf[0][0] = PTE(pages[0], R | W | (sum ? U : 0));
            fence_all();
            csr_clear(mstatus, MSTATUS_MPP | MSTATUS_SUM);
            csr_set(mstatus, modes[n] << 11 | (sum && n == 0 ? MSTATUS_SUM : 0));
            asm volatile("csrrs %0, mstatus, %1\n lw %0, 0(%2)\n sw %0, 12(%2)\n csrc mstatus, %1"
                         : "=&r"(old) : "r"(MSTATUS_MPRV), "r"(WINDOW) : "memory");
            csr_set(mstatus, MSTATUS_MPP);
            print("MPRV as %d, U page %d: %x, %d traps, cause %d, entry %x\n", modes[n], sum, skipped ? 0 : old,
                  skipped, skipped ? cause : 0, leaf[0][0] & 0xff);
        }
    csr_write(satp, 0);
    return 0;
}
