/* Physical memory protection to the word: NA4, NAPOT and TOR, edges within pages and within accesses,
 * priority, locked entries that bind M, code in a page that is cut in pieces. */
#include "kernel.h"

static u32 room[3072] __attribute__((aligned(4096)));
static u8 user_stack[4096] __attribute__((aligned(4096)));
extern char user_code[], user_code_end[];

__attribute__((used)) void trap(struct frame *f)
{
    note(f);
    if (cause == 8 || cause == 9) {
        leave_mode(f);
        return;
    }
    if (cause == 1 || cause == 12) { /* a fetch: told by a0, out */
        f->x[10] = 0xbad;
        leave_mode(f);
        return;
    }
    f->pc += 4;
}

/* In U: a0 an address, a1 what to do (in enter()'s stack argument's first word). */
asm(R"(
    .section .text.user, "ax"
    .balign 4096
    .globl user_code
user_code:
    lw   t1, 0(sp)
    lw   t2, 4(sp)
    li   t0, 0
    beq  t1, t0, 1f
    li   t0, 1
    beq  t1, t0, 2f
    li   t0, 2
    beq  t1, t0, 3f
    li   t0, 3
    beq  t1, t0, 4f
    li   t0, 4
    beq  t1, t0, 5f
    li   t0, 5
    beq  t1, t0, 6f
    jalr a0
    j    9f
1:  lw   a0, (a0)
    j    9f
2:  sw   t2, (a0)
    j    9f
3:  lbu  a0, (a0)
    j    9f
4:  sb   t2, (a0)
    j    9f
5:  lhu  a0, (a0)
    j    9f
6:  amoadd.w a0, t2, (a0)
9:  ecall
    .balign 4096
    .globl user_code_end
user_code_end:
)");

enum { LOAD, STORE, LOAD_BYTE, STORE_BYTE, LOAD_HALF, ATOMIC, CALL };

static u32 as(u32 mode, u32 what, u32 address, u32 with)
{
    u32 *top = (u32 *)(user_stack + sizeof user_stack - 16);
    top[0] = what;
    top[1] = with;
    skipped = 0;
    return enter(mode, (u32)user_code, address, (u32)top);
}

/* The entries at the end let U run its code and use its stack. */
static void base_entries(void)
{
    csr_write(pmpaddr12, (u32)user_code >> 2 | 0x1ff);
    csr_write(pmpaddr13, (u32)user_stack >> 2 | 0x1ff);
    csr_write(pmpcfg3, 0x1b1d);
}

/* Which words from `from` to `to` can U load, and store? */
static void survey(const char *name, u32 mode, u32 *from, u32 *to)
{
    print("%s:", name);
    u32 run = 0, last = 9;
    for (u32 *p = from; p <= to; p++) {
        u32 can = 4;
        if (p < to) {
            u32 kept = *p;
            as(mode, LOAD, (u32)p, 0);
            can = skipped == 1;
            CHECK(can || value == 0 || where >= (u32)user_code);
            as(mode, STORE, (u32)p, kept);
            can |= (skipped == 1) << 1;
        }
        if (can != last) {
            if (run)
                print(" %d%s", run, last == 3 ? "rw" : last == 1 ? "r" : last == 2 ? "w" : "-");
            run = 0;
            last = can;
        }
        run++;
    }
    print("\n");
}

static void one(const char *name, u32 what, u32 address)
{
    u32 got = as(MODE_U, what, address, 0x01010101);
    print("%s %x: %x", name, address - (u32)room, got);
    if (skipped > 1)
        print(" refused");
    print("\n");
}

int main(void)
{
    for (u32 n = 0; n < 3072; n++)
        room[n] = n * 0x01010101u;
    u32 *middle = room + 512;
    csr_write(pmpcfg0, 0); /* no entry at all: nothing for U */
    u32 got = as(MODE_U, LOAD, (u32)room, 0);
    print("no entries: %x, cause %d value right %d\n", got, cause, value == (u32)user_code);
    CHECK(got == 0xbad);
    base_entries();
    got = as(MODE_U, LOAD, (u32)room, 0);
    print("code alone: %d traps, %d\n", skipped, got == (u32)room);

    csr_write(pmpaddr0, (u32)middle >> 2);
    csr_write(pmpcfg0, 0x11);
    survey("NA4 r", MODE_U, middle - 3, middle + 4);
    csr_write(pmpcfg0, 0x13);
    survey("NA4 rw", MODE_S, middle - 3, middle + 4);
    csr_write(pmpaddr0, (u32)middle >> 2 | 1);
    csr_write(pmpcfg0, 0x1b);
    survey("NAPOT 16", MODE_U, middle - 3, middle + 8);
    csr_write(pmpaddr0, ((u32)middle >> 2) - 2);
    csr_write(pmpaddr1, ((u32)middle >> 2) + 3);
    csr_write(pmpcfg0, 0x0b00);
    survey("TOR", MODE_U, middle - 5, middle + 6);
    csr_write(pmpcfg0, 0x0900);
    survey("TOR r", MODE_U, middle - 5, middle + 6);
    csr_write(pmpaddr2, (u32)room >> 2 | 0x1ff);
    csr_write(pmpcfg0, 0x1b0900);
    survey("TOR r in a page rw", MODE_U, middle - 5, middle + 6);
    csr_write(pmpcfg0, 0x1b0800);
    survey("a hole in a page", MODE_U, middle - 5, middle + 6);
    csr_write(pmpaddr0, ((u32)middle >> 2) + 9);
    survey("TOR upside down", MODE_U, middle - 5, middle + 6);
    csr_write(pmpaddr0, ((u32)room + 4096) >> 2);
    csr_write(pmpaddr1, ((u32)room + 4096 + 8) >> 2);
    survey("the edge of a page", MODE_U, room + 1020, room + 1030);

    /* Accesses that lie on an edge, as a whole or not at all. */
    csr_write(pmpaddr0, ((u32)room) >> 2);
    csr_write(pmpaddr1, ((u32)middle + 4) >> 2);
    csr_write(pmpcfg0, 0x0b00);
    one("load", LOAD, (u32)middle);
    one("load", LOAD, (u32)middle + 1);
    one("load", LOAD, (u32)middle + 4);
    one("load half", LOAD_HALF, (u32)middle + 2);
    one("load half", LOAD_HALF, (u32)middle + 3);
    one("load byte", LOAD_BYTE, (u32)middle + 3);
    one("load byte", LOAD_BYTE, (u32)middle + 4);
    one("store", STORE, (u32)middle + 2);
    one("store byte", STORE_BYTE, (u32)middle + 3);
    one("store byte", STORE_BYTE, (u32)middle + 4);
    one("atomic", ATOMIC, (u32)middle);
    one("atomic", ATOMIC, (u32)middle + 4);
    print("memory: %x %x\n", middle[0], middle[1]);
    csr_write(pmpaddr0, ((u32)room) >> 2);
    csr_write(pmpaddr1, ((u32)room + 4096) >> 2);
    csr_write(pmpaddr2, ((u32)room + 8192) >> 2);
    csr_write(pmpcfg0, 0x090b00);
    one("over pages, load", LOAD, (u32)room + 4094);
    one("over pages, store", STORE, (u32)room + 4094);
    csr_write(pmpcfg0, 0x0b0b00);
    one("over pages, store", STORE, (u32)room + 4094);
    one("to the end, load", LOAD, (u32)room + 8190);
    print("memory: %x %x\n", room[1023], room[1024]);

    /* Code cut in pieces: six words that may be executed, then none. */
    u32 *code = room + 2048;
    for (u32 n = 0; n < 16; n++)
        code[n] = 0x00150513; /* addi a0, a0, 1 */
    code[5] = 0x00008067;     /* ret */
    code[12] = 0x00008067;
    asm volatile("fence.i");
    csr_write(pmpcfg0, 0);
    csr_write(pmpaddr0, (u32)code >> 2);
    csr_write(pmpaddr1, ((u32)code + 24) >> 2);
    csr_write(pmpcfg0, 0x0c00);
    one("call", CALL, (u32)code);
    one("call", CALL, (u32)code + 8);
    one("call", CALL, (u32)code + 24);
    print("  value %x\n", value - (u32)code);
    code[5] = 0x00150513;
    asm volatile("fence.i");
    one("running out of it", CALL, (u32)code);
    print("  cause %d, a0 then %x, value %x\n", cause, got, value - (u32)code);
    csr_write(pmpaddr1, ((u32)code + 56) >> 2);
    one("with more of it", CALL, (u32)code);
    csr_write(pmpcfg0, 0x0900);
    one("readable alone", CALL, (u32)code);
    one("load there", LOAD, (u32)code + 20);
    csr_write(pmpcfg0, 0x0d00);
    one("readable, too", CALL, (u32)code);

    /* Priority: the lowest number decides. */
    csr_write(pmpcfg0, 0);
    csr_write(pmpaddr4, (u32)middle >> 2);
    csr_write(pmpaddr5, (u32)room >> 2 | 0x1ff);
    csr_write(pmpcfg1, 0x1b10);
    survey("priority", MODE_U, middle - 2, middle + 3);
    csr_write(pmpcfg1, 0x1b11);
    survey("priority r", MODE_U, middle - 2, middle + 3);
    csr_write(pmpcfg1, 0x121b);
    print("cfg1 with w alone: %x\n", csr_read(pmpcfg1));

    /* Locked: M is bound, and nobody changes it. */
    csr_write(pmpcfg1, 0);
    csr_write(pmpaddr6, (u32)middle >> 2);
    csr_write(pmpcfg1, 0x910000);
    skipped = 0;
    asm volatile("lw %0, (%1)" : "=r"(got) : "r"(middle));
    asm volatile("sw zero, (%0)" : : "r"(middle) : "memory");
    print("locked r: skipped %d cause %d value %x, %x\n", skipped, cause, value - (u32)room, *middle);
    csr_write(pmpcfg1, 0);
    csr_write(pmpaddr6, 0);
    print("stays: cfg %x addr %d\n", csr_read(pmpcfg1), csr_read(pmpaddr6) == (u32)middle >> 2);
    csr_write(pmpaddr8, (u32)(room + 600) >> 2);
    csr_write(pmpaddr9, (u32)(room + 602) >> 2);
    csr_write(pmpcfg2, 0x8800);
    csr_write(pmpaddr8, 0);
    csr_write(pmpaddr9, 0);
    print("TOR locked: below kept %d\n", csr_read(pmpaddr8) == (u32)(room + 600) >> 2);
    skipped = 0;
    for (u32 n = 598; n < 604; n++) {
        asm volatile("lw t0, (%0)\n sw t0, (%0)" : : "r"(room + n) : "t0", "memory");
        print(" %d", skipped);
    }
    skipped = 0;
    asm volatile("lw t0, 2(%0)" : : "r"(room + 599) : "t0", "memory");
    print(", over its edge: %d\n", skipped);
    csr_write(pmpaddr10, (u32)code >> 2);
    csr_write(pmpcfg2, 0x918800);
    return 0;
}
