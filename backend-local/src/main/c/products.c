// Products of activations and quantized weights by dot products of bytes. This file is compiled once for each set of
// instructions, see `build`; each copy has the name of its set behind the names of its functions.
//
// Weights lie in blocks of 16 rows, as `Packed.java` writes them. Where the codes of columns are words of four bytes,
// the words of the 16 rows lie side by side, and byte k of a word belongs to the column 4 j + k:
//
//   8 bits: a word holds the codes of four columns
//   4 bits: a word holds those of eight columns, the first four in the low halves of its bytes
//   6 bits: the low four bits of 16 columns are two such words; byte k of a third word has the two high bits of the
//           columns k, k + 4, k + 8 and k + 12, from its lowest bits on
//
// Each group of columns has 16 scales and, in some layouts, 16 minimums behind them, in half precision. A block has one
// factor for all of its scales, a power of two.
//
// Activations are rounded to 15 bits, with a scale for each 32 columns of a row. (One byte is not enough: of a model of
// 135 million weights, it moves the distribution of the next token by a KL divergence of 0.005.) Where there are dot
// products of four bytes (VNNI), each is 128 times a high byte plus a low byte; else they are those of pairs of 16 bits.
// So a group of the weights adds
//
//   weight scale · activation scale · Σ (code − zero) · activation code  +  minimum · Σ activation
//
// to an output: the first sum exactly, in integers. The order of the additions is the same for any number of rows.

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NAMED(name, set) name##_##set
#define NAME(name, set) NAMED(name, set)
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

enum { ROWS = 16, ACTIVATION_GROUP = 32, WORD = 4, HIGH_BITS = 7, MOST = 127 << HIGH_BITS };

// --- vectors

#if defined(__AVX512VNNI__)

enum { LANES = 16, TILE = 6, WIDTH = 2 };
typedef __m512i ints;
typedef __m512 floats;
INLINE ints zeros(void) { return _mm512_setzero_si512(); }
INLINE ints all(int32_t x) { return _mm512_set1_epi32(x); }
INLINE ints load(const void *p) { return _mm512_loadu_si512(p); }
INLINE ints table(const void *p) { return _mm512_broadcast_i32x4(_mm_loadu_si128(p)); }
INLINE ints both(ints a, ints b) { return _mm512_and_si512(a, b); }
INLINE ints either(ints a, ints b) { return _mm512_or_si512(a, b); }
INLINE ints sum(ints a, ints b) { return _mm512_add_epi32(a, b); }
INLINE ints left(ints a, int bits) { return _mm512_slli_epi32(a, bits); }
INLINE ints right(ints a, int bits) { return _mm512_srli_epi32(a, bits); }
INLINE ints choose(ints table, ints codes) { return _mm512_shuffle_epi8(table, codes); }
INLINE ints dot(ints to, ints codes, ints x) { return _mm512_dpbusd_epi32(to, codes, x); }
INLINE floats none(void) { return _mm512_setzero_ps(); }
INLINE floats every(float x) { return _mm512_set1_ps(x); }
INLINE floats numbers(ints a) { return _mm512_cvtepi32_ps(a); }
INLINE floats halves(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)p)); }
INLINE floats times(floats a, floats b) { return _mm512_mul_ps(a, b); }
INLINE floats plus(floats a, floats b, floats c) { return _mm512_fmadd_ps(a, b, c); }
INLINE void store(float *p, floats a) { _mm512_storeu_ps(p, a); }

#else

#if defined(__AVXVNNI__)
enum { LANES = 8, TILE = 4, WIDTH = 1 };
#else
enum { LANES = 8, TILE = 6, WIDTH = 1 };
#endif
typedef __m256i ints;
typedef __m256 floats;
INLINE ints zeros(void) { return _mm256_setzero_si256(); }
INLINE ints all(int32_t x) { return _mm256_set1_epi32(x); }
INLINE ints load(const void *p) { return _mm256_loadu_si256(p); }
INLINE ints table(const void *p) { return _mm256_broadcastsi128_si256(_mm_loadu_si128(p)); }
INLINE ints both(ints a, ints b) { return _mm256_and_si256(a, b); }
INLINE ints either(ints a, ints b) { return _mm256_or_si256(a, b); }
INLINE ints sum(ints a, ints b) { return _mm256_add_epi32(a, b); }
INLINE ints left(ints a, int bits) { return _mm256_slli_epi32(a, bits); }
INLINE ints right(ints a, int bits) { return _mm256_srli_epi32(a, bits); }
INLINE ints choose(ints table, ints codes) { return _mm256_shuffle_epi8(table, codes); }
#if defined(__AVXVNNI__)
INLINE ints dot(ints to, ints codes, ints x) { return _mm256_dpbusd_avx_epi32(to, codes, x); }
#else
INLINE ints pairs(ints to, ints codes, ints x) { return sum(to, _mm256_madd_epi16(codes, x)); }
#endif
INLINE floats none(void) { return _mm256_setzero_ps(); }
INLINE floats every(float x) { return _mm256_set1_ps(x); }
INLINE floats numbers(ints a) { return _mm256_cvtepi32_ps(a); }
INLINE floats halves(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const void *)p)); }
INLINE floats times(floats a, floats b) { return _mm256_mul_ps(a, b); }
INLINE floats plus(floats a, floats b, floats c) { return _mm256_fmadd_ps(a, b, c); }
INLINE void store(float *p, floats a) { _mm256_storeu_ps(p, a); }

#endif

// --- activations

// Activations of some rows. Where there are several, the numbers of TILE rows lie side by side in all fields.
typedef struct {
  int32_t *codes;  // two words for four columns, see `put_codes`
  float *scales;   // one for each 32 columns
  int32_t *starts; // for each group of the weights, the sum of the codes times minus `zero`
  float *sums;     // for each group of the weights, the sum of the activations
} activations;

INLINE int side_by_side(int rows) { return rows == 1 ? 1 : TILE; }

// The activations of a tile of rows in the memory that is lent for those of all.
INLINE activations tile_of(char *memory, int tile, int rows, int columns, int group) {
  int beside = side_by_side(rows);
  size_t whole = (size_t)(rows + beside - 1) / beside * beside;
  size_t first = (size_t)tile * beside;
  activations x;
  size_t words = columns / WORD * 2, scales = columns / ACTIVATION_GROUP, groups = columns / group;
  x.codes = (int32_t *)memory + first * words;
  x.scales = (float *)memory + whole * words + first * scales;
  x.starts = (int32_t *)memory + whole * (words + scales) + first * groups;
  x.sums = (float *)memory + whole * (words + scales + groups) + first * groups;
  return x;
}

// The scale of 32 activations, which are rounded to integers.
INLINE float quantize_group(const float *x, int32_t *codes) {
  float most[8] = {0};
  for (int i = 0; i < ACTIVATION_GROUP; i++) {
    float size = fabsf(x[i]);
    most[i % 8] = size > most[i % 8] ? size : most[i % 8];
  }
  for (int i = 1; i < 8; i++) most[0] = most[i] > most[0] ? most[i] : most[0];
  float inverse = most[0] > 0 ? MOST / most[0] : 0;
  float shifted[ACTIVATION_GROUP];
  // behind the sum with 1.5 · 2²³, the lowest bits are the number rounded to the nearest integer
  for (int i = 0; i < ACTIVATION_GROUP; i++) shifted[i] = x[i] * inverse + 12582912.0f;
  memcpy(codes, shifted, sizeof shifted);
  for (int i = 0; i < ACTIVATION_GROUP; i++) codes[i] -= 0x4b400000; // the bits of 1.5 · 2²³
  return most[0] / MOST;
}

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)

// Of each group of columns the high bytes, and behind them the low ones.
INLINE void put_codes(const int32_t *codes, int group, int32_t *words, int beside) {
  int8_t high[ACTIVATION_GROUP], low[ACTIVATION_GROUP];
  for (int i = 0; i < ACTIVATION_GROUP; i++) {
    high[i] = (int8_t)((codes[i] + (1 << (HIGH_BITS - 1))) >> HIGH_BITS);
    low[i] = (int8_t)(codes[i] - high[i] * (1 << HIGH_BITS));
  }
  for (int part = 0; part < ACTIVATION_GROUP; part += group, words += group / WORD * 2 * beside)
    for (int i = 0; i < group / WORD; i++) {
      memcpy(words + i * beside, high + part + i * WORD, WORD);
      memcpy(words + (group / WORD + i) * beside, low + part + i * WORD, WORD);
    }
}

#else

// Of each four columns the first and the third, and behind them the second and the fourth.
INLINE void put_codes(const int32_t *codes, int group, int32_t *words, int beside) {
  for (int i = 0; i < ACTIVATION_GROUP; i += WORD, words += 2 * beside) {
    words[0] = (codes[i] & 0xffff) | (int32_t)((uint32_t)codes[i + 2] << 16);
    words[beside] = (codes[i + 1] & 0xffff) | (int32_t)((uint32_t)codes[i + 3] << 16);
  }
}

#endif

// Rounds the rows of a tile. `x` is the first number of all rows; `zero` is that of the weights' layout.
void NAME(quantize, SET)(const float *x, int rows, int columns, int group, int zero, char *memory, int tile) {
  activations to = tile_of(memory, tile, rows, columns, group);
  int beside = side_by_side(rows);
  for (int r = 0; r < beside && tile * beside + r < rows; r++) {
    const float *row = x + (size_t)(tile * beside + r) * columns;
    for (int column = 0; column < columns; column += ACTIVATION_GROUP) {
      int32_t codes[ACTIVATION_GROUP];
      float scale = quantize_group(row + column, codes);
      to.scales[column / ACTIVATION_GROUP * beside + r] = scale;
      put_codes(codes, group, to.codes + (size_t)column / WORD * 2 * beside + r, beside);
      for (int part = 0; part < ACTIVATION_GROUP; part += group) {
        int32_t sum = 0;
        for (int i = 0; i < group; i++) sum += codes[part + i];
        to.starts[(column + part) / group * beside + r] = -zero * sum;
        to.sums[(column + part) / group * beside + r] = scale * (float)sum;
      }
    }
  }
}

// --- products

// A layout of weights: constants where a function is compiled.
typedef struct {
  int bits;
  int group;    // columns that share a scale: 16 or 32
  int minimums; // whether groups have them
  int chosen;   // whether codes choose from a table
} layout;

typedef struct {
  const uint8_t *codes;
  const uint16_t *scales;
  const float *factors;
  const uint8_t *choices; // 16 bytes, if codes choose
} weights;

// The codes of four columns, of which `step` says the number in the group.
INLINE ints codes_of(layout l, const uint8_t *group, int step, ints choices) {
  if (l.bits == 8) return load(group + step * 64);
  const uint8_t *part = l.bits == 4 ? group + step / 2 * 64 : group + step / 4 * 192 + step % 4 / 2 * 64;
  ints word = load(part);
  ints codes = both(step % 2 ? right(word, 4) : word, all(0x0f0f0f0f));
  if (l.bits == 4) return l.chosen ? choose(choices, codes) : codes;
  ints high = load(group + step / 4 * 192 + 128);
  int shift = step % 4 * 2;
  ints placed = shift < 4 ? left(high, 4 - shift) : right(high, shift - 4);
  return either(codes, both(placed, all(0x30303030)));
}

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)

// Adds the dot products of a group's codes with one byte of the activations.
INLINE void add_dots(layout l, int n, int beside, int blocks, const int32_t *x, const uint8_t *group,
                     size_t block_bytes, ints choices, ints dots[TILE][WIDTH]) {
  UNROLL for (int step = 0; step < l.group / WORD; step++) {
    ints codes[WIDTH];
    UNROLL for (int b = 0; b < blocks; b++) codes[b] = codes_of(l, group + b * block_bytes, step, choices);
    UNROLL for (int r = 0; r < n; r++) {
      ints four = all(x[step * beside + r]);
      UNROLL for (int b = 0; b < blocks; b++) dots[r][b] = dot(dots[r][b], codes[b], four);
    }
  }
}

// The dot products of a group's codes with the activations.
INLINE void group_dots(layout l, int n, int beside, int blocks, const int32_t *x, const uint8_t *group,
                       size_t block_bytes, ints choices, ints dots[TILE][WIDTH]) {
  add_dots(l, n, beside, blocks, x, group, block_bytes, choices, dots);
  UNROLL for (int r = 0; r < n; r++) UNROLL for (int b = 0; b < blocks; b++) dots[r][b] = left(dots[r][b], HIGH_BITS);
  add_dots(l, n, beside, blocks, x + l.group / WORD * beside, group, block_bytes, choices, dots);
}

#else

INLINE void group_dots(layout l, int n, int beside, int blocks, const int32_t *x, const uint8_t *group,
                       size_t block_bytes, ints choices, ints dots[TILE][WIDTH]) {
  UNROLL for (int step = 0; step < l.group / WORD; step++) {
    ints even[WIDTH], odd[WIDTH]; // columns, from zero on
    UNROLL for (int b = 0; b < blocks; b++) {
      ints codes = codes_of(l, group + b * block_bytes, step, choices);
      even[b] = both(codes, all(0x00ff00ff));
      odd[b] = _mm256_srli_epi16(codes, 8);
    }
    UNROLL for (int r = 0; r < n; r++) {
      ints first = all(x[2 * step * beside + r]), second = all(x[(2 * step + 1) * beside + r]);
      UNROLL for (int b = 0; b < blocks; b++) dots[r][b] = pairs(pairs(dots[r][b], even[b], first), odd[b], second);
    }
  }
}

#endif

// The outputs of `blocks` blocks for `n` of the rows that lie side by side by `beside`.
INLINE void tile_product(layout l, int n, int beside, int blocks, activations x, int columns, weights w, float *out,
                         size_t stride) {
  size_t block_bytes = (size_t)columns * ROWS * l.bits / 8;
  size_t block_scales = (size_t)columns / l.group * ROWS * (1 + l.minimums);
  ints choices = l.chosen ? table(w.choices) : zeros();
  floats sums[TILE][WIDTH];
  UNROLL for (int r = 0; r < n; r++) UNROLL for (int b = 0; b < blocks; b++) sums[r][b] = none();
  for (int column = 0; column < columns; column += l.group) {
    ints dots[TILE][WIDTH];
    UNROLL for (int r = 0; r < n; r++) UNROLL for (int b = 0; b < blocks; b++) dots[r][b] = zeros();
    group_dots(l, n, beside, blocks, x.codes, w.codes, block_bytes, choices, dots);
    if (!l.minimums)
      UNROLL for (int r = 0; r < n; r++) UNROLL for (int b = 0; b < blocks; b++)
        dots[r][b] = sum(dots[r][b], all(x.starts[r]));
    UNROLL for (int b = 0; b < blocks; b++) {
      const uint16_t *scales = w.scales + b * block_scales;
      floats scale = halves(scales);
      UNROLL for (int r = 0; r < n; r++) {
        sums[r][b] = plus(numbers(dots[r][b]), times(scale, every(x.scales[r])), sums[r][b]);
        if (l.minimums) sums[r][b] = plus(halves(scales + ROWS), every(x.sums[r]), sums[r][b]);
      }
    }
    w.codes += (size_t)l.group * ROWS * l.bits / 8;
    w.scales += ROWS * (1 + l.minimums);
    x.codes += l.group / WORD * 2 * beside;
    x.starts += beside;
    x.sums += beside;
    if ((column + l.group) % ACTIVATION_GROUP == 0) x.scales += beside;
  }
  UNROLL for (int r = 0; r < n; r++) UNROLL for (int b = 0; b < blocks; b++)
    store(out + r * stride + b * ROWS, times(sums[r][b], every(w.factors[b])));
}

INLINE activations next_rows(activations x, int n) {
  return (activations){x.codes + n, x.scales + n, x.starts + n, x.sums + n};
}

// A tile that is not full: its rows by fours, twos and ones.
INLINE void part_product(layout l, int n, int blocks, activations x, int columns, weights w, float *out,
                         size_t stride) {
  int row = 0;
  if (n & 4) {
    tile_product(l, 4, TILE, blocks, x, columns, w, out, stride);
    row = 4;
  }
  if (n & 2) {
    tile_product(l, 2, TILE, blocks, next_rows(x, row), columns, w, out + row * stride, stride);
    row += 2;
  }
  if (n & 1) tile_product(l, 1, TILE, blocks, next_rows(x, row), columns, w, out + row * stride, stride);
}

INLINE void blocks_product(layout l, int blocks, int rows, int columns, char *memory, weights w, float *out,
                           size_t stride) {
  for (int lane = 0; lane < ROWS; lane += LANES, w.codes += LANES * WORD, w.scales += LANES, out += LANES) {
    if (rows == 1) {
      tile_product(l, 1, 1, blocks, tile_of(memory, 0, 1, columns, l.group), columns, w, out, stride);
      continue;
    }
    for (int row = 0; row < rows; row += TILE) {
      activations x = tile_of(memory, row / TILE, rows, columns, l.group);
      if (rows - row >= TILE)
        tile_product(l, TILE, TILE, blocks, x, columns, w, out + row * stride, stride);
      else
        part_product(l, rows - row, blocks, x, columns, w, out + row * stride, stride);
    }
  }
}

INLINE void all_blocks(layout l, int blocks, int rows, int columns, char *memory, weights w, float *out,
                       size_t stride) {
  size_t block_bytes = (size_t)columns * ROWS * l.bits / 8;
  size_t block_scales = (size_t)columns / l.group * ROWS * (1 + l.minimums);
  int b = 0;
  for (; b + WIDTH <= blocks; b += WIDTH) {
    weights from = {w.codes + b * block_bytes, w.scales + b * block_scales, w.factors + b, w.choices};
    blocks_product(l, WIDTH, rows, columns, memory, from, out + b * ROWS, stride);
  }
  for (; b < blocks; b++) {
    weights from = {w.codes + b * block_bytes, w.scales + b * block_scales, w.factors + b, w.choices};
    blocks_product(l, 1, rows, columns, memory, from, out + b * ROWS, stride);
  }
}

// Writes the outputs of `blocks` blocks for the rows that `quantize` has rounded into `memory`. A row of `out` has
// `stride` numbers. Returns 0 if the layout is none of those below, else 1.
int NAME(multiply, SET)(int bits, int group, int minimums, int rows, int columns, char *memory, const uint8_t *codes,
                        const uint16_t *scales, const float *factors, const uint8_t *choices, int blocks, float *out,
                        int64_t stride) {
  weights w = {codes, scales, factors, choices};
#define LAYOUT(BITS, GROUP, MINIMUMS, CHOSEN)                                                             \
  if (bits == BITS && group == GROUP && minimums == MINIMUMS && !choices == !CHOSEN) {                    \
    all_blocks((layout){BITS, GROUP, MINIMUMS, CHOSEN}, blocks, rows, columns, memory, w, out, stride); \
    return 1;                                                                                             \
  }
  LAYOUT(8, 32, 0, 0)
  LAYOUT(8, 32, 1, 0)
  LAYOUT(8, 16, 0, 0)
  LAYOUT(8, 16, 1, 0)
  LAYOUT(6, 32, 0, 0)
  LAYOUT(6, 32, 1, 0)
  LAYOUT(6, 16, 0, 0)
  LAYOUT(6, 16, 1, 0)
  LAYOUT(4, 32, 0, 0)
  LAYOUT(4, 32, 1, 0)
  LAYOUT(4, 16, 0, 0)
  LAYOUT(4, 16, 1, 0)
  LAYOUT(4, 32, 0, 1)
  return 0;
}

// Rows of activations that are multiplied at once.
const int NAME(tile, SET) = TILE;
