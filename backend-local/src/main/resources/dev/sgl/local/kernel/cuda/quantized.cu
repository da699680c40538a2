#include "numbers.cuh"
#include "tiles.cuh"
#include "codes.cuh"

// Products of up to 8 rows with a quantized weight, which is read once, on the tensor cores. A block of
// threads takes one tile of 16 outputs after the other (or several at once); the blocks of columns of a
// tile are divided among `split` warps, whose sums are put together in shared memory. Codes are exact in
// 16 bits; scales and sums are in single precision.

#define WARPS (THREADS / 32)
#define MOST_ROWS 8
#define SUM_STRIDE 20                          // of a row of 16 outputs: lanes write to different banks
#define SUMS (MOST_ROWS * SUM_STRIDE)          // of a warp
#define HAS_SUMS (MINIMUMS || OFFSET)          // whether sums of x are needed
#define X_POWER (POWER > 100 ? 100 : 0)        // x is multiplied by 2 to it, so that products are normal numbers

// Sums of two outputs (the first two and the last two numbers) and two rows of x.
struct Sums {
  float of[4];
};

// Adds the products of a block of columns. `x`: this lane's row of the block's tiles; `xSums`: those of the groups of x.
template <int SIDES>
__device__ __forceinline__ void use(Sums (&to)[SIDES], const Part (&parts)[SIDES][2], const float (&blockScales)[SIDES],
                                    const half16* x, const float* xSums) {
#if GROUP
  float products[SIDES][4];
#endif
  unsigned b[4]; // of two steps
#pragma unroll
  for (int step = 0; step < STEPS; step++) {
    if (step % 2 == 0) load4(b, x + step * 16);
#pragma unroll
    for (int s = 0; s < SIDES; s++) {
      unsigned first[2], second[2];
      decode((const unsigned*)parts[s][0].codes, step, first);
      decode((const unsigned*)parts[s][1].codes, step, second);
      unsigned a[4] = {first[0], second[0], first[1], second[1]};
#if GROUP
      constexpr int GROUP_STEPS = GROUP / 16;
      if (step % GROUP_STEPS == 0) products[s][0] = products[s][1] = products[s][2] = products[s][3] = 0;
      multiply(products[s], a, b + step % 2 * 2);
      if (step % GROUP_STEPS == GROUP_STEPS - 1) {
#if HAS_GROUPS
        int group = step / GROUP_STEPS;
        float2 sums = HAS_SUMS ? *(const float2*)(xSums + group * MOST_ROWS) : float2();
#pragma unroll
        for (int i = 0; i < 4; i++) {
          float sum = i % 2 ? sums.y : sums.x;
          if (OFFSET) products[s][i] -= OFFSET * sum;
          if (MINIMUMS) to[s].of[i] += half(parts[s][i / 2].scales[MINIMUMS * GROUPS + group]) * sum;
          to[s].of[i] += half(parts[s][i / 2].scales[group]) * products[s][i];
        }
#else
#pragma unroll
        for (int i = 0; i < 4; i++) to[s].of[i] += blockScales[s] * products[s][i];
#endif
      }
#else
      multiply(to[s].of, a, b + step % 2 * 2);
#endif
    }
  }
}

// A part of a row of x for this thread: the threads are divided among the rows.
struct Share {
  int threads, row, first;

  __device__ __forceinline__ Share(int rows)
      : threads(THREADS >> 32 - __clz(rows - 1)), row(threadIdx.x / threads), first(threadIdx.x % threads) {}
};

#define CACHED 2 // of four numbers each, of a thread's share: read once

// x to shared memory, in 16 bits, with zeros behind the last column up to `padded`; the sums of its groups to `xSums`.
template <bool NORMED>
__device__ __forceinline__ void stage(half16* to, int stride, float* xSums, const void* x, const float* norm,
                                      const float4 (&cachedNorm)[CACHED], float epsilon, const Share& share, int rows,
                                      int columns, int padded) {
  float scale = X_POWER ? 0x1p100f : 1;
  const float4* row = (const float4*)((const float*)x + (long long)share.row * columns);
  const uint2* narrowRow = (const uint2*)((const half16*)x + (long long)share.row * columns);
  bool isReal = share.row < rows;
  float4 cached[CACHED];
  if (NORMED) {
    __shared__ float warpSums[WARPS];
    float sum = 0;
    if (isReal) {
#pragma unroll
      for (int c = 0; c < CACHED; c++) {
        int i = share.first + c * share.threads;
        cached[c] = i < columns / 4 ? row[i] : make_float4(0, 0, 0, 0);
      }
#pragma unroll
      for (int c = 0; c < CACHED; c++)
        sum += cached[c].x * cached[c].x + cached[c].y * cached[c].y + cached[c].z * cached[c].z + cached[c].w * cached[c].w;
      for (int i = share.first + CACHED * share.threads; i < columns / 4; i += share.threads) {
        float4 v = row[i];
        sum += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
      }
    }
    sum = warpSum(sum);
    if (threadIdx.x % 32 == 0) warpSums[threadIdx.x / 32] = sum;
    __syncthreads();
    float total = 0;
    for (int i = 0; i < share.threads / 32; i++) total += warpSums[share.row * (share.threads / 32) + i];
    scale *= rsqrtf(total / columns + epsilon);
  }
  if (!isReal) return;
  auto put = [&](int i, float4 v, float4 w) {
    uint2 packed = make_uint2(0, 0);
    if (i < columns / 4) {
      if (NORMED) {
        packed = make_uint2(pack(v.x * scale * w.x, v.y * scale * w.y), pack(v.z * scale * w.z, v.w * scale * w.w));
      } else {
        packed = narrowRow[i];
        if (X_POWER)
          packed = make_uint2(pack(low(packed.x) * scale, high(packed.x) * scale),
                              pack(low(packed.y) * scale, high(packed.y) * scale));
      }
    }
    *(uint2*)(to + share.row * stride + 4 * i) = packed;
#if HAS_SUMS
    float sum = low(packed.x) + high(packed.x) + low(packed.y) + high(packed.y);
#pragma unroll
    for (int d = 1; d < GROUP / 4; d *= 2) sum += __shfl_xor_sync(~0u, sum, d);
    if (i % (GROUP / 4) == 0) xSums[i / (GROUP / 4) * MOST_ROWS + share.row] = sum;
#endif
  };
  int cachedUnits = 0;
  if (NORMED) {
#pragma unroll
    for (int c = 0; c < CACHED; c++)
      if (share.first + c * share.threads < padded / 4) put(share.first + c * share.threads, cached[c], cachedNorm[c]);
    cachedUnits = CACHED * share.threads;
  }
#pragma unroll 8
  for (int i = share.first + cachedUnits; i < padded / 4; i += share.threads) {
    bool isColumn = NORMED && i < columns / 4;
    put(i, isColumn ? row[i] : float4(), isColumn ? ((const float4*)norm)[i] : float4());
  }
}

// A block's tiles, as its warps go through them.
struct Walk {
  int split, tilesAtOnce;    // warps of a tile; tiles that the block has at once
  int ownTile, ownBlock;     // of the warp among those
  int tiles, steps, items;   // of all blocks; of a warp in a tile; of a warp

  __device__ __forceinline__ Walk(int outputs, int blocks, int split) : split(split) {
    int warp = threadIdx.x / 32;
    tilesAtOnce = WARPS / split;
    ownTile = warp / split;
    ownBlock = warp % split;
    tiles = (outputs + TILE_ROWS - 1) / TILE_ROWS;
    steps = (blocks + split - 1) / split;
    items = (tiles - tile(0) + atOnce() - 1) / atOnce() * steps;
  }
  __device__ __forceinline__ int atOnce() const { return gridDim.x * tilesAtOnce; } // tiles of all blocks of threads
  __device__ __forceinline__ int tile(int round) const { return (round * gridDim.x + blockIdx.x) * tilesAtOnce; }
};

// MODE: what happens to `out`: 0 it is written in 16 bits, 1 added to, 2 written in single precision.
// NORMED: x is in single precision, and goes through a norm. GATED: the weight's upper half are gates, its
// lower half ups, and out = silu(gate) * up. `split` warps share a tile. DEPTH blocks are on their way.
template <int MODE, bool NORMED, bool GATED, int DEPTH>
__device__ __forceinline__ void product(const void* x, const float* norm, float epsilon, const Weight& w, void* out, int rows,
                                        int outputs, int stride, int split, half16* memory) {
  constexpr int SIDES = GATED ? 2 : 1;
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, q = lane % 4, blocks = w.blocks();
  Walk walk(outputs, blocks, split);
  int padded = walk.steps * split * BLOCK, xStride = padded + 8;
  float* partial = (float*)(memory + rows * xStride); // [2][SIDES][WARPS][SUMS]
  float* xSums = partial + 2 * SIDES * WARPS * SUMS;

  // the place of the next codes, and the way to the next block of this warp, tile, and side
  int nextTile = walk.tile(0) + walk.ownTile, nextBlock = walk.ownBlock;
  unsigned nextCodes = w.at(nextTile, g) + nextBlock * Weight::BLOCK_BYTES + 16 * q;
  unsigned stepBytes = split * Weight::BLOCK_BYTES, sideBytes = walk.tiles * w.tileBytes();
  unsigned roundBytes = walk.atOnce() * w.tileBytes() - walk.steps * stepBytes;
  int rowBytes = (CODES == E4M3 ? blocks : 1) * ROW_BYTES;
#if HAS_GROUPS
  unsigned nextScales = w.groups(nextBlock, nextTile * TILE_ROWS + g);
  unsigned stepScales = split * w.rows * SCALES;
  unsigned roundScales = walk.atOnce() * TILE_ROWS * SCALES - walk.steps * stepScales;
#endif
  Part parts[DEPTH][SIDES][2] = {};
  float blockScales[DEPTH][SIDES] = {};
  auto fetch = [&](int d) {
    if (nextTile < walk.tiles && nextBlock < blocks) {
#pragma unroll
      for (int s = 0; s < SIDES; s++) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
#pragma unroll
          for (int p = 0; p < PIECES; p++)
            parts[d][s][r].codes[p] = __ldcs((const uint4*)(w.codes + (nextCodes + s * sideBytes + r * 8 * rowBytes)) + 4 * p);
#if HAS_GROUPS
          loadBytes<SCALES * 2>(parts[d][s][r].scales, (const half16*)w.scales + (nextScales + (s * walk.tiles * TILE_ROWS + r * 8) * SCALES));
#endif
        }
#if !HAS_GROUPS && GROUP
        blockScales[d][s] = w.blockScale(nextBlock, (nextTile + s * walk.tiles) * TILE_ROWS);
#endif
      }
    }
    nextCodes += stepBytes;
    nextBlock += split;
#if HAS_GROUPS
    nextScales += stepScales;
#endif
    if (nextBlock >= walk.steps * split) {
      nextBlock = walk.ownBlock;
      nextTile += walk.atOnce();
      nextCodes += roundBytes;
#if HAS_GROUPS
      nextScales += roundScales;
#endif
    }
  };
#pragma unroll
  for (int d = 0; d < DEPTH; d++)
    if (d < walk.items) fetch(d);
  Share share(rows);
  float4 cachedNorm[CACHED];
  if (NORMED) {
#pragma unroll
    for (int c = 0; c < CACHED; c++) {
      int i = share.first + c * share.threads;
      cachedNorm[c] = i < w.columns / 4 ? ((const float4*)norm)[i] : float4();
    }
  }
  letTheNextBegin();
  awaitResults(); // weights are no results
  stage<NORMED>(memory, xStride, xSums, x, norm, cachedNorm, epsilon, share, rows, w.columns, padded);
  __syncthreads();

  const half16* ownRow = memory + (lane % 8 < rows ? lane % 8 : 0) * xStride + lane / 8 * 8;
  Sums sums[SIDES] = {};
  auto finish = [&](int round) {
    float* buffer = partial + (round & 1) * SIDES * WARPS * SUMS;
#pragma unroll
    for (int s = 0; s < SIDES; s++)
#pragma unroll
      for (int i = 0; i < 4; i++) {
        buffer[(s * WARPS + warp) * SUMS + (2 * q + i % 2) * SUM_STRIDE + g + i / 2 * 8] = sums[s].of[i];
        sums[s].of[i] = 0;
      }
    __syncthreads();
    // each round, another warp begins
    for (int t = (threadIdx.x + round * 32) % THREADS; t < walk.tilesAtOnce * TILE_ROWS * MOST_ROWS; t += THREADS) {
      int row = t / TILE_ROWS % MOST_ROWS, which = t / (TILE_ROWS * MOST_ROWS);
      int output = (walk.tile(round) + which) * TILE_ROWS + t % TILE_ROWS;
      if (row >= rows || output >= outputs) continue;
      long long at = (long long)row * stride + output;
      float before = MODE == 1 ? ((float*)out)[at] : 0, sum[SIDES] = {};
      const float* from = buffer + which * split * SUMS + row * SUM_STRIDE + t % TILE_ROWS;
#pragma unroll 8
      for (int i = 0; i < split; i++)
#pragma unroll
        for (int s = 0; s < SIDES; s++) sum[s] += from[(s * WARPS + i) * SUMS];
#pragma unroll
      for (int s = 0; s < SIDES; s++) sum[s] *= w.rowScale(output + s * outputs) * (float)(1 << (POWER - X_POWER));
      float result = before + (GATED ? silu(sum[0]) * sum[SIDES - 1] : sum[0]);
      if (MODE == 0)
        ((half16*)out)[at] = narrow(result);
      else
        ((float*)out)[at] = result;
    }
  };
  int round = 0, block = walk.ownBlock;
  for (int first = 0; first < walk.items; first += DEPTH) {
#pragma unroll
    for (int d = 0; d < DEPTH; d++) {
      if (first + d >= walk.items) break;
      use<SIDES>(sums, parts[d], blockScales[d], ownRow + block * BLOCK, xSums + block * GROUPS * MOST_ROWS + 2 * q);
      if (first + d + DEPTH < walk.items) fetch(d);
      block += split;
      if (block >= walk.steps * split) {
        finish(round++);
        block = walk.ownBlock;
      }
    }
  }
}

#define PRODUCT(NAME, MODE, NORMED, GATED, DEPTH)                                                               \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) NAME(                                                \
      const void* x, const float* norm, float epsilon, const char* codes, const void* scales, float factor,     \
      void* out, int rows, int columns, int weightRows, int outputs, int stride, int split) {                   \
    extern __shared__ __align__(16) half16 memory[];                                                            \
    Weight w = {codes, scales, factor, weightRows, columns};                                                    \
    product<MODE, NORMED, GATED, DEPTH>(x, norm, epsilon, w, out, rows, outputs, stride, split, memory);        \
  }
#define DEEP (4 / PIECES)
PRODUCT(write, 0, false, false, DEEP)
PRODUCT(add, 1, false, false, DEEP)
PRODUCT(logits, 2, false, false, DEEP)
PRODUCT(project, 0, true, false, DEEP)
PRODUCT(gated, 0, true, true, (PIECES * SCALES > 4 ? 1 : 2))
