#include "numbers.cuh"
#include "tiles.cuh"
#include "heads.cuh"
#include "kept.cuh"

// Attention over pages for heads of more than 256 numbers, a multiple of 128, with the tensor cores, as in attention.cu.
// A warp has no registers for all numbers of its vectors. So scores of a tile are computed by a warp for 16 vectors and
// some of the keys, and weights go through shared memory; then each warp adds the values of all keys, but only its part
// of the numbers, to those of all vectors. While scores are computed, values are on their way; while values are added,
// the keys of the next tile are.

#define KEYS TILE
#define MOST_VECTORS WIDE_VECTORS
#define TEAMS 1

__device__ __forceinline__ void meet() { __syncthreads(); }

#define STRIDE (DIM + 8)
#define KEPT_STRIDE ((DIM / KEPT_CHUNK | 1) * KEPT_CHUNK)
#define WEIGHT_STRIDE (TILE + 8)
#define STEPS (DIM / 16)
#define CHUNKS (DIM / 8)
#define KEPT_CHUNKS (DIM / KEPT_CHUNK)
#define HEAD_PAIRS ((DIM + 127) / 128)

#include "items.cuh"
#include "fragments.cuh"
#include "softmax.cuh"
#include "together.cuh"

#define OWN (DIM / WARPS)       // numbers of a warp
#define OWN_STEPS (OWN / 16)

// Begins to copy a tile of keys, or of values, into shared memory: zeros behind `end`.
__device__ __forceinline__ void fetch(kept* to, const kept* from, const Layer& l, const int* table, int kvHead, int first,
                                      int end) {
  for (int i = threadIdx.x; i < TILE * KEPT_CHUNKS; i += THREADS) {
    int key = i / KEPT_CHUNKS, number = i % KEPT_CHUNKS * KEPT_CHUNK, position = first + key;
    bool real = position < end;
    long long at = real ? l.at(table[position / PAGE], kvHead, position % PAGE, number) : 0;
    copyAsync(to + key * KEPT_STRIDE + number, from + at, real);
  }
  commit();
}

// SIDES: times 16 query vectors. Scores of each side are divided between SLICES warps, by keys.
template <int SIDES> __device__ __forceinline__ void attend(const Layer& l, const Item& item, char* memory) {
  constexpr int SLICES = SIDES == 1 ? 4 : WARPS / SIDES;
  constexpr int SLICE = TILE / SLICES, NT = SLICE / 8, VECTORS = 16 * SIDES;
  kept* keys = (kept*)memory;
  kept* values = keys + TILE * KEPT_STRIDE;
  half16* q = (half16*)(values + TILE * KEPT_STRIDE);
  half16* weights = q + VECTORS * STRIDE;
  float* tops = (float*)(weights + VECTORS * WEIGHT_STRIDE); // [slice][vector]: largest scores of a tile, at last sums
  float* shrinks = tops + SLICES * VECTORS;                  // [vector]

  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, side = warp % SIDES, slice = warp / SIDES;
  bool hasScores = slice < SLICES;
  const int* positions = l.batch + l.batch[SEEN];
  const int* itemRows = l.batch + l.batch[ITEM_ROWS] + item.firstRow;
  const int* table = l.batch + l.batch[TABLES] + item.table;
  Range seen = range(l, item, itemRows, positions);
  int tiles = seen.tiles();
  fetch(keys, l.keys, l, table, item.kvHead, seen.begin, item.end);
  fetch(values, l.values, l, table, item.kvHead, seen.begin, item.end);
  copyQueries<VECTORS>(l, item, itemRows, q);

  Vectors v(item, itemRows, positions, side * 16, l.group());
  float numbers[SIDES][OWN_STEPS * 2][4] = {};
  for (int t = 0; t < tiles; t++) {
    int first = seen.begin + t * TILE;
    waitFor<1>();
    __syncthreads(); // keys and queries are there
    float s[NT][4] = {};
    if (hasScores) {
#pragma unroll 4
      for (int step = 0; step < STEPS; step++) {
        unsigned a[4];
        loadQueries(a, q + side * 16 * STRIDE + step * 16);
#pragma unroll
        for (int n = 0; n < NT; n += 2) {
          unsigned b[4];
          loadKeys(b, slice * SLICE + n * 8, step * 16, [&](int key, int number) { return keys + key * KEPT_STRIDE + number; });
          multiplyKept(s[n], a, b);
          multiplyKept(s[n + 1], a, b + 2);
        }
      }
      if (first < seen.allFrom || first + TILE > seen.allTo) hide(s, v, first + slice * SLICE, item.end, l.window);
      scale(s);
#pragma unroll
      for (int h = 0; h < 2; h++) {
        float most = -INFINITE;
#pragma unroll
        for (int n = 0; n < NT; n++) most = fmaxf(most, fmaxf(s[n][2 * h], s[n][2 * h + 1]));
        most = fmaxf(most, __shfl_xor_sync(~0u, most, 1));
        most = fmaxf(most, __shfl_xor_sync(~0u, most, 2));
        if (lane % 4 == 0) tops[slice * VECTORS + v.index(h)] = most;
      }
    }
    __syncthreads(); // largest scores are there, and keys are free
    if (t + 1 < tiles) fetch(keys, l.keys, l, table, item.kvHead, first + TILE, item.end);
    else commit();
    if (hasScores) {
#pragma unroll
      for (int h = 0; h < 2; h++) {
        float most = v.most[h];
        for (int i = 0; i < SLICES; i++) most = fmaxf(most, tops[i * VECTORS + v.index(h)]);
        float zero = most == -INFINITE ? 0 : most, shrink = power(v.most[h] - zero), sum = 0;
#pragma unroll
        for (int n = 0; n < NT; n++) {
          float x = power(s[n][2 * h] - zero), y = power(s[n][2 * h + 1] - zero);
          sum += x + y;
          *(unsigned*)(weights + v.index(h) * WEIGHT_STRIDE + slice * SLICE + n * 8 + lane % 4 * 2) = packKept(x, y);
        }
        v.most[h] = most;
        v.sum[h] = v.sum[h] * shrink + sum;
        if (slice == 0 && lane % 4 == 0) shrinks[v.index(h)] = shrink;
      }
    }
    waitFor<1>();
    __syncthreads(); // values and weights are there
#pragma unroll
    for (int m = 0; m < SIDES; m++) {
      float by[2] = {shrinks[m * 16 + lane / 4], shrinks[m * 16 + lane / 4 + 8]};
#pragma unroll
      for (int d = 0; d < OWN_STEPS * 2; d++)
#pragma unroll
        for (int i = 0; i < 4; i++) numbers[m][d][i] *= by[i / 2];
    }
#pragma unroll
    for (int n = 0; n < TILE; n += 16) {
      unsigned a[SIDES][4];
#pragma unroll
      for (int m = 0; m < SIDES; m++) load4(a[m], weights + (m * 16 + lane % 16) * WEIGHT_STRIDE + n + lane / 16 * 8);
#pragma unroll
      for (int d = 0; d < OWN_STEPS; d++) {
        unsigned b[4];
        loadValues(b, n, warp * OWN + d * 16, [&](int key, int number) { return values + key * KEPT_STRIDE + number; });
#pragma unroll
        for (int m = 0; m < SIDES; m++) {
          multiplyKept(numbers[m][2 * d], a[m], b);
          multiplyKept(numbers[m][2 * d + 1], a[m], b + 2);
        }
      }
    }
    __syncthreads(); // values and weights are free
    if (t + 1 < tiles) fetch(values, l.values, l, table, item.kvHead, first + TILE, item.end);
    else commit();
  }
  waitFor<0>();
  addSums(v);
  if (hasScores && lane % 4 == 0)
    for (int h = 0; h < 2; h++) tops[slice * VECTORS + v.index(h)] = v.sum[h];
  __syncthreads();
  auto sum = [&](int vector) {
    float all = 0;
    for (int i = 0; i < SLICES; i++) all += tops[i * VECTORS + vector];
    return all;
  };
  if (item.part >= 0 && slice == 0 && lane % 4 == 0)
    for (int h = 0; h < 2; h++)
      if (v.index(h) < item.rows * l.group()) l.partSums[item.part + v.index(h)] = logSum(v.most[h], sum(v.index(h)));
#pragma unroll
  for (int m = 0; m < SIDES; m++)
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int vector = m * 16 + lane / 4 + 8 * h;
      if (vector >= item.rows * l.group()) continue;
      float all = sum(vector), by = all > 0 ? 1 / all : 0;
      int row = itemRows[vector / l.group()];
#pragma unroll
      for (int d = 0; d < OWN_STEPS * 2; d++)
        put(l, item, row, vector, warp * OWN + column(d), first(numbers[m], d, h) * by, second(numbers[m], d, h) * by);
    }
  if (item.part >= 0) arrive(l, item, itemRows);
  __syncthreads();
}

#define ATTEND(NAME, SIDES, ITEMS, COUNT)                                                                            \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) NAME(                                                     \
      const int* batch, const half16* heads, half16* out, float* parts, float* partSums, int* arrived, kept* keys,   \
      kept* values, int queryHeads, int kvHeads, int window, const float* frequencies, float stretch,                \
      const float* queryNorm, const float* keyNorm, float epsilon) {                                                 \
    extern __shared__ __align__(16) char memory[];                                                                   \
    letTheNextBegin();                                                                                               \
    awaitResults();                                                                                                  \
    const Item* items = (const Item*)(batch + batch[ITEMS]);                                                         \
    int count = batch[COUNT];                                                                                        \
    Layer layer = {batch, heads, out, parts, partSums, arrived, keys, values, queryHeads, kvHeads, window,           \
                   {frequencies, stretch, queryNorm, keyNorm, epsilon}};                                             \
    for (int i = blockIdx.x; i < count; i += gridDim.x) attend<SIDES>(layer, items[i], memory);                      \
  }
ATTEND(attendWide, WIDE_VECTORS / 16, WIDE_ITEMS, WIDE_COUNT)
ATTEND(attendNarrow, NARROW_VECTORS / 16, NARROW_ITEMS, NARROW_COUNT)
