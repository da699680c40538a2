#include "numbers.cuh"
#include "tiles.cuh"
#include "heads.cuh"
#include "kept.cuh"

// Attention over pages with the tensor cores, in the way of FlashAttention-2 (Dao, 2023): scores are
// never written, the softmax runs along. DIM is the size of a head, a multiple of 16; PAGE is the
// number of tokens of a page, TILE that of the keys of a step.

#define KEYS TILE
#define MOST_VECTORS WIDE_VECTORS

__device__ __forceinline__ void meet() { __syncthreads(); }

// Numbers from a row of queries to the next in shared memory, and from a row of kept numbers to the next: an odd
// number of 16 bytes, so that no two rows of eight meet in a bank.
#define STRIDE (DIM + 8)
#define KEPT_STRIDE ((DIM / KEPT_CHUNK | 1) * KEPT_CHUNK)
#define STEPS (DIM / 16)            // of a product over a head
#define CHUNKS (DIM / 8)            // of 16 bytes of a head
#define KEPT_CHUNKS (DIM / KEPT_CHUNK)
#define HEAD_PAIRS ((DIM + 127) / 128) // of each half of a head, of a lane

#include "items.cuh"
#include "fragments.cuh"
#include "softmax.cuh"

// Begins to copy a tile of keys and values into shared memory: zeros behind `end`, nothing from `fresh`
// on. A tile begins with a page if it has whole ones.
__device__ __forceinline__ void fetch(kept* keys, kept* values, const Layer& l, const int* table,
                                      int kvHead, int first, int end, int fresh) {
#pragma unroll
  for (int i = 0; i < TILE * KEPT_CHUNKS; i += THREADS) {
    int own = i + threadIdx.x, key = own / KEPT_CHUNKS, number = own % KEPT_CHUNKS * KEPT_CHUNK;
    if (TILE * KEPT_CHUNKS % THREADS && key >= TILE) break;
    int position = first + key, token = TILE % PAGE ? position % PAGE : key % PAGE;
    bool real = position < end;
    long long at = real ? l.at(table[position / PAGE], kvHead, token, number) : 0;
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
  Angles<HEAD_PAIRS> angles;
  int turned = -1; // the position of the angles
  auto turnTo = [&](int position) {
    if (position != turned) angles.turnTo(position, l.turning, DIM);
    turned = position;
  };
  for (int v = warp; v < 16; v += WARPS) {
    half16* to = q + v * STRIDE;
    if (v < item.rows * group) {
      int row = itemRows[v / group];
      HeadPairs<HEAD_PAIRS> numbers;
      numbers.read(l.head(row, item.kvHead * group + v % group), DIM);
      turnTo(positions[row]);
      numbers.turn(l.turning.queryNorm, l.turning.epsilon, angles, DIM,
                   [&](int i, float x, float y) { *(unsigned*)(to + i) = query(x) | (unsigned)query(y) << 16; });
    } else {
      for (int i = lane; i < CHUNKS; i += 32) ((uint4*)to)[i] = make_uint4(0, 0, 0, 0);
    }
  }
  int placed = min(item.end, fresh + item.rows) - max(item.begin, fresh); // rows, one behind the other
  int firstPlaced = max(item.begin, fresh);
  for (int i = warp; i < 2 * placed; i += WARPS) {
    int position = firstPlaced + i / 2, itemRow = itemRows[position - fresh];
    auto at = [&](int i) { return l.at(table[position / PAGE], item.kvHead, position % PAGE, i); };
    bool isInTile = position < begin + TILE;
    int key = position - begin;
    if (i % 2 == 0) {
      kept* row = tileKeys + key * KEPT_STRIDE;
      HeadPairs<HEAD_PAIRS> numbers;
      numbers.read(l.head(itemRow, l.queryHeads + item.kvHead), DIM);
      turnTo(position);
      numbers.turn(l.turning.keyNorm, l.turning.epsilon, angles, DIM,
                   [&](int i, float x, float y) { keepTwo(isInTile ? row + i : l.keys + at(i), x, y); });
      __syncwarp();
      if (isInTile) copyKept(row, DIM, [&](int i) { return l.keys + at(i); });
    } else {
      const half16* from = l.head(itemRow, l.queryHeads + l.kvHeads + item.kvHead);
      keepHead(from, DIM, [&](int i) { return l.values + at(i); });
      if (isInTile) keepHead(from, DIM, [&](int i) { return tileValues + key * KEPT_STRIDE + i; });
    }
  }
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
// and what `place` does in pages.cu is done here; for items whose rows are of one sequence, one behind
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
    if (first < seen.allFrom || first + TILE > seen.allTo) hide(s, v, first + offset, item.end, l.window);
    float shrink[2];
    weigh(s, v, shrink);
    v.multiply(shrink);
    addValues(v, s, tileValues + now * 2 * NUMBERS + offset * KEPT_STRIDE);
    __syncthreads();
  }
  if (tiles <= 0) { // zeros are still on their way
    waitFor<0>();
    __syncthreads();
  }
  addSums(v);
  if (WIDE)
    write(l, item, itemRows, v);
  else
    writeTogether(l, item, itemRows, v, memory);
  if (item.part >= 0) arrive(l, item, itemRows);
  __syncthreads();
}

// Blocks take one item after the other. Registers are for as many at the same time as items are planned for.
#define BLOCKS(WIDE) ((WIDE) || DIM > 128 ? 1 : BLOCKS_EACH)
#define ATTEND(NAME, WIDE, PLACES, ITEMS, COUNT)                                                       \
  extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS(WIDE)) NAME(                                        \
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
