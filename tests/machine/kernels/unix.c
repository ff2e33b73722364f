/* A small Unix for S mode, as a stranger might write it after a lecture: M starts it, delegates all and
 * keeps only the timer, whose interrupt becomes a software interrupt of S. The UART works by PLIC
 * interrupts in both directions. Processes have Sv32 tables, a trampoline in their top page, pages on
 * demand and copies on write; they fork, wait, sleep, talk through pipes and are preempted. */
#include "hardware.h"

#define PAGE 4096u
#define RAM_END 0x80068000u
#define ALIAS 0xc0000000u /* where a megapage shows RAM a second time */
#define TICK 2000 /* of mtime */

enum { V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128, COW = 256 };
#define TRAMPOLINE 0xfffff000u
#define TRAPFRAME 0xffffe000u
#define USER_TOP 0x40000000u
#define USER_STACK_PAGES 4
#define KERNEL_STACK(n) (0xffff0000u - (n)*2 * PAGE)
#define PTE_TO_PA(pte) ((pte) >> 10 << 12)
#define PA_TO_PTE(pa) ((u32)(pa) >> 12 << 10)

struct trapframe {
    u32 kernel_satp, kernel_sp, kernel_trap, pc;
    u32 x[31]; /* x[n - 1] is register n */
};
struct context {
    u32 ra, sp, s[12];
};
enum state { FREE, EMBRYO, SLEEPING, RUNNABLE, RUNNING, ZOMBIE };
struct file {
    struct pipe *pipe;
    int writes;
};
struct pipe {
    u8 data[61];
    u32 read, written;
    int readers, writers;
};
struct process {
    enum state state;
    int pid, status, killed, number;
    struct process *parent;
    void *channel;
    u32 *table, size;
    struct trapframe *frame;
    struct context context;
    struct file files[4];
    u32 switches;
};

extern char trampoline_page[], text_end[], free_memory[], user_load[], user_size[], bss_start[], bss_end[];
extern char uservec[], userret[], kernelvec[], timervec[];
void swtch(struct context *from, struct context *to);
void kernel_trap(void);
void user_trap(void);
void start(void);

static u8 boot_stack[4096] __attribute__((aligned(16), used));
static u32 timer_scratch[8];
static struct process processes[12], *current;
static struct context scheduler_context;
static u32 *kernel_table;
static int next_pid = 1, spurious;
static volatile u32 ticks;
static int plic_claims, uart_receives, uart_sends;

asm(R"(
    .section .start, "ax"
    .globl _start
_start:
    la   sp, boot_stack + 4096
    csrr t0, mhartid
1:  bnez t0, 1b
    la   t0, bss_start
    la   t1, bss_end
2:  sw   zero, (t0)
    addi t0, t0, 4
    bltu t0, t1, 2b
    la   sp, boot_stack + 4096
    call start
3:  j    3b

    .text
    .balign 4
    .globl timervec
timervec:                   # M: arm the timer anew, hand the tick to S
    csrrw a0, mscratch, a0
    sw   a1, 0(a0)
    sw   a2, 4(a0)
    sw   a3, 8(a0)
    lw   a1, 12(a0)         # mtimecmp
    lw   a2, 16(a0)         # interval
    lw   a3, 0(a1)
    add  a3, a3, a2
    sltu a2, a3, a2
    sw   a3, 0(a1)
    lw   a3, 4(a1)
    add  a3, a3, a2
    sw   a3, 4(a1)
    csrwi sip, 2
    lw   a3, 8(a0)
    lw   a2, 4(a0)
    lw   a1, 0(a0)
    csrrw a0, mscratch, a0
    mret

    .balign 4
    .globl kernelvec
kernelvec:
    addi sp, sp, -128
    sw   ra, 0(sp)
    sw   gp, 4(sp)
    sw   tp, 8(sp)
    sw   t0, 12(sp)
    sw   t1, 16(sp)
    sw   t2, 20(sp)
    sw   a0, 24(sp)
    sw   a1, 28(sp)
    sw   a2, 32(sp)
    sw   a3, 36(sp)
    sw   a4, 40(sp)
    sw   a5, 44(sp)
    sw   a6, 48(sp)
    sw   a7, 52(sp)
    sw   t3, 56(sp)
    sw   t4, 60(sp)
    sw   t5, 64(sp)
    sw   t6, 68(sp)
    call kernel_trap
    lw   ra, 0(sp)
    lw   gp, 4(sp)
    lw   tp, 8(sp)
    lw   t0, 12(sp)
    lw   t1, 16(sp)
    lw   t2, 20(sp)
    lw   a0, 24(sp)
    lw   a1, 28(sp)
    lw   a2, 32(sp)
    lw   a3, 36(sp)
    lw   a4, 40(sp)
    lw   a5, 44(sp)
    lw   a6, 48(sp)
    lw   a7, 52(sp)
    lw   t3, 56(sp)
    lw   t4, 60(sp)
    lw   t5, 64(sp)
    lw   t6, 68(sp)
    addi sp, sp, 128
    sret

    .globl swtch
swtch:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sw   s\n, 8 + 4 * \n(a0)
    .endr
    sw   ra, 0(a0)
    sw   sp, 4(a0)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    lw   s\n, 8 + 4 * \n(a1)
    .endr
    lw   ra, 0(a1)
    lw   sp, 4(a1)
    ret

    .section .trampoline, "ax"
    .balign 4
    .globl uservec
uservec:                    # from U: sscratch is the address of the trap frame
    csrrw a0, sscratch, a0
    .irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sw   x\n, 12 + 4 * \n(a0)
    .endr
    csrr t0, sscratch
    sw   t0, 12 + 4 * 10(a0)
    lw   sp, 4(a0)
    lw   t0, 8(a0)
    lw   t1, 0(a0)
    csrw satp, t1
    sfence.vma
    jr   t0
    .globl userret
userret:                    # a0: trap frame, a1: satp
    csrw satp, a1
    sfence.vma
    csrw sscratch, a0
    .irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    lw   x\n, 12 + 4 * \n(a0)
    .endr
    lw   a0, 12 + 4 * 10(a0)
    sret
    .text
)");

/* --- console --- */

static void put_now(int c)
{
    while (!(REG8(UART + 5) & 0x20))
        ;
    REG8(UART) = (u8)c;
}

static void leave(u32 status)
{
    REG32(FINISHER) = status ? status << 16 | 0x3333 : 0x5555;
    for (;;)
        ;
}

static void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_to(put_now, format, arguments);
    va_end(arguments);
}

static void panic(const char *what)
{
    print("panic: %s, scause %x sepc %x stval %x\n", what, csr_read(scause), csr_read(sepc),
          csr_read(stval));
    leave(99);
}

static void *memory_set(void *to, int value, u32 count)
{
    u8 *p = to;
    for (; count && (u32)p % 4; count--)
        *p++ = (u8)value;
    for (; count >= 4; count -= 4, p += 4)
        *(u32 *)p = (u32)(u8)value * 0x01010101u;
    while (count--)
        *p++ = (u8)value;
    return to;
}

static void memory_copy(void *to, const void *from, u32 count)
{
    u8 *p = to;
    const u8 *q = from;
    if (((u32)p | (u32)q) % 4 == 0)
        for (; count >= 4; count -= 4, p += 4, q += 4)
            *(u32 *)p = *(const u32 *)q;
    while (count--)
        *p++ = *q++;
}

/* --- interrupts off and on, sleep and wakeup --- */

static void wakeup(void *channel)
{
    for (struct process *p = processes; p < processes + 12; p++)
        if (p->state == SLEEPING && p->channel == channel)
            p->state = RUNNABLE;
}

/* The kernel runs with interrupts off, but for a window in the scheduler and in system calls. */
static void give_way(void)
{
    struct process *p = current;
    p->switches++;
    swtch(&p->context, &scheduler_context);
}

static void sleep_on(void *channel)
{
    current->channel = channel;
    current->state = SLEEPING;
    give_way();
    current->channel = 0;
}

/* --- pages --- */

static u32 *free_list;
static int free_pages, free_at_start;
static u8 references[(RAM_END - 0x80000000u) / PAGE];
#define REFERENCES(page) references[((u32)(page) - 0x80000000u) / PAGE]

static void page_free(void *page)
{
    if (--REFERENCES(page))
        return;
    memory_set(page, 0xa5, 256);
    *(u32 **)page = free_list;
    free_list = page;
    free_pages++;
}

static void *page_new(void)
{
    u32 *page = free_list;
    if (!page)
        return 0;
    free_list = *(u32 **)page;
    free_pages--;
    REFERENCES(page) = 1;
    return memory_set(page, 0, PAGE);
}

static u32 *entry_of(u32 *table, u32 va, int create)
{
    u32 *entry = &table[va >> 22];
    if (!(*entry & V)) {
        if (!create)
            return 0;
        u32 *next = page_new();
        if (!next)
            return 0;
        *entry = PA_TO_PTE(next) | V;
    } else if (*entry & (R | X))
        panic("a megapage in the way");
    return (u32 *)PTE_TO_PA(*entry) + (va >> 12 & 1023);
}

static int map(u32 *table, u32 va, u32 pa, u32 flags)
{
    u32 *entry = entry_of(table, va, 1);
    if (!entry)
        return -1;
    if (*entry & V)
        panic("mapped twice");
    *entry = PA_TO_PTE(pa) | flags | V;
    return 0;
}

static void table_free(u32 *table)
{
    for (u32 n = 0; n < 1024; n++) {
        if (!(table[n] & V))
            continue;
        u32 *leaves = (u32 *)PTE_TO_PA(table[n]);
        for (u32 m = 0; m < 1024; m++)
            if (leaves[m] & V && leaves[m] & U)
                page_free((void *)PTE_TO_PA(leaves[m]));
        page_free(leaves);
    }
    page_free(table);
}

/* Make a page of the process there, and writable if asked; -1 if it may not be. */
static int page_in(struct process *p, u32 va, int write)
{
    u32 *entry;
    if (va >= USER_TOP)
        return -1;
    va &= -PAGE;
    entry = entry_of(p->table, va, 0);
    if (entry && *entry & V) {
        if (!(*entry & U))
            return -1;
        if (!write || *entry & W)
            return 0;
        if (!(*entry & COW))
            return -1;
        void *old = (void *)PTE_TO_PA(*entry);
        if (REFERENCES(old) > 1) {
            void *copy = page_new();
            if (!copy)
                return -1;
            memory_copy(copy, old, PAGE);
            page_free(old);
            *entry = PA_TO_PTE(copy) | (*entry & 0xff);
        }
        *entry = (*entry & ~COW) | W;
        asm volatile("sfence.vma %0, zero" : : "r"(va) : "memory");
        return 0;
    }
    if (va >= p->size)
        return -1;
    void *page = page_new();
    if (!page || map(p->table, va, (u32)page, R | W | U))
        return -1;
    return 0;
}

static int copy_out(struct process *p, u32 va, const void *from, u32 count)
{
    const u8 *q = from;
    for (; count; count--, va++) {
        if (page_in(p, va, 1))
            return -1;
        *(u8 *)(PTE_TO_PA(*entry_of(p->table, va, 0)) + va % PAGE) = *q++;
    }
    return 0;
}

static int copy_in(struct process *p, void *to, u32 va, u32 count)
{
    u8 *q = to;
    for (; count; count--, va++) {
        if (page_in(p, va, 0))
            return -1;
        *q++ = *(u8 *)(PTE_TO_PA(*entry_of(p->table, va, 0)) + va % PAGE);
    }
    return 0;
}

/* --- devices --- */

static u8 out_buffer[32], in_buffer[256];
static u32 out_written, out_sent, in_written, in_read;

static void uart_send(void)
{
    while (out_sent != out_written && REG8(UART + 5) & 0x20) {
        REG8(UART) = out_buffer[out_sent++ % 32];
        wakeup(&out_sent);
    }
}

static void uart_write(int c)
{
    while (out_written == out_sent + 32)
        sleep_on(&out_sent);
    out_buffer[out_written++ % 32] = (u8)c;
    uart_send();
}

static void uart_interrupt(void)
{
    u8 why = REG8(UART + 2) & 15;
    if (why == 2)
        uart_sends++;
    else if (why == 4 || why == 12)
        uart_receives++;
    while (REG8(UART + 5) & 1) {
        u8 c = REG8(UART);
        if (in_written - in_read < 256)
            in_buffer[in_written++ % 256] = c;
    }
    wakeup(&in_read);
    uart_send();
}

static int device_interrupt(u32 cause)
{
    if (cause == (INTERRUPT | 9)) {
        u32 source = REG32(PLIC + 0x201004);
        if (source == UART_IRQ) {
            plic_claims++;
            uart_interrupt();
        } else if (!source)
            spurious++;
        if (source)
            REG32(PLIC + 0x201004) = source;
        return 1;
    }
    if (cause == (INTERRUPT | 1)) {
        csr_clear(sip, 2);
        ticks++;
        wakeup((void *)&ticks);
        return 2;
    }
    return 0;
}

/* --- processes --- */

static void run_user(void)
{
    struct process *p = current;
    csr_clear(sstatus, MSTATUS_SIE);
    csr_write(stvec, TRAMPOLINE + (u32)(uservec - trampoline_page));
    p->frame->kernel_satp = csr_read(satp);
    p->frame->kernel_sp = KERNEL_STACK(p->number) + PAGE;
    p->frame->kernel_trap = (u32)user_trap;
    csr_clear(sstatus, MSTATUS_SPP);
    csr_set(sstatus, MSTATUS_SPIE);
    csr_write(sepc, p->frame->pc);
    void (*go)(u32, u32) = (void (*)(u32, u32))(TRAMPOLINE + (u32)(userret - trampoline_page));
    go(TRAPFRAME, 1u << 31 | (u32)p->number << 22 | (u32)p->table >> 12);
}

static struct process *process_new(void)
{
    for (struct process *p = processes; p < processes + 12; p++) {
        if (p->state != FREE)
            continue;
        int number = p - processes;
        memory_set(p, 0, sizeof *p);
        p->number = number;
        p->pid = next_pid++;
        p->frame = page_new();
        p->table = page_new();
        if (!p->frame || !p->table || map(p->table, TRAMPOLINE, (u32)trampoline_page, R | X) ||
            map(p->table, TRAPFRAME, (u32)p->frame, R | W))
            panic("no memory for a process");
        p->context.ra = (u32)run_user;
        p->context.sp = KERNEL_STACK(number) + PAGE;
        p->state = EMBRYO;
        return p;
    }
    return 0;
}

static void process_end(int status)
{
    struct process *p = current;
    for (int n = 0; n < 4; n++) {
        struct pipe *pipe = p->files[n].pipe;
        if (!pipe)
            continue;
        if (p->files[n].writes)
            pipe->writers--;
        else
            pipe->readers--;
        wakeup(pipe);
        if (!pipe->readers && !pipe->writers)
            page_free(pipe);
    }
    for (struct process *q = processes; q < processes + 12; q++)
        if (q->state != FREE && q->parent == p)
            q->parent = processes;
    p->status = status;
    p->state = ZOMBIE;
    wakeup(p->parent);
    wakeup(processes);
    if (p == processes) {
        for (struct process *q = processes; q < processes + 12; q++) {
            if (q->state == ZOMBIE) {
                table_free(q->table);
                page_free(q->frame);
            } else if (q->state != FREE)
                print("kernel: pid %d is still there, state %d\n", q->pid, q->state);
        }
        print("kernel: init ended with %d, %d pages lost\n", status, free_at_start - free_pages);
        print("kernel: claims %d, receives %d, sends %d, spurious %d\n", plic_claims > 0,
              uart_receives > 0, uart_sends > 0, spurious);
        leave((u32)status);
    }
    give_way();
    panic("a zombie woke");
}

static int fork(void)
{
    struct process *p = current, *child = process_new();
    if (!child)
        return -1;
    child->size = p->size;
    for (u32 va = 0; va < USER_TOP; va += PAGE) {
        if (!(p->table[va >> 22] & V)) {
            va += (1u << 22) - PAGE;
            continue;
        }
        u32 *entry = entry_of(p->table, va, 0);
        if (!(*entry & V))
            continue;
        if (*entry & W)
            *entry = (*entry & ~W) | COW;
        REFERENCES(PTE_TO_PA(*entry))++;
        if (map(child->table, va, PTE_TO_PA(*entry), *entry & (R | X | U | A | D | COW)))
            panic("no memory for fork");
    }
    asm volatile("sfence.vma" : : : "memory");
    *child->frame = *p->frame;
    child->frame->x[9] = 0;
    for (int n = 0; n < 4; n++) {
        child->files[n] = p->files[n];
        if (p->files[n].pipe) {
            if (p->files[n].writes)
                p->files[n].pipe->writers++;
            else
                p->files[n].pipe->readers++;
        }
    }
    child->parent = p;
    child->state = RUNNABLE;
    return child->pid;
}

static int wait(u32 status_at)
{
    for (;;) {
        int has_children = 0;
        for (struct process *q = processes; q < processes + 12; q++) {
            if (q->state == FREE || q->parent != current)
                continue;
            has_children = 1;
            if (q->state == ZOMBIE) {
                int pid = q->pid;
                if (status_at && copy_out(current, status_at, &q->status, 4))
                    return -1;
                table_free(q->table);
                page_free(q->frame);
                q->state = FREE;
                return pid;
            }
        }
        if (!has_children || current->killed)
            return -1;
        sleep_on(current);
    }
}

static int pipe_open(u32 at)
{
    int ends[2], found = 0;
    for (int n = 2; n < 4 && found < 2; n++)
        if (!current->files[n].pipe)
            ends[found++] = n;
    struct pipe *pipe = found == 2 ? page_new() : 0;
    if (!pipe)
        return -1;
    pipe->readers = pipe->writers = 1;
    current->files[ends[0]] = (struct file){pipe, 0};
    current->files[ends[1]] = (struct file){pipe, 1};
    return copy_out(current, at, ends, sizeof ends);
}

static int file_close(u32 n)
{
    if (n >= 4 || !current->files[n].pipe)
        return -1;
    struct pipe *pipe = current->files[n].pipe;
    *(current->files[n].writes ? &pipe->writers : &pipe->readers) -= 1;
    current->files[n].pipe = 0;
    wakeup(pipe);
    if (!pipe->readers && !pipe->writers)
        page_free(pipe);
    return 0;
}

static int file_write(u32 n, u32 va, u32 count)
{
    for (u32 done = 0; done < count; done++) {
        u8 c;
        if (copy_in(current, &c, va + done, 1))
            return -1;
        if (n == 1) {
            uart_write(c);
            continue;
        }
        struct pipe *pipe = n < 4 ? current->files[n].pipe : 0;
        if (!pipe || !current->files[n].writes)
            return -1;
        while (pipe->written == pipe->read + sizeof pipe->data) {
            if (!pipe->readers || current->killed)
                return -1;
            wakeup(pipe);
            sleep_on(pipe);
        }
        pipe->data[pipe->written++ % sizeof pipe->data] = c;
        if (done + 1 == count)
            wakeup(pipe);
    }
    return (int)count;
}

static int file_read(u32 n, u32 va, u32 count)
{
    u32 done = 0;
    if (n == 0) {
        while (done < count) {
            while (in_read == in_written) {
                if (current->killed)
                    return -1;
                sleep_on(&in_read);
            }
            u8 c = in_buffer[in_read++ % 256];
            if (copy_out(current, va + done++, &c, 1))
                return -1;
            if (c == '\n')
                break;
        }
        return (int)done;
    }
    struct pipe *pipe = n < 4 ? current->files[n].pipe : 0;
    if (!pipe || current->files[n].writes)
        return -1;
    while (pipe->read == pipe->written && pipe->writers)
        sleep_on(pipe);
    while (done < count && pipe->read != pipe->written) {
        u8 c = pipe->data[pipe->read++ % sizeof pipe->data];
        if (copy_out(current, va + done++, &c, 1))
            return -1;
    }
    wakeup(pipe);
    return (int)done;
}

static int grow(int by)
{
    struct process *p = current;
    u32 old = p->size, now = old + (u32)by;
    if (now > 0x8000000)
        return -1;
    if (by < 0) {
        for (u32 va = (now + PAGE - 1) & -PAGE; va < old; va += PAGE) {
            u32 *entry = entry_of(p->table, va, 0);
            if (entry && *entry & V) {
                page_free((void *)PTE_TO_PA(*entry));
                *entry = 0;
            }
        }
        asm volatile("sfence.vma" : : : "memory");
    }
    p->size = now;
    return (int)old;
}

static int protect(u32 va, u32 flags)
{
    if (page_in(current, va, 0))
        return -1;
    u32 *entry = entry_of(current->table, va, 0);
    if (flags & W && *entry & COW && page_in(current, va, 1))
        return -1;
    *entry = (*entry & ~(R | W | X)) | (flags & (R | W | X));
    asm volatile("sfence.vma %0, zero" : : "r"(va) : "memory");
    return 0;
}

static int kill(int pid)
{
    for (struct process *p = processes; p < processes + 12; p++)
        if (p->state != FREE && p->pid == pid) {
            p->killed = 1;
            if (p->state == SLEEPING)
                p->state = RUNNABLE;
            return 0;
        }
    return -1;
}

static int system_call(u32 number, u32 a, u32 b, u32 c)
{
    u32 until, *entry;
    switch (number) {
    case 1: return fork();
    case 2: process_end((int)a); return 0;
    case 3: return wait(a);
    case 4: return file_write(a, b, c);
    case 5: return file_read(a, b, c);
    case 6: return current->pid;
    case 7:
        for (until = ticks + a; (int)(until - ticks) > 0;) {
            if (current->killed)
                return -1;
            sleep_on((void *)&ticks);
        }
        return 0;
    case 8: return grow((int)a);
    case 9: return kill((int)a);
    case 10: return pipe_open(a);
    case 11: return (int)ticks;
    case 12: current->state = RUNNABLE; give_way(); return 0;
    case 13: entry = entry_of(current->table, a, 0); return entry ? (int)(*entry & 0x3ff) : 0;
    case 14: return protect(a, b);
    case 15: return file_close(a);
    case 16: return (int)current->switches;
    default: return -1;
    }
}

/* --- traps --- */

__attribute__((used)) void user_trap(void)
{
    u32 cause = csr_read(scause), value = csr_read(stval);
    struct process *p = current;
    if (csr_read(sstatus) & MSTATUS_SPP)
        panic("user_trap from S");
    csr_write(stvec, (u32)kernelvec);
    p->frame->pc = csr_read(sepc);
    int device = 0;
    if (cause == 8) {
        p->frame->pc += 4;
        csr_set(sstatus, MSTATUS_SIE);
        asm volatile("nop; nop");
        csr_clear(sstatus, MSTATUS_SIE);
        u32 *x = p->frame->x;
        u32 result = (u32)system_call(x[16], x[9], x[10], x[11]);
        x[9] = result;
    } else if ((cause == 12 || cause == 13 || cause == 15) && !page_in(p, value, cause == 15)) {
        u32 *entry = entry_of(p->table, value, 0);
        if (cause == 12 && !(*entry & X))
            goto bad;
        if (cause == 13 && !(*entry & R))
            goto bad;
    } else if (!(device = device_interrupt(cause))) {
    bad:
        print("kernel: pid %d killed, cause %d at %x, value %x, spie %d\n", p->pid, cause, p->frame->pc,
              value, (csr_read(sstatus) & MSTATUS_SPIE) != 0);
        process_end(-(int)cause);
    }
    if (p->killed)
        process_end(-100);
    if (device == 2) {
        p->state = RUNNABLE;
        give_way();
    }
    run_user();
}

__attribute__((used)) void kernel_trap(void)
{
    u32 pc = csr_read(sepc), status = csr_read(sstatus), cause = csr_read(scause);
    if (!(status & MSTATUS_SPP))
        panic("kernel_trap from U");
    if (status & MSTATUS_SIE)
        panic("interrupts on in a trap");
    if (!device_interrupt(cause))
        panic("a trap in the kernel");
    csr_write(sepc, pc);
    csr_write(sstatus, status);
}

static void scheduler(void)
{
    for (;;) {
        int ran = 0;
        for (struct process *p = processes; p < processes + 12; p++) {
            if (p->state != RUNNABLE)
                continue;
            p->state = RUNNING;
            current = p;
            swtch(&scheduler_context, &p->context);
            csr_write(stvec, (u32)kernelvec);
            current = 0;
            ran = 1;
        }
        if (!ran)
            asm volatile("wfi");
        csr_set(sstatus, MSTATUS_SIE);
        asm volatile("nop; nop");
        csr_clear(sstatus, MSTATUS_SIE);
    }
}

static void main(void)
{
    print("kernel: up, %s\n", csr_read(sstatus) & MSTATUS_SPP ? "SPP set" : "SPP clear");
    for (u32 page = RAM_END - PAGE; page >= (u32)free_memory; page -= PAGE) {
        REFERENCES(page) = 1;
        page_free((void *)page);
    }
    kernel_table = page_new();
    for (u32 pa = 0x80000000; pa < (u32)text_end; pa += PAGE)
        map(kernel_table, pa, pa, R | X);
    for (u32 pa = (u32)text_end; pa < RAM_END; pa += PAGE)
        map(kernel_table, pa, pa, R | W);
    kernel_table[ALIAS >> 22] = PA_TO_PTE(0x80000000u) | V | R | W;
    map(kernel_table, FINISHER, FINISHER, R | W);
    map(kernel_table, UART, UART, R | W);
    kernel_table[PLIC >> 22] = PA_TO_PTE(PLIC) | V | R | W | A | D;
    map(kernel_table, TRAMPOLINE, (u32)trampoline_page, R | X);
    for (u32 n = 0; n < 12; n++)
        map(kernel_table, KERNEL_STACK(n), (u32)page_new(), R | W);
    csr_write(satp, 1u << 31 | (u32)kernel_table >> 12);
    asm volatile("sfence.vma");
    csr_write(stvec, (u32)kernelvec);
    static volatile u32 seen_twice = 1;
    REG32(ALIAS + ((u32)&seen_twice - 0x80000000u)) += 41;
    print("kernel: alias %d, its megapage %x\n", seen_twice, kernel_table[ALIAS >> 22] & 0xff);

    REG8(UART + 1) = 0;
    REG8(UART + 3) = 0x80;
    REG8(UART) = 3;
    REG8(UART + 1) = 0;
    REG8(UART + 3) = 3;
    REG8(UART + 2) = 1;
    REG8(UART + 1) = 3;
    REG32(PLIC + 4 * UART_IRQ) = 1;
    REG32(PLIC + 0x2080) = 1u << UART_IRQ;
    REG32(PLIC + 0x201000) = 0;

    free_at_start = free_pages;
    struct process *init = process_new();
    for (u32 offset = 0; offset < (u32)user_size; offset += PAGE) {
        void *page = page_new();
        memory_copy(page, user_load + offset, PAGE);
        map(init->table, PAGE + offset, (u32)page, R | W | X | U);
    }
    init->size = PAGE + (u32)user_size;
    for (u32 n = 1; n <= USER_STACK_PAGES; n++)
        map(init->table, USER_TOP - n * PAGE, (u32)page_new(), R | W | U);
    init->frame->pc = PAGE;
    init->frame->x[1] = USER_TOP;
    init->state = RUNNABLE;
    scheduler();
}

__attribute__((used)) void start(void)
{
    csr_clear(mstatus, MSTATUS_MPP);
    csr_set(mstatus, MSTATUS_MPP & (MSTATUS_MPP >> 1));
    csr_write(mepc, (u32)main);
    csr_write(satp, 0);
    csr_write(medeleg, 0xffff);
    csr_write(mideleg, 0xffff);
    csr_set(sie, 1u << 9 | 1u << 5 | 1u << 1);
    csr_write(pmpaddr0, ~0u);
    csr_write(pmpcfg0, 0xf);
    REG32(MTIMECMP + 4) = ~0u;
    u64 first = mtime_now() + TICK;
    REG32(MTIMECMP) = (u32)first;
    REG32(MTIMECMP + 4) = (u32)(first >> 32);
    timer_scratch[3] = MTIMECMP;
    timer_scratch[4] = TICK;
    csr_write(mscratch, (u32)timer_scratch);
    csr_write(mtvec, (u32)timervec);
    csr_set(mstatus, MSTATUS_MIE);
    csr_set(mie, 1u << 7);
    asm volatile("mret");
}
