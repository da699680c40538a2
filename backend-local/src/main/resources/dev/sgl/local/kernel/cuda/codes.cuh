// Weights whose numbers are codes, and their decoding in registers.
//
// CODES says which: E4M3 (floating-point numbers of 8 bits), INT8 (signed) or INT4 (unsigned, 8 is
// zero). GROUP columns share a scale, and if MINIMUMS, a minimum; with GROUP 0 whole rows do.
//
// Codes lie as the tensor cores take them. The columns of a row come in blocks of 128, of which lane q
// of four holds 16 bytes (or two times 16): columns 16 s + 8 h + 2 q and the next one, for each step s
// of 16 columns and half h. A word of 8-bit codes is a step: its bytes are 0 and 2 of the first half, 1
// and 3 of the second. A word of INT4 is two steps; its lower half are the first ones of pairs. E4M3 is
// row by row, for the vendor's library; the others are tiles of 16 rows and a block, one behind the other.

#define BLOCK 128                           // columns
#define STEPS (BLOCK / 16)
#define TILE_ROWS 16
#define BITS (CODES == INT4 ? 4 : 8)
#define ROW_BYTES (BLOCK * BITS / 8)        // of a row of a block
#define PIECES (ROW_BYTES / 64)             // of 16 bytes, of a lane
#define GROUPS (GROUP ? BLOCK / GROUP : 1)  // of a block
#define HAS_GROUPS (CODES != E4M3)          // scales in half precision for each group
#define SCALES (GROUPS * (1 + MINIMUMS))    // of a row of a block, minimums behind them

// A weight. Scales of integers are [block, row, SCALES], to be multiplied by `factor`; those of E4M3 are
// in single precision, of rows, or with GROUP 128 of blocks of 128 rows and columns.
struct Weight {
  const char* codes;
  const void* scales;
  float factor;
  int rows, columns;

  __device__ __forceinline__ int blocks() const { return (columns + BLOCK - 1) / BLOCK; }

  // Bytes from a tile of rows to the next, and from a block to the next. No matrix has 4 GB.
  __device__ __forceinline__ unsigned tileBytes() const { return blocks() * (TILE_ROWS * ROW_BYTES); }
  static constexpr int BLOCK_BYTES = CODES == E4M3 ? ROW_BYTES : TILE_ROWS * ROW_BYTES;

  // The place of a row of a tile in its first block, in the codes.
  __device__ __forceinline__ unsigned at(int tile, int row) const {
    return tile * tileBytes() + (CODES == E4M3 ? row * blocks() : row) * ROW_BYTES;
  }
  // The place of the scales of a row of a block.
  __device__ __forceinline__ unsigned groups(int block, int row) const { return ((unsigned)block * rows + row) * SCALES; }
  __device__ __forceinline__ float rowScale(int row) const {
    return CODES == E4M3 && GROUP == 0 ? ((const float*)scales)[row] : factor;
  }
  __device__ __forceinline__ float blockScale(int block, int row) const {
    return ((const float*)scales)[(row / BLOCK) * ((blocks() + 3) / 4 * 4) + block]; // as the library wants it
  }
};

// The codes of a row of a block, and its scales, in registers.
struct Part {
  uint4 codes[PIECES];
#if HAS_GROUPS
  half16 scales[SCALES];
#endif
};

template <int BYTES> __device__ __forceinline__ void loadBytes(void* to, const void* from) {
  if (BYTES % 16 == 0) {
#pragma unroll
    for (int i = 0; i < BYTES / 16; i++) ((uint4*)to)[i] = __ldcs((const uint4*)from + i);
  } else if (BYTES == 8) {
    *(uint2*)to = __ldcs((const uint2*)from);
  } else if (BYTES == 4) {
    *(unsigned*)to = __ldcs((const unsigned*)from);
  } else {
    *(half16*)to = __ldcs((const half16*)from);
  }
}

__device__ __forceinline__ float half(half16 h) {
  float f;
  asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h));
  return f;
}

// a * b + c of pairs
__device__ __forceinline__ unsigned fma2(unsigned a, unsigned b, unsigned c) {
  unsigned r;
#if BF16
  asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));
#else
  asm("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c));
#endif
  return r;
}

// How the numbers that `decode` gives differ from those of the codes: integers are written into the
// fraction of a number whose last bit counts 1, so OFFSET is added to them; floating-point numbers are
// moved to the place of theirs in 16 bits, so they are divided by 2 to the power of POWER. All of them
// are exact. (Kim et al., 2022, "Who Says Elephants Can't Run".)
#if CODES == INT4
#define OFFSET (BF16 ? 136 : 1032)
#define POWER 0
#elif CODES == INT8
#define OFFSET (BF16 ? 0 : 1152)
#define POWER 0
#else
#define OFFSET 0
#define POWER (BF16 ? 120 : 8)
#endif

// (bits & MASK) ^ FLIPPED, in one instruction.
template <unsigned MASK, unsigned FLIPPED> __device__ __forceinline__ unsigned maskAndFlip(unsigned bits) {
  unsigned r;
  asm("lop3.b32 %0, %1, %2, %3, 0x6a;" : "=r"(r) : "r"(bits), "n"(MASK), "n"(FLIPPED));
  return r;
}

// The two pairs of numbers of a step.
__device__ __forceinline__ void decode(const unsigned* words, int step, unsigned* pairs) {
#pragma unroll
  for (int h = 0; h < 2; h++) {
#if CODES == INT4
    pairs[h] = maskAndFlip<0x000f000f, BF16 ? 0x43004300 : 0x64006400>(words[step / 2] >> 4 * (step % 2 * 2 + h));
#elif CODES == INT8
    unsigned code = words[step] >> 8 * h;
#if BF16 // 128 + 7 bits - (128 + 128 if the sign is set)
    pairs[h] = fma2(maskAndFlip<0x00800080, 0x43004300>(code), 0xbf80bf80u, maskAndFlip<0x007f007f, 0x43004300>(code));
#else
    pairs[h] = maskAndFlip<0x00ff00ff, 0x64806480>(code);
#endif
#else
    constexpr int SHIFT = BF16 ? 4 : 1; // of the second half; the first half is 8 lower
    unsigned fraction = h ? words[step] >> SHIFT : words[step] << 8 - SHIFT;
    unsigned sign = h ? words[step] : words[step] << 8;
    pairs[h] = (fraction & (BF16 ? 0x07f007f0u : 0x3f803f80u)) | (sign & 0x80008000u);
#endif
  }
}

// The two pairs of numbers of a step, times a scale and with a minimum, which are pairs too.
__device__ __forceinline__ void decode(const unsigned* words, int step, unsigned scale, unsigned minimum, unsigned* pairs) {
  decode(words, step, pairs);
#pragma unroll
  for (int h = 0; h < 2; h++) {
#if CODES == E4M3
    pairs[h] = fma2(pairs[h], BF16 ? 0x7b807b80u : 0x5c005c00u, 0x80008000u); // 2^120, 2^8
#if GROUP
    pairs[h] = fma2(pairs[h], scale, 0x80008000u);
#endif
#else
    if (OFFSET) pairs[h] = fma2(pairs[h], BF16 ? 0x3f803f80u : 0x3c003c00u, CODES == INT8 ? 0xe480e480u : BF16 ? 0xc308c308u : 0xe408e408u);
    pairs[h] = fma2(pairs[h], scale, minimum);
#endif
  }
}

// The scale and the minimum of a step, as pairs.
struct StepScale {
  unsigned scale, minimum;
};

__device__ __forceinline__ StepScale stepScale(const half16* scales, int step) {
#if HAS_GROUPS
  int group = step / (GROUP / 16);
  float scale = half(scales[group]), minimum = MINIMUMS ? half(scales[GROUPS * MINIMUMS + group]) : 0;
  return {pack(scale, scale), pack(minimum, minimum)};
#else
  return {};
#endif
}
