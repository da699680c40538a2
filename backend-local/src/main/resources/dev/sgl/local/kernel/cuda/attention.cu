#include "numbers.cuh"
#include "tiles.cuh"
#include "heads.cuh"
#include "kept.cuh"

// Attention over pages with the tensor cores, in the way of FlashAttention-2 (Dao, 2023): scores are
// never written, the softmax runs along. DIM is the size of a head, a multiple of 16; PAGE is the
// number of tokens of a page, TILE that of the keys of a step.

#define KEYS TILE
#define MOST_VECTORS WIDE_VECTORS
#define TEAMS 1

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
#include "together.cuh"

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

// WIDE: four warps with 16 query vectors each, all over every tile of keys. Otherwise 16 vectors for
// the whole block, each warp with a quarter of every tile. PLACES: heads are as the product left them,
// and what `place` does in pages.cu is done here; for items whose rows are of one sequence, one behind
// the other, or do not reach their own positions.
template <bool WIDE, bool PLACES>
__device__ __forceinline__ void attend(const Layer& l, const Item& item, char* memory) {
  constexpr int NT = WIDE ? TILE / 8 : TILE / 32; // tiles of 8 keys of a warp
  constexpr int NUMBERS = TILE * KEPT_STRIDE;
  int warp = threadIdx.x / 32;
  const int* positions = l.batch + l.batch[SEEN];
  const int* itemRows = l.batch + l.batch[ITEM_ROWS] + item.firstRow;
  const int* table = l.batch + l.batch[TABLES] + item.table;
  kept* tileKeys = (kept*)memory; // of two tiles, each with its values behind it
  kept* tileValues = tileKeys + NUMBERS;
  half16* q = (half16*)(tileKeys + 2 * NUMBERS); // the queries pass through the memory of the second tile

  Range seen = range(l, item, itemRows, positions);
  int fresh = positions[itemRows[0]], tiles = seen.tiles();
  fetch(tileKeys, tileValues, l, table, item.kvHead, seen.begin, item.end, PLACES ? fresh : item.end);
  if (PLACES) {
    auto near = [&](kept* tile, int position) {
      return position < seen.begin + TILE ? tile + (position - seen.begin) * KEPT_STRIDE : nullptr;
    };
    place(l, item, itemRows, table, q, fresh, [&](int position) { return near(tileKeys, position); },
          [&](int position) { return near(tileValues, position); });
  } else {
    copyQueries<WIDE ? WIDE_VECTORS : NARROW_VECTORS>(l, item, itemRows, q);
  }
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
    auto row = [&](const kept* tile, int key, int number) { return tile + now * 2 * NUMBERS + key * KEPT_STRIDE + number; };
    multiplyKeys(s, queries, offset, [&](int key, int number) { return row(tileKeys, key, number); });
    if (first < seen.allFrom || first + TILE > seen.allTo) hide(s, v, first + offset, item.end, l.window);
    float shrink[2];
    weigh(s, v, shrink);
    v.multiply(shrink);
    addValues(v.numbers, s, offset, [&](int key, int number) { return row(tileValues, key, number); });
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
    writeTogether<DIM>(l, item, itemRows, v, memory);
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
    if (!(PLACES) || blockIdx.x >= batch[COUNT]) awaitResults();                                       \
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
