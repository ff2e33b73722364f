/* What the C kernels share: the UART, the CLINT, CSRs and the frame of a trap. */
#pragma once
#include <stdarg.h>
#include <stdint.h>

#define UART ((volatile uint8_t *)0x10000000)
#define FINISHER ((volatile uint32_t *)0x00100000)
#define MSIP ((volatile uint32_t *)0x02000000)
#define MTIMECMP ((volatile uint32_t *)0x02004000)
#define MTIME ((volatile uint32_t *)0x0200bff8)

#define read_csr(name) ({ uint32_t v_; asm volatile("csrr %0, " #name : "=r"(v_)); v_; })
#define write_csr(name, value) asm volatile("csrw " #name ", %0" ::"rK"(value))
#define swap_csr(name, value) ({ uint32_t v_; asm volatile("csrrw %0, " #name ", %1" : "=r"(v_) : "rK"(value)); v_; })
#define set_csr(name, bits) ({ uint32_t v_; asm volatile("csrrs %0, " #name ", %1" : "=r"(v_) : "rK"(bits)); v_; })
#define clear_csr(name, bits) ({ uint32_t v_; asm volatile("csrrc %0, " #name ", %1" : "=r"(v_) : "rK"(bits)); v_; })

struct frame {
    uint32_t pc;
    uint32_t x[32]; /* x[1] is at x - 1: index by number - 1 */
};
#define REGISTER(f, n) ((f)->x[(n) - 1])
#define STATUS(f) ((f)->x[31])

void run_user(void (*entry)(void), void *stack);
void back_to_kernel(void);
void switch_to(uint32_t **save, uint32_t *load);
void leave(int status);

/* Where the UART is seen: a kernel with page tables moves it. */
static volatile uint8_t *print_at = UART;

static inline void put_char(char c)
{
    while (!(print_at[5] & 0x20))
        ;
    print_at[0] = c;
}

static void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (; *format; format++) {
        if (*format != '%') {
            put_char(*format);
            continue;
        }
        char digits[12];
        int count = 0;
        switch (*++format) {
        case 's':
            for (const char *s = va_arg(arguments, const char *); *s; s++)
                put_char(*s);
            break;
        case 'd': {
            int value = va_arg(arguments, int);
            unsigned magnitude = value < 0 ? -(unsigned)value : (unsigned)value;
            if (value < 0)
                put_char('-');
            do
                digits[count++] = '0' + magnitude % 10;
            while (magnitude /= 10);
            while (count)
                put_char(digits[--count]);
            break;
        }
        case 'x': {
            unsigned value = va_arg(arguments, unsigned);
            for (int shift = 28; shift >= 0; shift -= 4)
                put_char("0123456789abcdef"[value >> shift & 15]);
            break;
        }
        default:
            put_char(*format);
        }
    }
    va_end(arguments);
}
