/* A small real-time kernel for M mode, as a stranger might write it for a microcontroller: a vectored
 * mtvec, ticks by mtimecmp, switches by the software interrupt of the CLINT, the UART by the PLIC's
 * M context, preemptive priorities, queues, a mutex with priority inheritance, nested interrupts, and
 * tasks in U that the PMP keeps inside their own memory. */
#include "hardware.h"

#define TICK 3000 /* of mtime */
#define FOREVER 0xffffffffu
#define TASKS 12
#define STACK_WORDS 256

struct frame {
    u32 pc, status, x[30]; /* x[0] is x1, x[1] x3, x[n] x(n + 2) from there */
};
struct task {
    struct frame *sp; /* first: the vectors know */
    const char *name;
    u32 base_level, level, wake_at, argument;
    void *waits_for;
    enum { EMPTY, READY, BLOCKED, DEAD } state;
};
struct queue {
    u32 items[4], count, first;
};
struct mutex {
    struct task *owner;
};

struct task *running;
u32 depth; /* of interrupts */
u32 interrupt_stack[1024] __attribute__((aligned(16)));
static struct task tasks[TASKS];
static u32 stacks[TASKS][STACK_WORDS] __attribute__((aligned(1024)));
static volatile u32 ticks, switches, bytes_in, deepest, nested;
static u32 order[8], order_count;
static volatile int probing, nesting;
static volatile u32 fault_cause, fault_value, fault_count;

extern char vectors[], bss_start[], bss_end[], rodata_end[];
void start(void);

asm(R"(
    .section .start, "ax"
    .globl _start
_start:
    la   sp, interrupt_stack + 4096
    la   t0, bss_start
    la   t1, bss_end
1:  sw   zero, (t0)
    addi t0, t0, 4
    bltu t0, t1, 1b
    call start
2:  j    2b

    .text
    .balign 64
    .globl vectors
vectors:                    # a jump for each cause
    j    exception_vector
    j    bad_vector
    j    bad_vector
    j    software_vector
    j    bad_vector
    j    bad_vector
    j    bad_vector
    j    timer_vector
    j    bad_vector
    j    bad_vector
    j    bad_vector
    j    external_vector

    .macro vector name, handler
    .balign 4
\name:                      # the frame goes onto the stack in use: the task's, or that of the interrupt below
    addi sp, sp, -128
    sw   x1, 8(sp)
    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sw   x\n, 4 * \n(sp)
    .endr
    csrr t0, mepc
    sw   t0, 0(sp)
    csrr t0, mstatus
    sw   t0, 4(sp)
    mv   a0, sp
    la   t1, depth
    lw   s0, 0(t1)
    addi t2, s0, 1
    sw   t2, 0(t1)
    bnez s0, 1f
    la   t0, running
    lw   t0, 0(t0)
    sw   sp, 0(t0)
    la   sp, interrupt_stack + 4096
1:  mv   s1, a0
    call \handler
    la   t1, depth
    sw   s0, 0(t1)
    mv   sp, s1
    bnez s0, restore
    j    first_frame
    .endm

    vector exception_vector, on_exception
    vector software_vector, on_software
    vector timer_vector, on_timer
    vector external_vector, on_external
    vector bad_vector, on_bad

    .globl first_frame
first_frame:                # go on with the task in running
    la   t0, running
    lw   t0, 0(t0)
    lw   sp, 0(t0)
restore:
    lw   t0, 0(sp)
    csrw mepc, t0
    lw   t0, 4(sp)
    csrw mstatus, t0
    lw   x1, 8(sp)
    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    lw   x\n, 4 * \n(sp)
    .endr
    addi sp, sp, 128
    mret
)");
#define X(frame, n) ((u32 *)(frame))[n]

static void put(int c)
{
    while (!(REG8(UART + 5) & 0x20))
        ;
    REG8(UART) = (u8)c;
}

static void print(const char *format, ...)
{
    u32 was_on = csr_read(mstatus) & MSTATUS_MIE;
    csr_clear(mstatus, MSTATUS_MIE);
    va_list arguments;
    va_start(arguments, format);
    format_to(put, format, arguments);
    va_end(arguments);
    csr_set(mstatus, was_on);
}

static void leave(u32 status)
{
    REG32(FINISHER) = status ? status << 16 | 0x3333 : 0x5555;
    for (;;)
        ;
}

/* --- the scheduler; all of it runs with interrupts off --- */

static void pick(void)
{
    struct task *best = 0;
    u32 from = running ? (u32)(running - tasks) : 0;
    for (u32 n = 1; n <= TASKS; n++) { /* after the running one first: turns among equals */
        struct task *t = &tasks[(from + n) % TASKS];
        if (t->state == READY && (!best || t->level > best->level))
            best = t;
    }
    if (best != running)
        switches++;
    running = best;
}

static void yield(void)
{
    REG32(MSIP) = 1;
    asm volatile("fence" : : : "memory");
    while (REG32(MSIP)) /* here at the latest the interrupt comes, unless they are off */
        if (!(csr_read(mstatus) & MSTATUS_MIE))
            break;
}

static u32 enter(void)
{
    u32 was = csr_read(mstatus) & MSTATUS_MIE;
    csr_clear(mstatus, MSTATUS_MIE);
    return was;
}

/* Give way with interrupts off; they are off again afterwards. */
static void block(void *on, u32 until)
{
    running->waits_for = on;
    running->wake_at = until;
    running->state = BLOCKED;
    REG32(MSIP) = 1;
    csr_set(mstatus, MSTATUS_MIE);
    asm volatile("nop; nop; nop");
    while (*(volatile int *)&running->state == BLOCKED)
        ;
    csr_clear(mstatus, MSTATUS_MIE);
}

static void wake(void *on)
{
    for (struct task *t = tasks; t < tasks + TASKS; t++)
        if (t->state == BLOCKED && t->waits_for == on) {
            t->state = READY;
            if (t->level > running->level)
                REG32(MSIP) = 1;
        }
}

static void delay(u32 count)
{
    u32 was = enter();
    block(0, ticks + count);
    csr_set(mstatus, was);
}

static void send(struct queue *q, u32 item)
{
    u32 was = enter();
    while (q->count == 4)
        block(q, FOREVER);
    q->items[(q->first + q->count++) % 4] = item;
    wake(q);
    csr_set(mstatus, was);
}

static u32 receive(struct queue *q)
{
    u32 was = enter();
    while (!q->count)
        block(q, FOREVER);
    u32 item = q->items[q->first];
    q->first = (q->first + 1) % 4;
    q->count--;
    wake(q);
    csr_set(mstatus, was);
    return item;
}

static void take(struct mutex *m)
{
    u32 was = enter();
    while (m->owner) {
        if (m->owner->level < running->level)
            m->owner->level = running->level;
        block(m, FOREVER);
    }
    m->owner = running;
    csr_set(mstatus, was);
}

static void give(struct mutex *m)
{
    u32 was = enter();
    m->owner = 0;
    running->level = running->base_level;
    wake(m);
    csr_set(mstatus, was);
    yield();
}

static void end_task(void)
{
    enter();
    running->state = DEAD;
    wake(running);
    REG32(MSIP) = 1;
    csr_set(mstatus, MSTATUS_MIE);
    for (;;)
        ;
}

static struct task *spawn(const char *name, void (*code)(u32), u32 level, u32 argument, u32 user)
{
    for (struct task *t = tasks; t < tasks + TASKS; t++) {
        if (t->state != EMPTY)
            continue;
        struct frame *f = (struct frame *)(stacks[t - tasks] + STACK_WORDS) - 1;
        f->pc = (u32)code;
        f->status = user ? MSTATUS_MPIE : MSTATUS_MPP | MSTATUS_MPIE;
        X(f, 1 + 1) = user ? 0 : (u32)end_task;
        X(f, 10) = argument;
        *t = (struct task){f, name, level, level, 0, argument, 0, READY};
        return t;
    }
    leave(90);
    return 0;
}

static void join(struct task *t)
{
    u32 was = enter();
    while (t->state != DEAD)
        block(t, FOREVER);
    t->state = EMPTY;
    csr_set(mstatus, was);
}

/* --- interrupts --- */

static void note(void)
{
    if (probing)
        order[order_count++] = csr_read(mcause) & 0xff;
    if (depth > deepest)
        deepest = depth;
}

__attribute__((used)) static void on_software(struct frame *f)
{
    note();
    REG32(MSIP) = 0;
    if (depth > 1) {
        nested++; /* switch when the interrupt below is done */
        return;
    }
    (void)f;
    if (!probing)
        pick();
}

__attribute__((used)) static void on_timer(struct frame *f)
{
    note();
    u64 due = (u64)REG32(MTIMECMP + 4) << 32 | REG32(MTIMECMP);
    mtimecmp_set(probing ? ~0ull : due + TICK);
    ticks++;
    if (probing)
        return;
    if (nesting) {
        /* Let the others in, but not this one again. */
        u32 cause = csr_read(mcause);
        csr_clear(mie, 1u << 7);
        csr_set(mstatus, MSTATUS_MIE);
        REG32(MSIP) = 1;
        while (REG32(MSIP))
            ;
        csr_clear(mstatus, MSTATUS_MIE);
        csr_set(mie, 1u << 7);
        if (cause == csr_read(mcause)) /* the nested one must have changed it */
            leave(91);
        nesting = 0;
    }
    for (struct task *t = tasks; t < tasks + TASKS; t++)
        if (t->state == BLOCKED && t->wake_at != FOREVER && (int)(ticks - t->wake_at) >= 0)
            t->state = READY;
    (void)f;
    pick();
}

static u8 ring[256];
static u32 ring_in, ring_out;

__attribute__((used)) static void on_external(struct frame *f)
{
    note();
    u32 source = REG32(PLIC + 0x200004);
    if (source == UART_IRQ) {
        if (probing) {
            REG8(UART + 1) = 0;
        } else {
            while (REG8(UART + 5) & 1) {
                ring[ring_in++ % 256] = REG8(UART);
                bytes_in++;
            }
            wake(ring);
        }
    }
    if (source)
        REG32(PLIC + 0x200004) = source;
    (void)f;
}

__attribute__((used)) static void on_exception(struct frame *f)
{
    u32 cause = csr_read(mcause), value = csr_read(mtval);
    note();
    if (cause == 8) { /* ecall from U: print a number, read the ticks, end */
        f->pc += 4;
        switch (X(f, 17)) {
        case 1:
            print("%s %d: %x\n", running->name, running->argument, X(f, 10));
            return;
        case 2:
            X(f, 10) = ticks;
            return;
        default:
            running->state = DEAD;
            wake(running);
            pick();
            return;
        }
    }
    if (f->status & MSTATUS_MPP) { /* M asked for it: go on behind it */
        fault_cause = cause;
        fault_value = value;
        fault_count++;
        f->pc += 4;
        return;
    }
    print("%s %d ends: cause %x, value %x\n", running->name, running->argument, cause, value);
    running->state = DEAD;
    wake(running);
    pick();
}

__attribute__((used)) static void on_bad(struct frame *f)
{
    print("unexpected cause %x at %x\n", csr_read(mcause), f->pc);
    leave(92);
}

/* --- tasks --- */

static void idle(u32 unused)
{
    (void)unused;
    for (;;)
        asm volatile("wfi");
}

static struct queue numbers;

static void producer(u32 count)
{
    u32 value = 1;
    for (u32 n = 0; n < count; n++) {
        value = value * 1664525 + 1013904223;
        send(&numbers, value >> 7);
        if (n % 16 == 5)
            delay(1);
    }
    end_task();
}

static u32 received;

static void consumer(u32 count)
{
    for (u32 n = 0; n < count; n++)
        received = received * 33 ^ receive(&numbers);
    end_task();
}

static struct mutex lock;
static char story[64];
static volatile u32 story_length;

static void tell(char c)
{
    story[story_length++] = c;
}

/* The low one has the lock when the high one wants it; then the middle one must not hold them up. */
static struct queue for_high, for_middle;

static void low(u32 unused)
{
    (void)unused;
    take(&lock);
    tell('l');
    send(&for_high, 0);
    send(&for_middle, 0);
    tell(running->level == 4 ? 'L' : '?');
    give(&lock);
    tell('e');
    end_task();
}

static void middle(u32 unused)
{
    (void)unused;
    receive(&for_middle);
    tell('m');
    for (u32 until = ticks + 2; (int)(ticks - until) < 0;)
        ;
    tell('M');
    end_task();
}

static void high(u32 unused)
{
    (void)unused;
    receive(&for_high);
    tell('h');
    take(&lock);
    tell('H');
    give(&lock);
    end_task();
}

static volatile u32 counters[2];

static void spinner(u32 n)
{
    u32 until = ticks + 8;
    while ((int)(ticks - until) < 0)
        counters[n]++;
    end_task();
}

/* A task in U: its memory is one region of the PMP, code another. */
static u32 user_data[64] __attribute__((aligned(256)));

static inline u32 ask(u32 number, u32 argument)
{
    register u32 a0 asm("a0") = argument;
    register u32 a7 asm("a7") = number;
    asm volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return a0;
}

static void user_task(u32 kind)
{
    u32 user_end = (u32)user_data + sizeof user_data;
    switch (kind) {
    case 0:
        user_data[3] = 0x1234;
        ask(1, user_data[3] + user_data[0]);
        u32 first = ask(2, 0);
        while (ask(2, 0) - first < 3)
            ;
        ask(1, 0xd0e);
        break;
    case 1: *(volatile u32 *)&ticks = 5; break;                 /* the kernel's data */
    case 2: ask(1, *(volatile u32 *)(user_end - 4)); ask(1, *(volatile u32 *)user_end); break;
    case 3: *(volatile u32 *)(u32)user_task = 0; break;             /* code */
    case 4: REG8(UART) = '!'; break;
    case 5: asm volatile("jr %0" : : "r"(user_data)); break;
    case 6: asm volatile("csrr a0, mstatus" : : : "a0"); break;
    case 7: asm volatile("sw zero, (%0)" : : "r"(user_end - 2)); break; /* half inside */
    case 8: asm volatile("rdinstret a0\n csrr a0, mcycle" : : : "a0"); break;
    case 9: asm volatile("wfi"); break;
    case 10: asm volatile("amoswap.w a0, a0, (%0)" : : "r"(user_end + 24) : "a0"); break;
    case 11: asm volatile("lr.w a0, (%0)" : : "r"(&ticks) : "a0"); break;
    }
    ask(0, 0);
}

static void reader(u32 lines)
{
    u32 sum = 0, length = 0;
    while (lines) {
        u32 was = enter();
        while (ring_in == ring_out)
            block(ring, FOREVER);
        u8 c = ring[ring_out++ % 256];
        csr_set(mstatus, was);
        if (c != '\n') {
            sum = sum * 31 + c;
            length++;
        } else if (length) {
            print("line of %d, sum %x\n", length, sum);
            sum = length = 0;
            lines--;
        }
    }
    end_task();
}

static void try_interrupts(void)
{
    /* All three pending while they are off; then the order in which they come, and mip before. */
    enter();
    probing = 1;
    u64 old = (u64)REG32(MTIMECMP + 4) << 32 | REG32(MTIMECMP);
    mtimecmp_set(0);
    REG32(MSIP) = 1;
    REG8(UART + 1) = 2; /* the transmitter is empty */
    u32 pending = csr_read(mip);
    asm volatile("wfi"); /* does not wait, though they are off */
    csr_set(mstatus, MSTATUS_MIE);
    asm volatile("nop; nop; nop");
    enter();
    print("interrupts: pending %x, after %x, order", pending, csr_read(mip));
    for (u32 n = 0; n < order_count; n++)
        print(" %d", order[n]);
    print("\n");
    /* One at a time by mie, the last first. */
    order_count = 0;
    mtimecmp_set(0);
    REG32(MSIP) = 1;
    u32 enabled = csr_swap(mie, 0);
    csr_set(mstatus, MSTATUS_MIE);
    for (u32 bit = 3; bit <= 11; bit += 4) {
        csr_set(mie, 1u << (14 - bit));
        asm volatile("nop; nop");
    }
    csr_write(mie, enabled);
    print("by mie:");
    for (u32 n = 0; n < order_count; n++)
        print(" %d", order[n]);
    print("\n");
    enter();
    mtimecmp_set(old);
    probing = 0;
    REG8(UART + 1) = 1;
    csr_set(mstatus, MSTATUS_MIE);
}

static void try_protection(void)
{
    /* Memory as U sees it. */
    u32 before = fault_count;
    csr_clear(mstatus, MSTATUS_MPP);
    u32 own, foreign;
    asm volatile("li %1, 0x55\n csrs mstatus, %4\n lw %0, (%2)\n lw %1, (%3)\n csrc mstatus, %4"
                 : "=&r"(own), "=&r"(foreign)
                 : "r"(user_data + 3), "r"(&ticks), "r"(MSTATUS_MPRV)
                 : "memory");
    print("as U: %x %x, %d fault, cause %d, mprv %d\n", own, foreign, fault_count - before, fault_cause,
          (csr_read(mstatus) & MSTATUS_MPRV) != 0);
    /* A locked entry binds M, too, and stays. */
    static volatile u32 guarded[2] __attribute__((aligned(8))) = {1, 2};
    csr_write(pmpaddr0, (u32)guarded >> 2);
    csr_write(pmpcfg0, (csr_read(pmpcfg0) & ~0xffu) | 0x91);
    before = fault_count;
    guarded[0] = 5;
    guarded[1] = 6;
    csr_write(pmpaddr0, 0);
    csr_write(pmpcfg0, csr_read(pmpcfg0) & ~0xffu);
    print("locked: %d fault, cause %d, words %d %d, entry %x, address kept %d\n", fault_count - before,
          fault_cause, guarded[0], guarded[1], csr_read(pmpcfg0) & 0xff,
          csr_read(pmpaddr0) == (u32)guarded >> 2);
}

static void main_task(u32 unused)
{
    (void)unused;
    try_interrupts();

    struct task *a = spawn("producer", producer, 2, 100, 0), *b = spawn("consumer", consumer, 3, 100, 0);
    join(a);
    join(b);
    print("queue: %x\n", received);

    a = spawn("low", low, 1, 0, 0);
    b = spawn("middle", middle, 2, 0, 0);
    struct task *c = spawn("high", high, 4, 0, 0);
    join(a), join(b), join(c);
    story[story_length] = 0;
    print("mutex: %s\n", story);

    a = spawn("spin", spinner, 1, 0, 0);
    b = spawn("spin", spinner, 1, 1, 0);
    join(a), join(b);
    print("turns: %d, %d\n", counters[0] > 50, counters[1] > 50);

    nesting = 1;
    while (nesting)
        ;
    print("nested: %d, depth %d\n", nested, deepest);

    for (u32 kind = 0; kind < 12; kind++) {
        a = spawn("user", user_task, 1, kind, 1);
        /* Entry 0: the task's stack, 1: its data, 2 and 3: all code and constants. */
        csr_write(pmpaddr0, (u32)stacks[a - tasks] >> 2 | (STACK_WORDS * 4 / 8 - 1));
        csr_write(pmpaddr1, (u32)user_data >> 2 | (sizeof user_data / 8 - 1));
        csr_write(pmpaddr2, 0x80000000u >> 2);
        csr_write(pmpaddr3, (u32)rodata_end >> 2);
        csr_write(pmpcfg0, 0x0d001b1b);
        user_data[0] = kind + 0x100;
        join(a);
    }
    try_protection();
    a = spawn("reader", reader, 3, 3, 0);
    join(a);
    print("bytes: %d, idle after all: %d\n", bytes_in > 0, switches > 100);
    leave(0);
}

__attribute__((used)) void start(void)
{
    csr_write(mtvec, (u32)vectors | 1);
    csr_write(mcounteren, 0);
    REG8(UART + 3) = 3;
    REG8(UART + 2) = 1;
    REG32(PLIC + 4 * UART_IRQ) = 3;
    REG32(PLIC + 0x2000) = 1u << UART_IRQ;
    REG32(PLIC + 0x200000) = 2;
    print("rtos: mtvec %x\n", (csr_read(mtvec) ^ (u32)vectors) & 3);
    spawn("idle", idle, 0, 0, 0);
    running = spawn("main", main_task, 3, 0, 0);
    mtimecmp_set(mtime_now() + TICK);
    csr_write(mie, 1u << 3 | 1u << 7 | 1u << 11);
    asm volatile("j first_frame");
}
