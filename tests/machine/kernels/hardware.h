/* What the kernels share: addresses of the `virt` board, CSR access, and formatted output. */
#pragma once
#include <stdarg.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#define FINISHER 0x00100000u
#define CLINT 0x02000000u
#define PLIC 0x0c000000u
#define UART 0x10000000u
#define UART_IRQ 10
#define MSIP CLINT
#define MTIMECMP (CLINT + 0x4000)
#define MTIME (CLINT + 0xbff8)

#define REG8(address) (*(volatile u8 *)(address))
#define REG32(address) (*(volatile u32 *)(address))

#define csr_read(name) ({ u32 v_; asm volatile("csrr %0, " #name : "=r"(v_) : : "memory"); v_; })
#define csr_write(name, value) asm volatile("csrw " #name ", %0" : : "rK"(value) : "memory")
#define csr_set(name, bits) asm volatile("csrs " #name ", %0" : : "rK"(bits) : "memory")
#define csr_clear(name, bits) asm volatile("csrc " #name ", %0" : : "rK"(bits) : "memory")
#define csr_swap(name, value) \
    ({ u32 v_; asm volatile("csrrw %0, " #name ", %1" : "=r"(v_) : "rK"(value) : "memory"); v_; })

#define MSTATUS_SIE (1u << 1)
#define MSTATUS_MIE (1u << 3)
#define MSTATUS_SPIE (1u << 5)
#define MSTATUS_MPIE (1u << 7)
#define MSTATUS_SPP (1u << 8)
#define MSTATUS_MPP (3u << 11)
#define MSTATUS_MPRV (1u << 17)
#define MSTATUS_SUM (1u << 18)
#define MSTATUS_MXR (1u << 19)
#define MSTATUS_TVM (1u << 20)
#define MSTATUS_TW (1u << 21)
#define MSTATUS_TSR (1u << 22)
#define INTERRUPT 0x80000000u

static inline u64 mtime_now(void)
{
    u32 high, low;
    do {
        high = REG32(MTIME + 4);
        low = REG32(MTIME);
    } while (REG32(MTIME + 4) != high);
    return (u64)high << 32 | low;
}

static inline void mtimecmp_set(u64 when)
{
    REG32(MTIMECMP + 4) = ~0u;
    REG32(MTIMECMP) = (u32)when;
    REG32(MTIMECMP + 4) = (u32)(when >> 32);
}

/* What gcc calls to copy a structure. */
__attribute__((weak)) void *memcpy(void *to, const void *from, __SIZE_TYPE__ count)
{
    u8 *p = to;
    const u8 *q = from;
    while (count--)
        *p++ = *q++;
    return to;
}

/* The kernel says where a character goes. */
typedef void put_function(int c);

static inline void put_number(put_function *put, u32 value, u32 base, int width)
{
    char digits[12];
    int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (count < width)
        digits[count++] = '0';
    while (count)
        put(digits[--count]);
}

/* %d %u %x (8 digits: %X) %s %c */
static inline void format_to(put_function *put, const char *format, va_list arguments)
{
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        int value;
        switch (*++format) {
        case 'd':
            value = va_arg(arguments, int);
            if (value < 0)
                put('-');
            put_number(put, value < 0 ? -(u32)value : (u32)value, 10, 1);
            break;
        case 'u':
            put_number(put, va_arg(arguments, u32), 10, 1);
            break;
        case 'x':
            put_number(put, va_arg(arguments, u32), 16, 1);
            break;
        case 'X':
            put_number(put, va_arg(arguments, u32), 16, 8);
            break;
        case 'c':
            put(va_arg(arguments, int));
            break;
        case 's':
            for (const char *s = va_arg(arguments, const char *); *s; s++)
                put(*s);
            break;
        }
    }
}
