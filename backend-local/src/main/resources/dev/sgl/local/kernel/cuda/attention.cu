#include "numbers.cuh"
#include "tiles.cuh"
#include "heads.cuh"
#include "kept.cuh"

// Attention over pages with the tensor cores, in the way of FlashAttention-2 (Dao, 2023): scores are
// never written, the softmax runs along. DIM is the size of a head, a multiple of 16; PAGE is the
// number of tokens of a page, TILE that of the keys of a step.
//
// Work comes as items: some query vectors (rows of the batch times the heads that share a head of
// the keys) against a range of positions of one page table. An item that sees all that its rows see
// writes their result; else it writes a part, and whoever writes the last part of a row puts all
// together. So a long context is split, and a prefix that several rows share is read once for all of
// them (cascade).

// Of rows in shared memory, of queries and of what is kept: an odd number of 16 bytes, so that no two rows
// of eight meet in a bank.
#define STRIDE (DIM + 8)
#define KEPT_STRIDE ((DIM / KEPT_CHUNK | 1) * KEPT_CHUNK)
#define STEPS (DIM / 16)            // of a product over a head
#define CHUNKS (DIM / 8)            // of 16 bytes of a head
#define KEPT_CHUNKS (DIM / KEPT_CHUNK)
#define WARPS (THREADS / 32)

#include "fragments.cuh"

struct Item {
  ITEM_FIELDS
};

// What all items of a layer have in common.
struct Layer {
  const int* batch;
  const half16* heads;   // of each row: queries, keys, values
  half16* out;
  float* parts;          // [vector, DIM]
  float* partSums;       // logarithms of what each part's weights add up to
  int* arrived;          // of each row and head of the keys: parts that are written; 0 between batches
  kept* keys;            // [page, kvHead, slot, DIM]
  kept* values;
  int queryHeads, kvHeads, window;
  Turning turning;

  __device__ __forceinline__ int group() const { return queryHeads / kvHeads; }
  __device__ __forceinline__ const half16* head(int row, int index) const {
    return heads + ((long long)row * (queryHeads + 2 * kvHeads) + index) * DIM;
  }
  __device__ __forceinline__ long long slot(const int* table, int kvHead, int position) const {
    return ((long long)(table[position / PAGE] * kvHeads + kvHead) * PAGE + position % PAGE) * DIM;
  }
};

// Begins to copy a tile of keys and values into shared memory: zeros behind `end`, nothing from `fresh`
// on.
__device__ __forceinline__ void fetch(kept* keys, kept* values, const Layer& l, const int* table,
                                      int kvHead, int first, int end, int fresh) {
#pragma unroll
  for (int i = 0; i < TILE * KEPT_CHUNKS; i += THREADS) {
    int own = i + threadIdx.x, key = own / KEPT_CHUNKS, number = own % KEPT_CHUNKS * KEPT_CHUNK;
    if (TILE * KEPT_CHUNKS % THREADS && key >= TILE) break;
    int position = first + key;
    bool real = position < end;
    long long at = real ? l.slot(table, kvHead, position) + number : 0;
    if (position < fresh || !real) {
      copyAsync(keys + key * KEPT_STRIDE + number, l.keys + at, real);
      copyAsync(values + key * KEPT_STRIDE + number, l.values + at, real);
    }
  }
  commit();
}

// Turns the queries of an item into `q`, and the keys of its rows from `fresh` on, which it places with
// their values: in their pages, and in `tileKeys` and `tileValues` if they belong to the tile there.
__device__ __forceinline__ void place(const Layer& l, const Item& item, const int* itemRows,
                                      const int* table, half16* q, int begin, int fresh,
                                      kept* tileKeys, kept* tileValues) {
  const int* positions = l.batch + l.batch[POSITIONS];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = l.group();
  for (int v = warp; v < 16; v += WARPS) {
    half16* to = q + v * STRIDE;
    if (v < item.rows * group) {
      int row = itemRows[v / group];
      turn(l.head(row, item.kvHead * group + v % group), l.turning.queryNorm, l.turning, positions[row], DIM,
           [&](int i, float x) { to[i] = query(x); });
    } else {
      for (int i = lane; i < CHUNKS; i += 32) ((uint4*)to)[i] = make_uint4(0, 0, 0, 0);
    }
  }
  int placed = min(item.end, fresh + item.rows) - max(item.begin, fresh); // rows, one behind the other
  int firstPlaced = max(item.begin, fresh);
  for (int i = warp; i < 2 * placed; i += WARPS) {
    int position = firstPlaced + i / 2, row = itemRows[position - fresh];
    long long at = l.slot(table, item.kvHead, position);
    bool isInTile = position < begin + TILE;
    int key = position - begin;
    if (i % 2 == 0) {
      kept* to = isInTile ? tileKeys + key * KEPT_STRIDE : l.keys + at;
      turn(l.head(row, l.queryHeads + item.kvHead), l.turning.keyNorm, l.turning, position, DIM,
           [&](int i, float x) { to[i] = keep(x); });
      __syncwarp();
      if (isInTile) copyKept(to, l.keys + at, DIM);
    } else {
      const half16* from = l.head(row, l.queryHeads + l.kvHeads + item.kvHead);
      keepHead(from, l.values + at, DIM);
      if (isInTile) keepHead(from, tileValues + key * KEPT_STRIDE, DIM);
    }
  }
}

// A head's result of a row from its parts, by a warp.
__device__ __forceinline__ void merge(const Layer& l, int row, int kvHead, int head) {
  const int* own = l.batch + l.batch[PARTS_OF_ROW] + 2 * row;
  const int* list = l.batch + own[0]; // pairs: the place of a part, and what lies between heads of the keys
  int count = own[1], lane = threadIdx.x % 32;
  auto part = [&](int c) { return list[2 * c] + kvHead * list[2 * c + 1] + head; };
  float most = -INFINITE;
  for (int c = lane; c < count; c += 32) most = fmaxf(most, __ldcg(l.partSums + part(c)));
  for (int d = 16; d > 0; d >>= 1) most = fmaxf(most, __shfl_xor_sync(~0u, most, d));
  float numbers[(DIM + 31) / 32], total = 0;
#pragma unroll
  for (int d = 0; d < (DIM + 31) / 32; d++) numbers[d] = 0;
#pragma unroll 4
  for (int c = 0; c < count; c++) {
    long long p = part(c);
    float weight = exp2f(__ldcg(l.partSums + p) - most);
    total += weight;
#pragma unroll
    for (int d = 0; d < (DIM + 31) / 32; d++)
      if (d * 32 + lane < DIM) numbers[d] += weight * __ldcg(l.parts + p * DIM + d * 32 + lane);
  }
  half16* to = l.out + ((long long)row * l.queryHeads + kvHead * l.group() + head) * DIM;
#pragma unroll
  for (int d = 0; d < (DIM + 31) / 32; d++)
    if (d * 32 + lane < DIM) to[d * 32 + lane] = narrow(numbers[d] / total);
}

// Counts the parts of an item's rows, and puts those of a row together whose last they were.
__device__ __forceinline__ void arrive(const Layer& l, const Item& item, const int* itemRows) {
  __shared__ bool isLast[64];
  __threadfence(); // the parts are there for all before they are counted
  __syncthreads();
  if (threadIdx.x < item.rows) {
    int row = itemRows[threadIdx.x];
    int* arrived = l.arrived + row * l.kvHeads + item.kvHead;
    bool last = atomicAdd(arrived, 1) == l.batch[l.batch[PARTS_OF_ROW] + 2 * row + 1] - 1;
    if (last) *arrived = 0;
    isLast[threadIdx.x] = last;
  }
  __threadfence();
  __syncthreads();
  for (int v = threadIdx.x / 32; v < item.rows * l.group(); v += WARPS)
    if (isLast[v / l.group()]) merge(l, itemRows[v / l.group()], item.kvHead, v % l.group());
}

// Writes two numbers of a vector's result, or of a part of it.
__device__ __forceinline__ void put(const Layer& l, const Item& item, int row, int v, int column, float a, float b) {
  if (item.part < 0) {
    half16* to = l.out + ((long long)row * l.queryHeads + item.kvHead * l.group() + v % l.group()) * DIM;
    *(unsigned*)(to + column) = pack(a, b);
  } else {
    *(float2*)(l.parts + ((long long)item.part + v) * DIM + column) = make_float2(a, b);
  }
}

// The positions that an item reads, and those that each of its rows sees.
struct Range {
  int begin, end;
  int allFrom, allTo;

  __device__ __forceinline__ int tiles() const { return (end - begin + TILE - 1) / TILE; }
};

__device__ __forceinline__ Range range(const Layer& l, const Item& item, const int* itemRows, const int* positions) {
  int first = positions[itemRows[0]];
  Range range = {item.begin, item.end, 0, min(item.end, first + 1)};
  if (l.window < UNLIMITED) {
    int lowest = first, highest = first;
    for (int r = 1; r < item.rows; r++) {
      lowest = min(lowest, positions[itemRows[r]]);
      highest = max(highest, positions[itemRows[r]]);
    }
    range.allFrom = highest - l.window + 1;
    range.begin += max(0, lowest - l.window + 1 - range.begin) / TILE * TILE; // no row sees the positions before
  }
  return range;
}

// Copies the queries of an item, which are turned already.
template <int VECTORS>
__device__ __forceinline__ void copyQueries(const Layer& l, const Item& item, const int* itemRows, half16* q) {
  int group = l.group();
  for (int i = threadIdx.x; i < VECTORS * CHUNKS; i += THREADS) {
    int v = i / CHUNKS, chunk = i % CHUNKS;
    uint4 x = make_uint4(0, 0, 0, 0);
    if (v < item.rows * group)
      x = query8(*(const uint4*)(l.head(itemRows[v / group], item.kvHead * group + v % group) + chunk * 8));
    *(uint4*)(q + v * STRIDE + chunk * 8) = x;
  }
}

// A lane's share of two query vectors: the largest score so far, and the numbers that belong to it.
struct Vectors {
  int base;         // of the warp's vectors among the item's
  int position[2];  // of their rows; -1 behind the last vector
  float most[2], sum[2];
  float numbers[STEPS * 2][4]; // two of the first vector, two of the second; their columns: see `column`

  __device__ __forceinline__ Vectors(const Item& item, const int* itemRows, const int* positions, int base, int group)
      : base(base) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
      position[i] = index(i) < item.rows * group ? positions[itemRows[index(i) / group]] : -1;
      most[i] = -INFINITE;
      sum[i] = 0;
    }
#pragma unroll
    for (int d = 0; d < STEPS * 2; d++) numbers[d][0] = numbers[d][1] = numbers[d][2] = numbers[d][3] = 0;
  }

  // Of the item's vectors.
  __device__ __forceinline__ int index(int side) const { return base + threadIdx.x % 32 / 4 + 8 * side; }
};

// Scores of the queries with NT tiles of 8 keys each.
template <int NT>
__device__ __forceinline__ void multiplyKeys(float (&s)[NT][4], const unsigned (&queries)[STEPS][4], const kept* k) {
#pragma unroll
  for (int n = 0; n < NT; n++) s[n][0] = s[n][1] = s[n][2] = s[n][3] = 0;
#pragma unroll
  for (int step = 0; step < STEPS; step++)
#pragma unroll
    for (int n = 0; n < NT; n += 2) {
      unsigned b[4];
      loadKeys(b, k + n * 8 * KEPT_STRIDE + step * 16);
      multiplyKept(s[n], queries[step], b);
      multiplyKept(s[n + 1], queries[step], b + 2);
    }
}

// Scales the scores, for powers of two, and hides the keys that a row does not see.
//
// `first`: position of the first key of the warp; `seenByAll`: whether every row sees all of the tile
template <int NT>
__device__ __forceinline__ void scaleAndMask(float (&s)[NT][4], const Vectors& v, int first, int end, int window,
                                             bool seenByAll) {
  float scale = rsqrtf((float)DIM) * 1.4426950408889634f;
  if (seenByAll) {
#pragma unroll
    for (int n = 0; n < NT; n++)
#pragma unroll
      for (int i = 0; i < 4; i++) s[n][i] *= scale;
    return;
  }
#pragma unroll
  for (int n = 0; n < NT; n++) {
    int position = first + n * 8 + threadIdx.x % 4 * 2;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      int at = position + i % 2, side = i / 2;
      s[n][i] = at < end && at <= v.position[side] && at > v.position[side] - window ? s[n][i] * scale : -INFINITE;
    }
  }
}

// One step of the softmax: scores become weights, relative to the largest score so far, to which sums
// and numbers are adapted.
template <int NT>
__device__ __forceinline__ void softmaxStep(float (&s)[NT][4], Vectors& v) {
#pragma unroll
  for (int side = 0; side < 2; side++) {
    float most = v.most[side];
#pragma unroll
    for (int n = 0; n < NT; n++) most = fmaxf(most, fmaxf(s[n][2 * side], s[n][2 * side + 1]));
    most = fmaxf(most, __shfl_xor_sync(~0u, most, 1));
    most = fmaxf(most, __shfl_xor_sync(~0u, most, 2));
    float zero = most == -INFINITE ? 0 : most;
    float shrink = exp2f(v.most[side] - zero);
    v.most[side] = most;
    v.sum[side] *= shrink;
#pragma unroll
    for (int d = 0; d < STEPS * 2; d++) {
      v.numbers[d][2 * side] *= shrink;
      v.numbers[d][2 * side + 1] *= shrink;
    }
#pragma unroll
    for (int n = 0; n < NT; n++) {
      s[n][2 * side] = exp2f(s[n][2 * side] - zero);
      s[n][2 * side + 1] = exp2f(s[n][2 * side + 1] - zero);
      v.sum[side] += s[n][2 * side] + s[n][2 * side + 1];
    }
  }
}

// Adds the values, times their weights.
template <int NT>
__device__ __forceinline__ void addValues(Vectors& to, const float (&s)[NT][4], const kept* values) {
#pragma unroll
  for (int n = 0; n < NT; n += 2) {
    unsigned a[4] = {packKept(s[n][0], s[n][1]), packKept(s[n][2], s[n][3]), packKept(s[n + 1][0], s[n + 1][1]),
                     packKept(s[n + 1][2], s[n + 1][3])};
#pragma unroll
    for (int d = 0; d < STEPS; d++) {
      unsigned b[4];
      loadValues(b, values + n * 8 * KEPT_STRIDE + d * 16);
      multiplyKept(to.numbers[2 * d], a, b);
      multiplyKept(to.numbers[2 * d + 1], a, b + 2);
    }
  }
}

// The logarithm of the sum of a vector's weights.
__device__ __forceinline__ float logSum(float most, float sum) { return sum > 0 ? most + log2f(sum) : -INFINITE; }

// Writes the results of a warp's vectors, or parts of them.
__device__ __forceinline__ void write(const Layer& l, const Item& item, const int* itemRows, const Vectors& v) {
  int lane = threadIdx.x % 32, group = l.group();
#pragma unroll
  for (int side = 0; side < 2; side++) {
    int index = v.index(side);
    if (index >= item.rows * group) continue;
    float by = v.sum[side] > 0 ? 1 / v.sum[side] : 0;
    int row = itemRows[index / group];
#pragma unroll
    for (int d = 0; d < STEPS * 2; d++)
      put(l, item, row, index, column(d), first(v.numbers, d, side) * by, second(v.numbers, d, side) * by);
    if (item.part >= 0 && lane % 4 == 0) l.partSums[item.part + index] = logSum(v.most[side], v.sum[side]);
  }
}

// The same where each warp has the same vectors, of other keys: puts them together first.
__device__ __forceinline__ void writeTogether(const Layer& l, const Item& item, const int* itemRows, const Vectors& v,
                                              char* memory) {
  constexpr int WIDTH = DIM + 8;
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = l.group();
  float* stats = (float*)memory;           // [warp][16][2]
  float* numbers = stats + WARPS * 16 * 2; // [warp][16][WIDTH]
#pragma unroll
  for (int side = 0; side < 2; side++) {
    int own = warp * 16 + v.index(side);
    if (lane % 4 == 0) *(float2*)(stats + own * 2) = make_float2(v.most[side], v.sum[side]);
#pragma unroll
    for (int d = 0; d < STEPS * 2; d++)
      *(float2*)(numbers + own * WIDTH + column(d)) =
          make_float2(first(v.numbers, d, side), second(v.numbers, d, side));
  }
  __syncthreads();
  for (int i = threadIdx.x; i < item.rows * group * (DIM / 2); i += THREADS) {
    int vector = i / (DIM / 2), column = i % (DIM / 2) * 2;
    float most = -INFINITE, sum = 0, a = 0, b = 0;
    for (int w = 0; w < WARPS; w++) most = fmaxf(most, stats[(w * 16 + vector) * 2]);
    float zero = most == -INFINITE ? 0 : most;
    for (int w = 0; w < WARPS; w++) {
      float weight = exp2f(stats[(w * 16 + vector) * 2] - zero);
      float2 own = *(float2*)(numbers + (w * 16 + vector) * WIDTH + column);
      sum += weight * stats[(w * 16 + vector) * 2 + 1];
      a += weight * own.x;
      b += weight * own.y;
    }
    float by = sum > 0 ? 1 / sum : 0;
    put(l, item, itemRows[vector / group], vector, column, a * by, b * by);
    if (item.part >= 0 && column == 0) l.partSums[item.part + vector] = logSum(most, sum);
  }
}

// WIDE: four warps with 16 query vectors each, all over every tile of keys. Otherwise 16 vectors for
// the whole block, each warp with a quarter of every tile. PLACES: heads are as the product left them,
// and what `place` does in rows.cu is done here; for items whose rows are of one sequence, one behind
// the other, or do not reach their own positions.
template <bool WIDE, bool PLACES>
__device__ __forceinline__ void attend(const Layer& l, const Item& item, char* memory) {
  constexpr int NT = WIDE ? TILE / 8 : TILE / 32; // tiles of 8 keys of a warp
  constexpr int NUMBERS = TILE * KEPT_STRIDE;
  int warp = threadIdx.x / 32;
  const int* positions = l.batch + l.batch[POSITIONS];
  const int* itemRows = l.batch + l.batch[ITEM_ROWS] + item.firstRow;
  const int* table = l.batch + l.batch[TABLES] + item.table;
  kept* tileKeys = (kept*)memory; // of two tiles, each with its values behind it
  kept* tileValues = tileKeys + NUMBERS;
  half16* q = (half16*)(tileKeys + 2 * NUMBERS); // the queries pass through the memory of the second tile

  Range seen = range(l, item, itemRows, positions);
  int fresh = positions[itemRows[0]], tiles = seen.tiles();
  fetch(tileKeys, tileValues, l, table, item.kvHead, seen.begin, item.end, PLACES ? fresh : item.end);
  if (PLACES)
    place(l, item, itemRows, table, q, seen.begin, fresh, tileKeys, tileValues);
  else
    copyQueries<WIDE ? WIDE_VECTORS : NARROW_VECTORS>(l, item, itemRows, q);
  __syncthreads();
  unsigned queries[STEPS][4];
  int base = WIDE ? warp * 16 : 0;
#pragma unroll
  for (int s = 0; s < STEPS; s++) loadQueries(queries[s], q + base * STRIDE + s * 16);
  __syncthreads();

  Vectors v(item, itemRows, positions, base, l.group());
  int offset = WIDE ? 0 : warp * (TILE / 4); // of the warp's keys in a tile
  for (int t = 0; t < tiles; t++) {
    int now = t & 1, first = seen.begin + t * TILE;
    if (t + 1 < tiles) {
      fetch(tileKeys + (now ^ 1) * 2 * NUMBERS, tileValues + (now ^ 1) * 2 * NUMBERS, l, table, item.kvHead,
            first + TILE, item.end, item.end);
      waitFor<1>();
    } else {
      waitFor<0>();
    }
    __syncthreads();
    float s[NT][4];
    multiplyKeys(s, queries, tileKeys + now * 2 * NUMBERS + offset * KEPT_STRIDE);
    scaleAndMask(s, v, first + offset, item.end, l.window,
                 first >= seen.allFrom && first + TILE <= seen.allTo);
    softmaxStep(s, v);
    addValues(v, s, tileValues + now * 2 * NUMBERS + offset * KEPT_STRIDE);
    __syncthreads();
  }
  if (tiles <= 0) { // zeros are still on their way
    waitFor<0>();
    __syncthreads();
  }
#pragma unroll
  for (int side = 0; side < 2; side++) {
    v.sum[side] += __shfl_xor_sync(~0u, v.sum[side], 1);
    v.sum[side] += __shfl_xor_sync(~0u, v.sum[side], 2);
  }
  if (WIDE)
    write(l, item, itemRows, v);
  else
    writeTogether(l, item, itemRows, v, memory);
  if (item.part >= 0) arrive(l, item, itemRows);
  __syncthreads();
}

// Blocks take one item after the other.
#define ATTEND(NAME, WIDE, PLACES, ITEMS, COUNT)                                                       \
  extern "C" __global__ void __launch_bounds__(THREADS) NAME(                                          \
      const int* batch, const half16* heads, half16* out, float* parts, float* partSums, int* arrived, \
      kept* keys, kept* values, int queryHeads, int kvHeads, int window, const float* frequencies, \
      float stretch, const float* queryNorm, const float* keyNorm, float epsilon) {                    \
    extern __shared__ __align__(16) char memory[];                                                     \
    letTheNextBegin();                                                                                 \
    awaitResults();                                                                                    \
    const Item* items = (const Item*)(batch + batch[ITEMS]);                                           \
    int count = batch[COUNT];                                                                          \
    Layer layer = {batch, heads, out, parts, partSums, arrived, keys, values, queryHeads, kvHeads,     \
                   window, {frequencies, stretch, queryNorm, keyNorm, epsilon}};                       \
    for (int i = blockIdx.x; i < count; i += gridDim.x)                                                \
      attend<WIDE, PLACES>(layer, items[i], memory);                                                   \
  }
ATTEND(attendWide, true, false, WIDE_ITEMS, WIDE_COUNT)
ATTEND(attendNarrow, false, false, NARROW_ITEMS, NARROW_COUNT)
ATTEND(decode, false, true, NARROW_ITEMS, NARROW_COUNT)
