/* The first process of the small Unix: it tries all that the kernel offers, and what it must refuse. */
#include "hardware.h"

static inline int call(int number, u32 a, u32 b, u32 c)
{
    register u32 a0 asm("a0") = a;
    register u32 a1 asm("a1") = b;
    register u32 a2 asm("a2") = c;
    register u32 a7 asm("a7") = (u32)number;
    asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
    return (int)a0;
}
#define fork() call(1, 0, 0, 0)
#define exit(status) call(2, (u32)(status), 0, 0)
#define wait(status) call(3, (u32)(status), 0, 0)
#define write(file, from, count) call(4, (u32)(file), (u32)(from), (u32)(count))
#define read(file, to, count) call(5, (u32)(file), (u32)(to), (u32)(count))
#define getpid() call(6, 0, 0, 0)
#define sleep(ticks) call(7, (u32)(ticks), 0, 0)
#define sbrk(by) call(8, (u32)(by), 0, 0)
#define kill(pid) call(9, (u32)(pid), 0, 0)
#define pipe(files) call(10, (u32)(files), 0, 0)
#define uptime() call(11, 0, 0, 0)
#define yield() call(12, 0, 0, 0)
#define pte(address) call(13, (u32)(address), 0, 0)
#define protect(address, flags) call(14, (u32)(address), flags, 0)
#define close(file) call(15, (u32)(file), 0, 0)
#define switches() call(16, 0, 0, 0)

int main(void);

asm(R"(
    .section .start, "ax"
    call main
    li   a7, 2
    ecall
    .text
    .globl check_registers
check_registers:            # fill s1 to s11, gp, tp and t3 to t6; spin a0 rounds; 0 if all are still there
    addi sp, sp, -64
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sw   s\n, 4 * \n(sp)
    .endr
    sw   gp, 48(sp)
    sw   tp, 52(sp)
    lui  gp, 0x12345
    lui  tp, 0x6789a
    .irp n, 1,2,3,4,5,6,7,8,9,10,11
    li   s\n, 0x1111 * \n
    .endr
    li   t3, -3
    li   t4, -4
    li   t5, -5
    li   t6, -6
1:  addi a0, a0, -1
    bnez a0, 1b
    lui  t0, 0x12345
    sub  a0, gp, t0
    lui  t0, 0x6789a
    sub  t0, tp, t0
    or   a0, a0, t0
    .irp n, 1,2,3,4,5,6,7,8,9,10,11
    li   t0, 0x1111 * \n
    sub  t0, s\n, t0
    or   a0, a0, t0
    .endr
    addi t3, t3, 3
    addi t4, t4, 4
    addi t5, t5, 5
    addi t6, t6, 6
    or   a0, a0, t3
    or   a0, a0, t4
    or   a0, a0, t5
    or   a0, a0, t6
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    lw   s\n, 4 * \n(sp)
    .endr
    lw   gp, 48(sp)
    lw   tp, 52(sp)
    addi sp, sp, 64
    ret
)");
u32 check_registers(u32 rounds);

static char line[128];
static u32 line_length;

static void put(int c)
{
    line[line_length++] = (char)c;
    if (c == '\n' || line_length == sizeof line) {
        write(1, line, line_length);
        line_length = 0;
    }
}

static void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_to(put, format, arguments);
    va_end(arguments);
}

static volatile int shared = 5;
static int status;

static void try_fork(void)
{
    int sum = 0, count = 0;
    for (int n = 1; n <= 5; n++)
        if (!fork()) {
            for (int k = 0; k < n; k++)
                yield();
            exit(n * n);
        }
    while (wait(&status) > 0) {
        sum += status;
        count++;
    }
    print("fork: %d children, sum %d, pid %d\n", count, sum, getpid());
    u32 before = (u32)pte(&shared);
    if (!fork()) {
        u32 in_child = (u32)pte(&shared);
        shared = 77;
        print("copy: before %x, child %x, written %x\n", before, in_child, pte(&shared));
        exit(shared);
    }
    wait(&status);
    print("copy: child %d, parent %d", status, shared);
    u32 not_written = (u32)pte(&shared);
    shared = 6;
    print(", %x to %x\n", not_written, pte(&shared));
}

static void try_pipe(void)
{
    int files[2];
    u32 sum = 0, total = 0;
    u8 chunk[23];
    if (pipe(files) < 0) {
        print("no pipe\n");
        return;
    }
    if (!fork()) {
        close(files[0]);
        u32 value = 1;
        for (int n = 0; n < 40; n++) {
            u8 out[50];
            for (int k = 0; k < 50; k++)
                out[k] = (u8)(value = value * 1103515245 + 12345);
            if (write(files[1], out, 1 + n) != 1 + n)
                exit(1);
        }
        exit(0);
    }
    close(files[1]);
    for (int count; (count = read(files[0], chunk, sizeof chunk)) > 0;)
        for (int k = 0; k < count; k++) {
            sum = sum * 31 + chunk[k];
            total++;
        }
    wait(&status);
    close(files[0]);
    print("pipe: %d bytes, sum %x, writer %d\n", total, sum, status);
}

static void try_sleep(void)
{
    int files[2];
    u8 order[4] = {0};
    pipe(files);
    for (int n = 3; n; n--)
        if (!fork()) {
            sleep(12 * n);
            u8 name = (u8)('0' + n);
            write(files[1], &name, 1);
            exit(0);
        }
    int before = uptime();
    for (int n = 0; n < 3; n++)
        read(files[0], order + n, 1);
    while (wait(0) > 0)
        ;
    close(files[0]);
    close(files[1]);
    print("sleep: order %s, long enough %d\n", order, uptime() - before >= 34);
}

static void try_preemption(void)
{
    for (int n = 0; n < 3; n++)
        if (!fork()) {
            u32 rounds = 0, bad = 0;
            int until = uptime() + 6;
            while (uptime() < until && rounds++ < 2000)
                bad |= check_registers(700);
            exit(bad ? -1 : switches() > 1);
        }
    int good = 0;
    while (wait(&status) > 0)
        good += status;
    print("preempted: %d of 3 with all registers\n", good);
    int victim = fork();
    if (!victim)
        for (;;)
            ;
    sleep(2);
    kill(victim);
    wait(&status);
    print("killed: %d\n", status);
    victim = fork();
    if (!victim)
        sleep(1000000);
    yield();
    kill(victim);
    wait(&status);
    print("killed asleep: %d\n", status);
}

static void try_memory(void)
{
    volatile u32 *base = (volatile u32 *)sbrk(64 * 4096);
    for (u32 n = 0; n < 64; n += 9)
        base[n * 1024 + n] = n + 1;
    u32 sum = 0, present = 0;
    for (u32 n = 0; n < 64; n += 9)
        sum += base[n * 1024 + n];
    for (u32 n = 0; n < 64; n++)
        present += pte(base + n * 1024) & 1;
    print("lazy: sum %d, %d pages, read makes %x, write %x\n", sum, present,
          (base[4096 * 3 / 4], pte(base + 4096 * 3 / 4)), (base[1024] = 1, pte(base + 1024)));
    /* An unaligned word over the border of two pages, the second not there yet. */
    u32 *torn = (u32 *)((u32)base + 11 * 4096 - 2);
    asm volatile("sw %0, (%1)" : : "r"(0xcafe1234), "r"(torn) : "memory");
    u32 back;
    asm volatile("lw %0, (%1)" : "=r"(back) : "r"(torn) : "memory");
    print("torn: %x %x\n", back, pte((u32)torn + 4));
    sbrk(-64 * 4096);
    if (!fork())
        exit((int)base[0]);
    wait(&status);
    print("given back: %d\n", status);
}

static void try_code(void)
{
    /* li a0, n; ret */
    u32 *code = (u32 *)(((u32)sbrk(2 * 4096) + 4095) & -4096);
    int (*function)(void) = (int (*)(void))code;
    int results[5];
    code[0] = 100u << 20 | 10 << 7 | 0x13;
    code[1] = 0x00008067;
    protect(code, 2 | 4 | 8);
    asm volatile("fence.i");
    results[0] = function();
    code[0] = 200u << 20 | 10 << 7 | 0x13;
    asm volatile("fence.i");
    results[1] = function();
    if (!fork()) {
        code[0] = 300u << 20 | 10 << 7 | 0x13;
        asm volatile("fence.i");
        exit(function());
    }
    results[2] = function();
    wait(&results[3]);
    results[4] = function();
    print("code: %d %d %d %d %d\n", results[0], results[1], results[2], results[3], results[4]);
    protect(code, 8); /* may only be executed */
    print("execute only: %d, %x\n", function(), pte(code));
    if (!fork())
        exit((int)code[0]);
    wait(&status);
    print("reading it: %d\n", status);
    protect(code, 2);
    if (!fork())
        exit(function());
    wait(&status);
    print("running data: %d\n", status);
    sbrk(-2 * 4096);
}

static u32 words[4] = {0x10203040, 0x50607080, 1, 2};

__attribute__((noinline)) static int dig(int depth)
{
    volatile u8 hole[500];
    hole[0] = (u8)depth;
    return depth > 1000 ? 0 : dig(depth + 1) + hole[0];
}

static void fault(int n)
{
    switch (n) {
    case 0: *(volatile int *)0; break;
    case 1: *(volatile int *)0x80000000u = 1; break;
    case 2: *(volatile u8 *)UART = 'x'; break;
    case 3: asm volatile("csrr a0, sstatus"); break;
    case 4: asm volatile("csrw mscratch, a0"); break;
    case 5: asm volatile("sret"); break;
    case 6: asm volatile("mret"); break;
    case 7: asm volatile("sfence.vma"); break;
    case 8: asm volatile("ebreak"); break;
    case 9: asm volatile(".word 0"); break;
    case 10: asm volatile(".word 0xffffffff"); break;
    case 11: asm volatile("lr.w a0, (%0)" : : "r"((u32)words + 2) : "a0"); break;
    case 12: asm volatile("amoadd.w a0, a0, (%0)" : : "r"((u32)words + 1) : "a0"); break;
    case 13: asm volatile("jr %0" : : "r"((u32)main + 2)); break;
    case 14: asm volatile("jr %0" : : "r"(0xfffff000u)); break;
    case 15: asm volatile("lw a0, (%0)" : : "r"(0xffffe000u) : "a0"); break;
    case 16: dig(0); break;
    case 17: asm volatile("jr %0" : : "r"((u32)words)); break; /* .word 0x10203040 is no instruction */
    case 18: asm volatile("rdcycle a0" : : : "a0"); break;
    case 19: asm volatile("sw a0, (%0)" : : "r"(-2)); break;
    case 20: asm volatile("wfi"); break;
    default: call(99, 0, 0, 0);
    }
}

static void try_faults(void)
{
    for (int n = 0; n <= 21; n++) {
        int pid = fork();
        if (!pid) {
            fault(n);
            exit(1000 + n);
        }
        int ended = wait(&status);
        print("fault %d: %d%s\n", n, status, ended == pid ? "" : ", another child");
    }
}

static void try_console(void)
{
    char text[80];
    int lines = 0;
    for (;;) {
        int count = read(0, text, sizeof text);
        if (count <= 0 || text[0] == '.')
            break;
        if (text[0] == '\n')
            continue;
        lines++;
        for (int n = 0, m = count - 2; n < m; n++, m--) {
            char c = text[n];
            text[n] = text[m];
            text[m] = c;
        }
        text[count - 1] = 0;
        print("line %d: %s\n", lines, text);
    }
}

int main(void)
{
    print("init: pid %d\n", getpid());
    try_fork();
    try_pipe();
    try_sleep();
    try_preemption();
    try_memory();
    try_code();
    try_faults();
    try_console();
    return 7;
}
