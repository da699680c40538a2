#include "numbers.cuh"
#include "tokens.cuh"
#include "codes.cuh"

// Quantized weights as plain numbers.

// A lane's share of a row of a block.
struct Row {
  Part part;
  float rowScale, blockScale;

  __device__ __forceinline__ Row(const Weight& w, int row, int block, int q) : rowScale(w.rowScale(row)), blockScale(1) {
    unsigned at = w.at(row / TILE_ROWS, row % TILE_ROWS) + block * Weight::BLOCK_BYTES + 16 * q;
#pragma unroll
    for (int p = 0; p < PIECES; p++) part.codes[p] = *((const uint4*)(w.codes + at) + 4 * p);
#if HAS_GROUPS
    loadBytes<SCALES * 2>(part.scales, (const half16*)w.scales + w.groups(block, row));
#elif GROUP
    blockScale = w.blockScale(block, row);
#endif
  }

  // The two pairs of numbers of a step: columns 16 step + 2 q and the next one, and the same 8 columns on.
  __device__ __forceinline__ void numbers(int step, float (&to)[4]) const {
    unsigned pairs[2];
    decode((const unsigned*)part.codes, step, pairs);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      float number = i % 2 ? high(pairs[i / 2]) : low(pairs[i / 2]);
#if HAS_GROUPS
      int group = step / (GROUP / 16);
      float minimum = MINIMUMS ? half(part.scales[MINIMUMS * GROUPS + group]) : 0;
      to[i] = (half(part.scales[group]) * (number - OFFSET) + minimum) * rowScale;
#else
      to[i] = number * (BF16 ? 0x1p120f : 0x1p8f) * blockScale * rowScale;
#endif
    }
  }
};

// out = rows of the weight from `first` on, in 16 bits; a warp for 8 rows of a block: grid (rows / 8 / WARPS, blocks). The
// numbers pass through shared memory, so that whole rows are written.
extern "C" __global__ void widen(const char* codes, const void* scales, float factor, int rows, int columns, half16* out,
                                 int first, int count) {
  __shared__ __align__(16) half16 memory[WARPS][8][BLOCK + 8];
  Weight w = {codes, scales, factor, rows, columns};
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, q = lane % 4, block = blockIdx.y;
  int firstRow = (blockIdx.x * WARPS + warp) * 8;
  if (firstRow >= count) return; // weights are whole tiles
  Row own(w, first + firstRow + g, block, q);
#pragma unroll
  for (int step = 0; step < STEPS; step++) {
    float numbers[4];
    own.numbers(step, numbers);
    unsigned* to = (unsigned*)(memory[warp][g] + step * 16 + 2 * q);
    to[0] = pack(numbers[0], numbers[1]);
    to[4] = pack(numbers[2], numbers[3]);
  }
  __syncwarp();
#pragma unroll
  for (int i = 0; i < 4; i++) {
    int row = 2 * i + lane / 16, column = lane % 16 * 8;
    if (block * BLOCK + column < columns)
      *(uint4*)(out + (long long)(firstRow + row) * columns + block * BLOCK + column) = *(const uint4*)(memory[warp][row] + column);
  }
}

// x[r] = table[tokens[r]]: a warp for 8 blocks of a row: grid (rows, blocks / 8).
extern "C" __global__ void embed(const int* batch, int rowsAt, int tokensAt, const int* picked, const char* codes,
                                 const void* scales, float factor, int rows, int columns, float* x) {
  Tokens tokens = {batch, rowsAt, tokensAt, picked};
  Weight w = {codes, scales, factor, rows, columns};
  int token = tokens.of(blockIdx.x), block = blockIdx.y * 8 + threadIdx.x / 4, q = threadIdx.x % 4;
  if (token < 0 || block >= w.blocks()) return;
  Row own(w, token, block, q);
#pragma unroll
  for (int step = 0; step < STEPS; step++) {
    float numbers[4];
    own.numbers(step, numbers);
    int column = block * BLOCK + step * 16 + 2 * q;
    float2* to = (float2*)(x + (long long)blockIdx.x * columns + column);
    if (column < columns) to[0] = make_float2(numbers[0], numbers[1]);
    if (column + 8 < columns) to[4] = make_float2(numbers[2], numbers[3]);
  }
}
