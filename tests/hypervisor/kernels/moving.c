/* Code that changes itself, code that it makes, and a kernel that moves itself elsewhere and goes on there,
 * with some honest work in between. */
#include "kernel.h"

static volatile u32 calls, work[600];

__attribute__((used)) void trap(struct frame *f)
{
    note(f);
    calls++;
    f->pc += 4;
}

extern char patch[], image_end[] __asm__("bss_end"); /* moved as one piece */
u32 patched(u32 n);
asm(R"(
    .text
    .globl patched, patch
patched:
    mv   t0, a0
1:
patch:
    addi t0, t0, 1
    addi a0, a0, -1
    bgtz a0, 1b
    mv   a0, t0
    ret
)");

static u32 heap_of_code[64];

static u32 made(u32 count, u32 x)
{
    for (u32 n = 0; n < count; n++)
        heap_of_code[n] = 0x00150513 + (n << 20); /* addi a0, a0, n + 1 */
    heap_of_code[count] = 0x00008067;
    asm volatile("fence.i");
    register u32 a0 asm("a0") = x;
    asm volatile("jalr %1" : "+r"(a0) : "r"(heap_of_code) : "ra", "memory");
    return a0;
}

static u32 crc(const u8 *bytes, u32 count)
{
    u32 state = ~0u;
    while (count--) {
        state ^= *bytes++;
        for (int bit = 0; bit < 8; bit++)
            state = state >> 1 ^ (state & 1 ? 0xedb88320u : 0);
    }
    return ~state;
}

static u32 primes(u32 below)
{
    u32 count = 0;
    for (u32 n = 0; n < 600; n++)
        work[n] = 1;
    for (u32 n = 2; n < below; n++)
        if (work[n]) {
            count++;
            for (u32 m = n * n; m < below; m += n)
                work[m] = 0;
        }
    return count;
}

static u32 ackermann(u32 m, u32 n)
{
    return !m ? n + 1 : !n ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static void tasks(const char *name)
{
    u32 before = csr_read(minstret);
    print("%s: primes %d, ackermann %d, crc %x", name, primes(600), ackermann(2, 4),
          crc((const u8 *)"123456789", 9));
    u32 after = csr_read(minstret);
    print(", %d instructions\n", after - before);
    asm volatile("ebreak");
    CHECK(cause == 3);
    CHECK(where - (u32)&patched < 0x10000 || (u32)&patched - where < 0x10000);
}

void go(u32 where, u32 distance) __attribute__((noreturn));
asm(R"(
    .text
    .globl go
go: csrr t0, mtvec
    add  t0, t0, a1
    csrw mtvec, t0
    add  sp, sp, a1
    mv   t0, a0
    mv   a0, a1
    jr   t0
)");

/* In the copy: everything that is found by the pc is the copy's. */
__attribute__((noinline, noreturn)) static void there(u32 distance)
{
    tasks("moved");
    print("at %x, vector %x\n", (u32)&patched >> 20, csr_read(mtvec) >> 20);
    calls = 0;
    *(volatile u32 *)((u32)&calls - distance) = 0;
    asm volatile("ebreak");
    print("traps here %d, left behind %d\n", calls, *(volatile u32 *)((u32)&calls - distance));
    CHECK(patched(3) == 9);
    finish(2);
}

int main(void)
{
    tasks("at home");
    u32 first = patched(5);
    *(volatile u32 *)patch = 0x00328293; /* addi t0, t0, 3 */
    asm volatile("fence.i");
    print("patched: %d, then %d\n", first, patched(5));
    u32 sum = 0;
    for (u32 n = 1; n < 20; n++) {
        *(volatile u32 *)patch = 0x00028293 | n << 20;
        asm volatile("fence.i");
        sum += patched(n);
    }
    print("patched in a loop: %d\n", sum);
    print("made: %d %d %d\n", made(5, 100), made(60, 0), made(1, 7));
    /* An instruction that the kernel itself may not keep from trapping: it is changed in the handler. */
    u32 *image = (u32 *)patch;
    image[0] = 0x00100073; /* ebreak */
    asm volatile("fence.i");
    calls = 0;
    first = patched(4);
    print("ebreak in a loop: %d, %d traps\n", first, calls);
    image[0] = 0x00228293;
    asm volatile("fence.i");

    /* Copy all of memory that is used, and go on there. */
    u32 distance = 0x00100000, *from = (u32 *)0x80000000u, *to = from + distance / 4;
    for (u32 n = 0; n < ((u32)image_end - 0x80000000u) / 4; n++)
        to[n] = from[n];
    asm volatile("fence.i");
    go((u32)there + distance, distance);
}
