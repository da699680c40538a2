#include "numbers.cuh"
#include "tiles.cuh"
#include "barriers.cuh"
#include "heads.cuh"
#include "kept.cuh"

// Attention of few query vectors over pages on Hopper GPUs, for more items than there are multiprocessors. Each has one
// block, which goes from item to item: one warp fetches keys and values in bulk, as far ahead as there is room. Two teams
// attend items in turn, so that one turns queries or puts results together while the other uses the tiles.
//
// Tiles lie in shared memory as pages do: lines of 128 bytes of a head, all of a tile's keys in each, whose pieces are
// swizzled. A head has one or two lines.

// From Java: THREADS of a team; KEYS of a step; STAGES, tiles of keys with their values that there is room for; JOINED,
// columns of the results that warps put together at a time.

#define MOST_VECTORS NARROW_VECTORS
#define STRIDE (DIM + 8)                          // of queries in shared memory: no two rows of eight meet in a bank
#define STEPS (DIM / 16)                          // of a product over a head
#define CHUNKS (DIM / 8)                          // of 16 bytes of a head
#define HEAD_PAIRS 1                              // pairs of numbers that a lane has of each half of a head
#define LINE (128 / (int)sizeof(kept))            // numbers of a line
#define LINES (DIM / LINE)
#define TILE_NUMBERS (KEYS * DIM)                 // of keys, and of values
#define OWN_KEYS (KEYS / WARPS)                   // of a warp

// The threads of a team wait for each other.
__device__ __forceinline__ void meet() {
  asm volatile("bar.sync %0, %1;" ::"r"(1 + threadIdx.x / THREADS), "n"(THREADS) : "memory");
}

// The two teams take their tiles in turn, an item each; the first one begins.
__device__ __forceinline__ void awaitTurn() {
  asm volatile("bar.sync %0, %1;" ::"r"(3 + threadIdx.x / THREADS), "n"(2 * THREADS) : "memory");
}
__device__ __forceinline__ void passTurn() {
  asm volatile("bar.arrive %0, %1;" ::"r"(4 - threadIdx.x / THREADS), "n"(2 * THREADS) : "memory");
}

#define TEAMS 2
#include "items.cuh"
#include "fragments.cuh"
#include "softmax.cuh"
#include "together.cuh"
static_assert(OWN_KEYS % 16 == 0, "whole steps of the products with values");
static_assert(DIM % LINE == 0 && DIM <= 128 && PAGE % 8 == 0 && TILE % PAGE == 0 && KEYS % PAGE == 0, "lines of pages");
static_assert(DIM % JOINED == 0 && JOINED % 16 == 0, "columns of e4m3 come by 16");

// A ring of tiles. `full`: the copies of a tile are there. `empty`: all warps of a team are done with it.
struct Pipeline {
  kept* tiles; // [STAGES][keys, values]
  Barrier* full;
  Barrier* empty;

  __device__ __forceinline__ kept* keys(int stage) const { return tiles + stage * 2 * TILE_NUMBERS; }
  __device__ __forceinline__ kept* values(int stage) const { return keys(stage) + TILE_NUMBERS; }
};

// The place of a number of a key in a tile.
__device__ __forceinline__ int inTile(int key, int number) { return inPage(key, number, DIM, KEYS); }

// Begins to copy the tiles of an item, each once there is room: whole pages, the last one with old numbers behind the end.
__device__ __forceinline__ void fetchItem(const Layer& l, const Item& item, const Pipeline& p, PipelineState& state) {
  constexpr int LINE_NUMBERS = PAGE * LINE;
  const int* itemRows = l.batch + l.batch[ITEM_ROWS] + item.firstRow;
  const int* table = l.batch + l.batch[TABLES] + item.table;
  Range seen = range(l, item, itemRows, l.batch + l.batch[SEEN]);
  int lane = threadIdx.x % 32;
  for (int first = seen.begin; first < seen.end; first += KEYS, state.next(STAGES)) {
    int lines = (min(KEYS, item.end - first) + PAGE - 1) / PAGE * LINES, stage = state.stage; // of the keys
    await(&p.empty[stage], state.phase ^ 1);
    if (lane == 0) expect(&p.full[stage], 2 * lines * LINE_NUMBERS * (int)sizeof(kept));
    __syncwarp();
    for (int i = lane; i < 2 * lines; i += 32) { // keys and values by turns
      int page = i / 2 / LINES, line = i / 2 % LINES, to = line * KEYS * LINE + page * LINE_NUMBERS;
      long long from = l.at(table[first / PAGE + page], item.kvHead, 0, line * LINE);
      copyBulk((i % 2 ? p.values(stage) : p.keys(stage)) + to, (i % 2 ? l.values : l.keys) + from,
               LINE_NUMBERS * (int)sizeof(kept), &p.full[stage]);
    }
  }
}

// The rows of a warp's keys that came with their page but are not to be used: values behind the end become zeros, because
// 0 times an old number may be NaN; new keys and values come from `freshKeys` and `freshValues`.
__device__ __forceinline__ void mend(kept* keys, kept* values, int own, int first, int end, int fresh, const kept* freshKeys,
                                     const kept* freshValues) {
  for (int key = max(0, min(fresh, end) - first); key < OWN_KEYS; key++) {
    int i = first + key - fresh;
    bool isReal = first + key < end;
    auto copy = [&](kept* to, const kept* from) {
      for (int n = threadIdx.x % 32 * KEPT_CHUNK; n < DIM; n += 32 * KEPT_CHUNK)
        *(uint4*)(to + inTile(own + key, n)) = isReal ? *(const uint4*)(from + i * DIM + n) : make_uint4(0, 0, 0, 0);
    };
    if (isReal) copy(keys, freshKeys);
    copy(values, freshValues);
  }
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); // before the next copy to the same place
  __syncwarp();
}

// Passes over the tiles of an item that the other team attends.
__device__ __forceinline__ void skipItem(const Layer& l, const Item& item, PipelineState& state) {
  const int* itemRows = l.batch + l.batch[ITEM_ROWS] + item.firstRow;
  for (int tiles = range(l, item, itemRows, l.batch + l.batch[SEEN]).tiles(); tiles > 0; tiles--) state.next(STAGES);
}

// The memory of a team.
struct alignas(16) Team {
  kept freshKeys[NARROW_VECTORS * DIM], freshValues[NARROW_VECTORS * DIM]; // of the item: [row, DIM]
  union {
    half16 queries[NARROW_VECTORS * STRIDE];
    char joined[WARPS * NARROW_VECTORS * (JOINED + 8 + 2) * sizeof(float)];
  };
};

// PLACES: see attention.cu.
template <bool PLACES>
__device__ __forceinline__ void attendItem(const Layer& l, const Item& item, const Pipeline& p, PipelineState& state, Team& team) {
  const int* positions = l.batch + l.batch[SEEN];
  const int* itemRows = l.batch + l.batch[ITEM_ROWS] + item.firstRow;
  const int* table = l.batch + l.batch[TABLES] + item.table;
  Range seen = range(l, item, itemRows, positions);
  int fresh = PLACES ? max(positions[itemRows[0]], item.begin) : item.end; // the first of the item's new positions
  meet(); // the item before is put together
  if (PLACES)
    place(l, item, itemRows, table, team.queries, positions[itemRows[0]],
          [&](int position) { return team.freshKeys + (position - fresh) * DIM; },
          [&](int position) { return team.freshValues + (position - fresh) * DIM; });
  else
    copyQueries<NARROW_VECTORS>(l, item, itemRows, team.queries);
  meet();
  unsigned queries[STEPS][4];
#pragma unroll
  for (int s = 0; s < STEPS; s++) loadQueries(queries[s], team.queries + s * 16);

  Vectors v(item, itemRows, positions, 0, l.group());
  // All tiles of the items before are used from here on: a barrier tells only odd phases from even ones, so a tile that is
  // two phases ahead would look as if it were there. And all warps of the team have their queries.
  awaitTurn();
  int own = ownWarp() * OWN_KEYS; // of the warp's keys in a tile
  for (int start = seen.begin; start < seen.end; start += KEYS, state.next(STAGES)) {
    int first = start + own, last = first + OWN_KEYS;
    await(&p.full[state.stage], state.phase);
    if (first < item.end) {
      kept* keys = p.keys(state.stage);
      kept* values = p.values(state.stage);
      if (last > fresh || last > item.end) mend(keys, values, own, first, item.end, fresh, team.freshKeys, team.freshValues);
      float s[OWN_KEYS / 8][4], shrink[2];
      multiplyKeys(s, queries, own, [&](int key, int number) { return keys + inTile(key, number); });
      if (first < seen.allFrom || last > seen.allTo) hide(s, v, first, item.end, l.window);
      weigh(s, v, shrink);
      v.multiply(shrink);
      addValues(v.numbers, s, own, [&](int key, int number) { return values + inTile(key, number); });
    }
    release(&p.empty[state.stage]);
  }
  passTurn();
  addSums(v);
  writeTogether<JOINED>(l, item, itemRows, v, team.joined);
  if (item.part >= 0) arrive(l, item, itemRows);
}

template <bool PLACES> __device__ __forceinline__ void attend(const Layer& layer, char* dynamic) {
  __shared__ Barrier full[STAGES], empty[STAGES];
  Pipeline pipeline = {(kept*)dynamic, full, empty};
  Team* teams = (Team*)(pipeline.tiles + STAGES * 2 * TILE_NUMBERS);
  if (threadIdx.x == 0) {
    for (int i = 0; i < STAGES; i++) {
      initialize(&full[i], 1);
      initialize(&empty[i], WARPS);
    }
    fenceBarriers();
  }
  letTheNextBegin();
  __syncthreads();
  const Item* items = (const Item*)(layer.batch + layer.batch[NARROW_ITEMS]);
  int count = layer.batch[NARROW_COUNT];
  PipelineState state;
  if (threadIdx.x >= TEAMS * THREADS) {
    // The old rows of pages are of earlier batches, which are over: each batch begins with a copy to the GPU. New rows of
    // this batch come from `mend`, or else are placed before.
    if (!PLACES) awaitResults();
    asm volatile("fence.proxy.async.global;" ::: "memory"); // bulk copies read results of other kernels
    for (int i = blockIdx.x; i < count; i += gridDim.x) fetchItem(layer, items[i], pipeline, state);
  } else {
    awaitResults();
    if (team() == 1) passTurn();
    int next = 0;
    for (int i = blockIdx.x; i < count; i += gridDim.x, next = (next + 1) % TEAMS)
      if (next == team())
        attendItem<PLACES>(layer, items[i], pipeline, state, teams[next]);
      else
        skipItem(layer, items[i], state);
  }
}

#define ATTEND(NAME, PLACES)                                                                                     \
  extern "C" __global__ void __launch_bounds__(TEAMS * THREADS + 32, 1) NAME(                                            \
      const int* batch, const half16* heads, half16* out, float* parts, float* partSums, int* arrived,           \
      kept* keys, kept* values, int queryHeads, int kvHeads, int window, const float* frequencies,               \
      float stretch, const float* queryNorm, const float* keyNorm, float epsilon) {                              \
    extern __shared__ __align__(128) char memory[];                                                              \
    attend<PLACES>({batch, heads, out, parts, partSums, arrived, keys, values, queryHeads, kvHeads, window,      \
                    {frequencies, stretch, queryNorm, keyNorm, epsilon}}, memory);                               \
  }
ATTEND(decode, true)
ATTEND(attendNarrow, false)
