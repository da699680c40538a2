#include "numbers.cuh"

// Activations as floating-point numbers of 8 bits, e4m3 (Micikevicius et al., 2022, "FP8 Formats for Deep Learning"),
// for products with such weights: with a scale for each row, or for each 128 columns of one. Columns lie in blocks of
// 128 as those of the weights do (codes.cuh), filled up with zeros.

#define BLOCK 128
#define MOST 448.0f

__device__ __forceinline__ unsigned short pair(float first, float second) {
  unsigned short r;
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(r) : "f"(second), "f"(first));
  return r;
}

// Two neighbouring columns; zeros behind the last.
__device__ __forceinline__ unsigned columnsAt(const half16* row, int column, int columns) {
  return column < columns ? *(const unsigned*)(row + column) : 0;
}

// 16 bytes of a block: `place` from 0 to 7.
__device__ __forceinline__ uint4 piece(const half16* row, int block, int place, int columns, float inverse) {
  unsigned words[4];
#pragma unroll
  for (int step = 0; step < 4; step++) {
    int column = block * BLOCK + place / 4 * 64 + step * 16 + place % 4 * 2;
    unsigned first = columnsAt(row, column, columns), second = columnsAt(row, column + 8, columns);
    words[step] = pair(low(first) * inverse, low(second) * inverse) |
                  pair(high(first) * inverse, high(second) * inverse) << 16;
  }
  return make_uint4(words[0], words[1], words[2], words[3]);
}

__device__ __forceinline__ float largest(unsigned two) { return fmaxf(fabsf(low(two)), fabsf(high(two))); }

// A block of threads a row.
extern "C" __global__ void quantizeRows(const half16* x, char* out, float* scales, int columns) {
  __shared__ float most[32];
  awaitResults(); // but the next kernel does not begin early: it is the library's, which may read scales before it waits
  const half16* row = x + (long long)blockIdx.x * columns;
  float own = 0;
  for (int i = threadIdx.x; i < columns / 8; i += blockDim.x) {
    uint4 v = ((const uint4*)row)[i];
    own = fmaxf(fmaxf(fmaxf(own, largest(v.x)), fmaxf(largest(v.y), largest(v.z))), largest(v.w));
  }
  for (int d = 16; d > 0; d >>= 1) own = fmaxf(own, __shfl_xor_sync(~0u, own, d));
  if (threadIdx.x % 32 == 0) most[threadIdx.x / 32] = own;
  __syncthreads();
  for (int i = 0; i < blockDim.x / 32; i++) own = fmaxf(own, most[i]);
  int blocks = (columns + BLOCK - 1) / BLOCK;
  float inverse = own > 0 ? MOST / own : 0;
  for (int i = threadIdx.x; i < blocks * 8; i += blockDim.x)
    ((uint4*)(out + (long long)blockIdx.x * blocks * BLOCK))[i] = piece(row, i / 8, i % 8, columns, inverse);
  if (threadIdx.x == 0) scales[blockIdx.x] = own / MOST;
}

// 8 threads a block of columns: grid (rows, blocks / (threads / 8)); scales [block, row].
extern "C" __global__ void quantizeBlocks(const half16* x, char* out, float* scales, int columns) {
  awaitResults(); // but the next kernel does not begin early: it is the library's, which may read scales before it waits
  int blocks = (columns + BLOCK - 1) / BLOCK, block = blockIdx.y * (blockDim.x / 8) + threadIdx.x / 8;
  const half16* row = x + (long long)blockIdx.x * columns;
  int place = threadIdx.x % 8;
  float own = 0;
  for (int i = 0; i < 8; i++) own = fmaxf(own, block < blocks ? largest(columnsAt(row, block * BLOCK + place * 16 + 2 * i, columns)) : 0);
  for (int d = 1; d < 8; d *= 2) own = fmaxf(own, __shfl_xor_sync(~0u, own, d));
  if (block >= blocks) return;
  float inverse = own > 0 ? MOST / own : 0;
  ((uint4*)(out + (long long)blockIdx.x * blocks * BLOCK))[block * 8 + place] = piece(row, block, place, columns, inverse);
  if (place == 0) scales[(long long)block * gridDim.x + blockIdx.x] = own / MOST;
}
