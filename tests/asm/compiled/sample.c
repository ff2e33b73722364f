/* What a compiler makes of this uses most of what compilers write: tables, strings, sections, weak names. */
#include <stdint.h>

typedef struct {
    int number;
    char letter;
    short small;
} Record;

static Record records[4] = {{1, 'a', 2}, {3, 'b', 4}};
const char *names[] = {"one", "two", "three\n\t\"quoted\"", "\x01\xff"};
static int counter;
volatile unsigned char flag;
long long big = 0x123456789abcdefLL;
float single = 2.5f;
int zeros[100];
static char bytes[3];
extern int nowhere(void) __attribute__((weak));

static int choose(int x)
{
    switch (x) {
    case 0: return 5;
    case 1: return 7;
    case 2: return records[x].number;
    case 3: return 11;
    case 4: return 13;
    case 5: return 17;
    default: return x * counter;
    }
}

__attribute__((noinline)) int factorial(int n)
{
    return n < 2 ? 1 : n * factorial(n - 1);
}

int main(int count, char **words)
{
    int sum = 0;
    for (int i = 0; i < count; i++) {
        sum += choose(i) + names[i & 3][0];
        counter++;
        __asm__ volatile("csrr %0, mstatus" : "=r"(sum));
    }
    if (nowhere)
        sum += nowhere();
    __sync_fetch_and_add(&counter, 1);
    return sum + factorial(sum) + (int)(big >> 3) + zeros[count];
}

uint64_t multiply(uint64_t a, uint32_t b)
{
    return a * b;
}

void clear(char *place, int size)
{
    while (size--)
        *place++ = 0;
    bytes[counter & 1] = flag;
}

__attribute__((section(".text.init"))) void start(void)
{
    main(0, 0);
}
