/* What bench_fast compiles: a sieve, crc32, quicksort, an interpreter's loop, calls through pointers. */
typedef unsigned u32; typedef unsigned char u8;

static u8 flags[8192]; static u32 table[256], words[512]; static u8 code[64];
static u32 add(u32 a, u32 b) { return a + b; }
static u32 sub(u32 a, u32 b) { return a - b; }
static u32 mix(u32 a, u32 b) { return a ^ (b << 3) ^ (a >> 5); }
static u32 mul(u32 a, u32 b) { return a * (b | 1); }
u32 (*volatile operations[4])(u32, u32) = { add, sub, mix, mul };
static u32 sieve(void) {
  u32 n = 0;
  for (u32 i = 0; i < sizeof flags; i++) flags[i] = 1;
  for (u32 i = 2; i < sizeof flags; i++) if (flags[i]) {
    n++; for (u32 k = 2 * i; k < sizeof flags; k += i) flags[k] = 0; }
  return n;
}
static u32 crc(void) {
  u32 c = ~0u;
  for (u32 i = 0; i < 256; i++) { u32 v = i; 
    for (int k = 0; k < 8; k++) v = v & 1 ? 0xedb88320u ^ (v >> 1) : v >> 1; table[i] = v; }
  for (u32 i = 0; i < sizeof flags; i++) c = table[(c ^ flags[i]) & 255] ^ (c >> 8);
  return ~c;
}
static void sort(u32 *a, int n) {
  if (n < 2) return;
  u32 p = a[n / 2]; int i = 0, j = n - 1;
  while (i <= j) { while (a[i] < p) i++; while (a[j] > p) j--; 
    if (i <= j) { u32 t = a[i]; a[i++] = a[j]; a[j--] = t; } }
  sort(a, j + 1); sort(a + i, n - i);
}
static u32 interpret(u32 rounds) {
  u32 acc = 1, pc = 0;
  while (rounds) switch (code[pc++ & 63] & 7) {
    case 0: acc += 7; break;
    case 1: acc ^= acc << 5; break;
    case 2: acc -= pc; break;
    case 3: acc = acc * 3 + 1; break;
    case 4: acc >>= 1; break;
    case 5: pc += acc & 3; break;
    case 6: acc |= 0x100; break; default: rounds--; }
  return acc;
}
u32 compute(u32 rounds) {
  u32 sum = 0, seed = 1;
  for (u32 i = 0; i < 64; i++) code[i] = (u8)(i * 5 + 3);
  while (rounds--) {
    sum += sieve(); sum ^= crc();
    for (int i = 0; i < 512; i++) { seed = seed * 1664525 + 1013904223; words[i] = seed; }
    sort(words, 512); sum += words[17];
    sum += interpret(1000);
    for (u32 i = 0; i < 4000; i++) sum = operations[i & 3](sum, i);
  }
  return sum;
}
