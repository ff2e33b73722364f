/* Every trap an M kernel can get, from M, S and U: cause, value, pc and status; traps within traps; MPRV;
 * misaligned accesses; atomics. */
#include "kernel.h"

static u8 user_stack[1024] __attribute__((aligned(16)));
static volatile u32 nested, depth, told, history[8][2];
static u32 data[2048] __attribute__((aligned(4096)));
extern char skip_to[];

__attribute__((used)) void trap(struct frame *f)
{
    u32 mpp = f->status >> 11 & 3;
    note(f);
    if (told < 8) {
        history[told][0] = cause;
        history[told++][1] = value;
    }
    if (cause >= 8 && cause <= 11 && f->x[17] == 0) {
        leave_mode(f);
        return;
    }
    if (cause >= 8 && cause <= 11 && f->x[17] == 1) { /* a trap within the trap, and the way back intact */
        u32 outer = cause, outer_pc = where, outer_status = status_then;
        if (++depth < 3) {
            register u32 a7 asm("a7") = 1;
            asm volatile("ecall" : : "r"(a7) : "memory");
            print("  depth %d: inner cause %d mpp %d\n", depth, cause, status_then >> 11 & 3);
        }
        depth--;
        nested++;
        print("  outer cause %d, pc kept %d, mpp %d mpie %d\n", outer, f->pc == outer_pc,
              outer_status >> 11 & 3, (outer_status & MSTATUS_MPIE) != 0);
        CHECK(mpp == (outer_status >> 11 & 3));
    }
    if (cause == 1 || cause == 12) /* a jump that went wrong: back to the caller */
        f->pc = f->x[1];
    else
        f->pc += 4;
}

#define TRY(text, ...) \
    ({ \
        skipped = 0; \
        asm volatile("la t6, 1f\n1: " text : : __VA_ARGS__ : "t5", "t6", "ra", "memory"); \
        print("%s: ", text); \
        if (skipped) \
            print("cause %d value %x status %x\n", cause, value, status_then); \
        else \
            print("no trap\n"); \
    })

__attribute__((noinline)) static u32 jump_to(u32 target)
{
    skipped = 0;
    asm volatile("jalr ra, 0(%0)" : : "r"(target) : "ra", "memory");
    return skipped;
}

asm(R"(
    .text
    .balign 4
    .globl below
below:                      # in S or U; a0: which trap to make
    li   a7, 2
    slli a0, a0, 2
1:  auipc t0, %pcrel_hi(cases)
    addi t0, t0, %pcrel_lo(1b)
    add  t0, t0, a0
    lw   t0, (t0)
    jr   t0
b0: ecall
    j    9f
b1: ebreak
    j    9f
b2: csrr a0, mstatus
    j    9f
b3: csrwi satp, 0
    j    9f
b4: la   t0, 9f
    csrw sepc, t0
    sret
    j    9f
b5: mret
    j    9f
b6: lw   a0, (zero)
    j    9f
b7: li   t0, 0x100000
    sw   zero, 4(t0)
    j    9f
b8: .word 0
    j    9f
b9: .word 0xffffffff
    j    9f
b10: csrr a0, cycle
    csrr a0, instret
    csrr a0, timeh
    j    9f
b11: sfence.vma
    j    9f
b12: csrr a0, sscratch
    csrwi sscratch, 5
    csrr a0, sscratch
    j    9f
b13: li  t0, 0x7ffffffc
    jalr t0
    j    9f
b14: la  t0, b14
    jr   2(t0)
    j    9f
b15: la  t0, data
    amoadd.w a0, t0, (t0)
    addi t0, t0, 2
    amoadd.w a0, t0, (t0)
    lr.w a0, (t0)
    j    9f
b16: li  a7, 1
    ecall
    j    9f
b17: csrr a0, 0x7c0
    j    9f
b18: csrw mhartid, zero
    j    9f
b19: csrr a0, sie
9:  li   a7, 0
    ecall
    .balign 4
    .globl cases
cases:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19
    .word b\n
    .endr
)");
extern char below[];

static void from_below(u32 mode)
{
    print("from %s\n", mode == MODE_S ? "S" : "U");
    for (u32 n = 0; n < 20; n++) {
        skipped = 0;
        told = 0;
        u32 got = enter(mode, (u32)below, n, (u32)user_stack + sizeof user_stack);
        print("  %d: a0 %x, mpp %d;", n, got, status_then >> 11 & 3);
        for (u32 k = 0; k < told; k++)
            print(" %d:%x", history[k][0], history[k][1]);
        print("\n");
    }
}

static void told_from_below(u32 mode, u32 gates)
{
    csr_write(mcounteren, gates);
    csr_write(scounteren, gates >> 4);
    from_below(mode);
}

static u32 with_mprv(u32 mode, u32 address, u32 store)
{
    u32 got = 0x77, old;
    csr_clear(mstatus, MSTATUS_MPP);
    csr_set(mstatus, mode << 11);
    skipped = 0;
    if (store)
        asm volatile("csrrs %0, mstatus, %1\n sw %2, (%3)\n csrc mstatus, %1"
                     : "=&r"(old) : "r"(MSTATUS_MPRV), "r"(store), "r"(address) : "memory");
    else
        asm volatile("csrrs %0, mstatus, %1\n lw %0, (%2)\n csrc mstatus, %1"
                     : "=&r"(got) : "r"(MSTATUS_MPRV), "r"(address) : "memory");
    csr_set(mstatus, MSTATUS_MPP);
    return got;
}

static void misaligned(void)
{
    u8 *bytes = (u8 *)data;
    for (u32 n = 0; n < sizeof data; n++)
        bytes[n] = (u8)(n * 37 + (n >> 8));
    u32 sum = 0;
    skipped = 0;
    for (u32 n = 4088; n < 4100; n++) {
        u32 word;
        asm volatile("lw %0, (%1)" : "=r"(word) : "r"(bytes + n));
        sum = sum * 5 + word;
        asm volatile("lh %0, (%1)" : "=r"(word) : "r"(bytes + n));
        sum = sum * 5 + word;
        asm volatile("sw %0, (%1)\n sh %1, 1(%1)" : : "r"(sum), "r"(bytes + n) : "memory");
    }
    for (u32 n = 1020; n < 1030; n++)
        sum = sum * 7 + data[n];
    print("misaligned: %x, %d traps\n", sum, skipped);
    u32 end = 0x80400000u - 2, word = 5;
    asm volatile("lw %0, (%1)" : "+r"(word) : "r"(end));
    print("over the end: cause %d value %x, %x\n", cause, value, word);
    asm volatile("sw %0, (%1)" : : "r"(~0u), "r"(end) : "memory");
    asm volatile("lhu %0, (%1)" : "=r"(word) : "r"(end));
    print("storing there: cause %d value %x, before it %x\n", cause, value, word);
    asm volatile("lw %0, (%1)" : "+r"(word) : "r"(UART + 2));
    print("in a device: cause %d value %x\n", cause, value);
}

static void atomics(void)
{
    u32 a, b, *p = data;
    *p = 0x80000005;
#define AMO(name, with) \
    asm volatile(name " %0, %1, (%2)" : "=&r"(a) : "r"(with), "r"(p) : "memory"); \
    print("%s %x: %x, then %x\n", name, with, a, *p)
    AMO("amoadd.w", 3);
    AMO("amoswap.w.aq", 0x0ff0);
    AMO("amoand.w.rl", 0xf0f0);
    AMO("amoor.w", 0x80000001);
    AMO("amoxor.w.aqrl", 0xffff);
    AMO("amomin.w", 7);
    AMO("amomax.w", 9);
    AMO("amominu.w", 0xfffffff0);
    AMO("amomaxu.w", 0xfffffff0);
    asm volatile("lr.w %0, (%2)\n sc.w %1, %0, (%2)" : "=&r"(a), "=&r"(b) : "r"(p) : "memory");
    print("lr sc: %x %d\n", a, b);
    asm volatile("sc.w %0, %1, (%2)" : "=&r"(b) : "r"(1), "r"(p) : "memory");
    print("sc alone: %d\n", b);
    asm volatile("li a7, 2\n lr.w %0, (%2)\n ecall\n sc.w %1, %0, (%2)"
                 : "=&r"(a), "=&r"(b) : "r"(p) : "a7", "memory");
    print("a trap between: %d\n", b == 0 || b == 1);
    asm volatile("lr.w %0, (%2)\n sc.w %1, %0, 0(%3)" : "=&r"(a), "=&r"(b) : "r"(p), "r"(p + 1) : "memory");
    print("another place: %d\n", b);
    TRY("amoadd.w t5, t6, (%0)", "r"((u32)p + 1));
    TRY("lr.w t5, (%0)", "r"((u32)p + 2));
    TRY("sc.w t5, t6, (%0)", "r"((u32)p + 3));
    TRY("amoadd.w t5, t6, (%0)", "r"(0x90000000u));
    TRY("lr.w t5, (%0)", "r"(UART));
    TRY("sc.w t5, t6, (%0)", "r"(4));
    TRY("amoor.w t5, zero, (%0)", "r"(MTIMECMP));
    TRY("amoswap.w t5, zero, (%0)", "r"(UART + 4));
}

int main(void)
{
    print("from M\n");
    register u32 a7 asm("a7") = 2;
    asm volatile("ecall" : : "r"(a7));
    print("ecall: cause %d value %x status %x\n", cause, value, status_then);
    TRY("ebreak", "r"(0));
    CHECK(value == where);
    TRY("lw t5, (%0)", "r"(0));
    TRY("lh t5, 4(%0)", "r"(0x20000000));
    TRY("lbu t5, (%0)", "r"(0x80400000));
    TRY("sw t5, (%0)", "r"(0x7ffffffc));
    TRY("sb t5, (%0)", "r"(0x1000));
    TRY("lw t5, (%0)", "r"(0x00101000));
    TRY("lb t5, (%0)", "r"(FINISHER));
    TRY("lw t5, (%0)", "r"(0x02010000));
    TRY("lw t5, (%0)", "r"(0x0c600000));
    TRY("lw t5, (%0)", "r"(0x10000100));
    TRY("lh t5, (%0)", "r"(PLIC + 4));
    TRY("sh t5, (%0)", "r"(PLIC + 4));
    TRY(".word 0", "r"(0));
    TRY(".word 0xffffffff", "r"(0));
    TRY(".word 0x00000013 | 0x7f000000 | 7 << 12 | 0x33", "r"(0));
    TRY("csrr t5, 0x7c0", "r"(0));
    TRY("csrr t5, 0x7c1", "r"(0));
    TRY("csrr t5, 0xfc0", "r"(0));
    TRY("csrw mvendorid, t5", "r"(0));
    TRY("csrr t5, dscratch0", "r"(0));
    TRY("csrrs t5, cycle, t6", "r"(0));
    TRY("csrwi 0x7a0, 1", "r"(0));
    TRY("sfence.vma", "r"(0));
    CHECK(!jump_to((u32)vector - (u32)vector + (u32)skip_to));
    static const u32 targets[] = {0, 0x10000000, 0x02000000, 0x80400000, 0x7ffffffc, 0xfffffffc, 0x80000002};
    for (u32 n = 0; n < sizeof targets / 4; n++) {
        u32 trapped = jump_to(targets[n]);
        print("jump to %x: %d, cause %d value %x\n", targets[n], trapped, cause, value);
    }

    csr_write(pmpaddr0, ~0u);
    csr_write(pmpcfg0, 0x1f);
    csr_write(medeleg, 0);
    told_from_below(MODE_S, 0x07);
    told_from_below(MODE_U, 0x75);
    csr_set(mstatus, MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR);
    told_from_below(MODE_S, 0x00);
    told_from_below(MODE_U, 0x70);
    csr_clear(mstatus, MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR);

    /* U may see the upper half of data alone. */
    csr_write(pmpaddr0, ((u32)data + 4096) >> 2 | 0x1ff);
    csr_write(pmpcfg0, 0x19);
    data[0] = 0x1111;
    data[1024] = 0x2222;
    print("MPRV as U: %x", with_mprv(MODE_U, (u32)(data + 1024), 0));
    print(", %x cause %d", with_mprv(MODE_U, (u32)data, 0), cause);
    print(", value %d mpp %d mprv %d\n", value == (u32)data, status_then >> 11 & 3,
          (status_then & MSTATUS_MPRV) != 0);
    with_mprv(MODE_U, (u32)(data + 1024), 0x3333);
    print("storing: skipped %d cause %d, %x\n", skipped, cause, data[1024]);
    csr_write(pmpcfg0, 0x1b);
    with_mprv(MODE_S, (u32)(data + 1024), 0x4444);
    print("allowed: skipped %d, %x\n", skipped, data[1024]);
    print("MPRV as M: %x %d\n", with_mprv(MODE_M, (u32)data, 0), skipped);
    print("MPRV over the edge: %x %d cause %d value %d\n", with_mprv(MODE_U, (u32)data + 4094, 0), skipped,
          cause, value - (u32)data);
    csr_write(pmpcfg0, 0);
    misaligned();
    atomics();
    print("nested %d\n", nested);
    return 0;
}

asm(R"(
    .text
    .balign 4
    .globl skip_to
skip_to:
    ret
)");
