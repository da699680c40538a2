#include "numbers.cuh"
#include "tiles.cuh"
#include "warpgroups.cuh"
#include "barriers.cuh"
#include "heads.cuh"
#include "kept.cuh"

// Attention of many query vectors over pages on Hopper's tensor cores, in the way of FlashAttention-3 (Shah et al.,
// 2024): one warp fetches keys and values, or four if they are widened; two warpgroups attend, each with 64 query
// vectors of an item. Their products run beside the program: one warpgroup computes the softmax of a tile of keys while
// the other multiplies. DIM is 64 or 128.
//
// Tiles lie in shared memory as the tensor cores take them: halves of 64 numbers of a head, rows of 128 bytes whose
// pieces are swizzled. Keys and values of 8 bits are widened to half precision on the way there.

// From Java: THREADS that attend, KEYS of a step, and STAGES, tiles of keys and of values that there is room for.

#define WARPGROUPS (THREADS / 128)
#define MOST_VECTORS (64 * WARPGROUPS)
#define TEAMS 1
#define STEPS (DIM / 16)
#define CHUNKS (DIM / 8)           // of 16 bytes of a head
#define HALVES (DIM / 64)
#define TILE_BYTES (KEYS * DIM * 2)
#define QUERY_BYTES (64 * DIM * 2) // of a warpgroup
#if KEPT_E4M3                      // threads that fetch, their registers, and those of the others
#define FETCHERS 128
#define FETCHING 104
#define ATTENDING 200
#else
#define FETCHERS 32
#define FETCHING 40
#define ATTENDING 232
#endif
#define BEGINNING 168              // registers of each thread when the kernel begins
static_assert(ATTENDING * THREADS + FETCHING * 128 <= BEGINNING * (THREADS + 128), "more registers than there are");

// The threads that attend wait for each other.
__device__ __forceinline__ void meet() { asm volatile("bar.sync 1, %0;" ::"n"(THREADS) : "memory"); }

#define COLUMNS_IN_ORDER 1
#include "items.cuh"
#include "softmax.cuh"

#if BF16 && !KEPT_E4M3
#define FORMATS "f32.bf16.bf16"
#else
#define FORMATS "f32.f16.f16"
#endif
#define C4(i) "+f"(c[i][0]), "+f"(c[i][1]), "+f"(c[i][2]), "+f"(c[i][3])
#define C16(i) C4(i), C4(i + 1), C4(i + 2), C4(i + 3)
#define NUMBERS32                                                                                                    \
  "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define NUMBERS64                                                                                                    \
  NUMBERS32 ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,"  \
            "%57,%58,%59,%60,%61,%62,%63"

// Begins c[64, 128] (+)= a[64, 16] * b[128, 16] transposed, with both from shared memory.
__device__ __forceinline__ void beginScores(float (&c)[16][4], unsigned long long a, unsigned long long b, int isAdded) {
  asm volatile("{.reg .pred p;\nsetp.ne.b32 p, %66, 0;\nwgmma.mma_async.sync.aligned.m64n128k16." FORMATS
               " {" NUMBERS64 "},%64,%65,p,1,1,0,0;}"
               : C16(0), C16(4), C16(8), C16(12) : "l"(a), "l"(b), "r"(isAdded));
}

// Begins c[64, DIM] += a[64, 16] * b[16, DIM], with the first from registers.
__device__ __forceinline__ void beginSums(float (&c)[16][4], const unsigned (&a)[4], unsigned long long b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n128k16." FORMATS " {" NUMBERS64 "},{%64,%65,%66,%67},%68,1,1,1,1;"
               : C16(0), C16(4), C16(8), C16(12) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}
__device__ __forceinline__ void beginSums(float (&c)[8][4], const unsigned (&a)[4], unsigned long long b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n64k16." FORMATS " {" NUMBERS32 "},{%32,%33,%34,%35},%36,1,1,1,1;"
               : C16(0), C16(4) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}

// --- shared memory

struct Barriers {
  Barrier keysFull[STAGES], keysEmpty[STAGES], valuesFull[STAGES], valuesEmpty[STAGES];
};

// The place of a piece of a row, in bytes, where a half has `rows` rows.
__device__ __forceinline__ int place(int row, int chunk, int rows) {
  return chunk / 8 * (rows * 128) + row * 128 + (chunk % 8 ^ row % 8) * 16;
}

// The thread's writes to shared memory come before the products of those that it tells next.
__device__ __forceinline__ void fenceProducts() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// --- the warps that fetch

// The pages of an item, tile by tile.
struct Source {
  const Layer& l;
  const int* table;
  int kvHead, end;

#if KEPT_E4M3
  static constexpr int PIECES = DIM / 16, EACH = FETCHERS / PIECES, TIMES = KEYS / EACH; // keys of a round, rounds

  // Reads the thread's share of a tile: zeros behind the end.
  __device__ __forceinline__ void read(uint4 (&x)[TIMES], const kept* from, int first) const {
    int thread = threadIdx.x % 128, row = thread / PIECES, piece = thread % PIECES;
#pragma unroll
    for (int i = 0; i < TIMES; i++) {
      int key = i * EACH + row;
      x[i] = make_uint4(0, 0, 0, 0);
      if (first + key < end)
        x[i] = *(const uint4*)(from + l.at(table[(first + key) / PAGE], kvHead, key % PAGE, piece * 16));
    }
  }

  // Writes it to shared memory once there is room.
  __device__ __forceinline__ void put(const uint4 (&x)[TIMES], char* tile, Barrier* full, Barrier* empty, int phase) const {
    int thread = threadIdx.x % 128, row = thread / PIECES, piece = thread % PIECES;
    await(empty, phase);
#pragma unroll
    for (int i = 0; i < TIMES; i++) {
      int key = i * EACH + row;
      *(uint4*)(tile + place(key, 2 * piece, KEYS)) =
          make_uint4(halves(x[i].x), halves(x[i].x >> 16), halves(x[i].y), halves(x[i].y >> 16));
      *(uint4*)(tile + place(key, 2 * piece + 1, KEYS)) =
          make_uint4(halves(x[i].z), halves(x[i].z >> 16), halves(x[i].w), halves(x[i].w >> 16));
    }
    fenceProducts();
    arriveAt(full);
  }
#else
  // Begins to copy a tile once there is room: whole pages, the last one with old numbers behind the end.
  __device__ __forceinline__ void copy(const kept* from, int first, char* tile, Barrier* full, Barrier* empty, int phase) const {
    constexpr int LINE_BYTES = PAGE * 128;
    int lane = threadIdx.x % 32, pages = min(KEYS, end - first + PAGE - 1) / PAGE;
    await(empty, phase);
    if (lane == 0) expect(full, pages * HALVES * LINE_BYTES);
    __syncwarp();
    for (int i = lane; i < pages * HALVES; i += 32) {
      int page = i / HALVES, half = i % HALVES;
      copyBulk(tile + half * (KEYS * 128) + page * LINE_BYTES, from + l.at(table[first / PAGE + page], kvHead, 0, half * 64),
               LINE_BYTES, full);
    }
  }
#endif
};

__device__ __forceinline__ void fetchItem(const Layer& l, Item item, char* keys, char* values, Barriers& b, PipelineState& state) {
  const int* itemRows = l.batch + l.batch[ITEM_ROWS] + item.firstRow;
  Range seen = range(l, item, itemRows, l.batch + l.batch[SEEN]);
  Source source = {l, l.batch + l.batch[TABLES] + item.table, item.kvHead, item.end};
  int tiles = seen.tiles();
#if KEPT_E4M3
  uint4 x[Source::TIMES]; // read while there is no room yet
  if (tiles > 0) source.read(x, l.keys, seen.begin);
#endif
  for (int t = 0; t < tiles; t++, state.next(STAGES)) {
    int first = seen.begin + t * KEYS, stage = state.stage, empty = state.phase ^ 1;
    char* toKeys = keys + stage * TILE_BYTES;
    char* toValues = values + stage * TILE_BYTES;
#if KEPT_E4M3
    source.put(x, toKeys, &b.keysFull[stage], &b.keysEmpty[stage], empty);
    source.read(x, l.values, first);
    source.put(x, toValues, &b.valuesFull[stage], &b.valuesEmpty[stage], empty);
    if (t + 1 < tiles) source.read(x, l.keys, first + KEYS);
#else
    source.copy(l.keys, first, toKeys, &b.keysFull[stage], &b.keysEmpty[stage], empty);
    source.copy(l.values, first, toValues, &b.valuesFull[stage], &b.valuesEmpty[stage], empty);
#endif
  }
}

// --- those that attend

// The two warpgroups begin their products in turn, so that one computes weights while the other multiplies; the
// first one begins.
__device__ __forceinline__ void awaitTurn() {
  asm volatile("bar.sync %0, %1;" ::"r"(4 + threadIdx.x / 128), "n"(THREADS) : "memory");
}
__device__ __forceinline__ void passTurn() {
  asm volatile("bar.arrive %0, %1;" ::"r"(5 - threadIdx.x / 128), "n"(THREADS) : "memory");
}

// The threads of a warpgroup wait for each other.
__device__ __forceinline__ void meetWarpgroup() {
  asm volatile("bar.sync %0, 128;" ::"r"(2 + threadIdx.x / 128) : "memory");
}

// Copies the queries of a warpgroup, which are turned already, once all its warps are done with those before.
__device__ __forceinline__ void copyQueries(const Layer& l, const Item& item, const int* itemRows, char* q) {
  constexpr int AT_ONCE = 128 / CHUNKS, TIMES = 64 / AT_ONCE; // vectors of a round, rounds
  int group = l.group(), own = threadIdx.x % 128 / CHUNKS, chunk = threadIdx.x % CHUNKS;
  uint4 x[TIMES];
#pragma unroll
  for (int i = 0; i < TIMES; i++) {
    int v = threadIdx.x / 128 * 64 + i * AT_ONCE + own;
    x[i] = make_uint4(0, 0, 0, 0);
    if (v < item.rows * group)
      x[i] = query8(*(const uint4*)(l.head(itemRows[v / group], item.kvHead * group + v % group) + chunk * 8));
  }
  meetWarpgroup();
#pragma unroll
  for (int i = 0; i < TIMES; i++) *(uint4*)(q + place(i * AT_ONCE + own, chunk, 64)) = x[i];
  fenceProducts();
  meetWarpgroup();
}

// Waits for a tile of values, of which only some rows are real. The others become zeros: 0 times an old number may
// be NaN.
__device__ __forceinline__ void awaitValues(Barrier* full, int phase, char* values, int real) {
  await(full, phase);
#if !KEPT_E4M3
  if (real < KEYS) {
    for (int i = real * CHUNKS + threadIdx.x; i < KEYS * CHUNKS; i += THREADS)
      *(uint4*)(values + place(i / CHUNKS, i % CHUNKS, KEYS)) = make_uint4(0, 0, 0, 0);
    fenceProducts();
    meet();
  }
#endif
}

// Begins the scores of a tile.
__device__ __forceinline__ void multiplyKeys(float (&s)[KEYS / 8][4], const char* q, const char* keys) {
  fence();
  unsigned long long a = describe(q), b = describe(keys);
#pragma unroll
  for (int step = 0; step < STEPS; step++) {
    int half = step / 4, bytes = step % 4 * 32;
    beginScores(s, a + (half * (64 * 128) + bytes) / 16, b + (half * (KEYS * 128) + bytes) / 16, step > 0);
  }
  commitProducts();
}

// Begins to add the values of a tile, times their weights.
__device__ __forceinline__ void addValues(Vectors& v, const unsigned (&weights)[KEYS / 16][4], const char* values) {
  fence();
  unsigned long long b = describe(values, KEYS * 128);
#pragma unroll
  for (int step = 0; step < KEYS / 16; step++) beginSums(v.numbers, weights[step], b + step * (16 * 128 / 16));
  commitProducts();
}

// Scores that have become weights, as the first operand of products.
__device__ __forceinline__ void packAll(unsigned (&weights)[KEYS / 16][4], const float (&s)[KEYS / 8][4]) {
#pragma unroll
  for (int n = 0; n < KEYS / 16; n++)
#pragma unroll
    for (int i = 0; i < 4; i++)
      weights[n][i] = packKept(s[2 * n + i / 2][i % 2 * 2], s[2 * n + i / 2][i % 2 * 2 + 1]);
}

__device__ __forceinline__ void attendItem(const Layer& l, Item item, char* q, const char* keys, char* values,
                                           Barriers& b, PipelineState& state) {
  const int* positions = l.batch + l.batch[SEEN];
  const int* itemRows = l.batch + l.batch[ITEM_ROWS] + item.firstRow;
  Range seen = range(l, item, itemRows, positions);
  int tiles = seen.tiles();
  copyQueries(l, item, itemRows, q);
  Vectors v(item, itemRows, positions, threadIdx.x / 32 * 16, l.group());
  auto hideUnseen = [&](float (&s)[KEYS / 8][4], int first) {
    if (first < seen.allFrom || first + KEYS > seen.allTo) hide(s, v, first, item.end, l.window);
  };

  float s[KEYS / 8][4], shrink[2];
  unsigned weights[KEYS / 16][4];
  PipelineState valuesState = state;
  if (tiles > 0) {
    await(&b.keysFull[state.stage], state.phase);
    multiplyKeys(s, q, keys + state.stage * TILE_BYTES);
    waitForProducts<0>();
    release(&b.keysEmpty[state.stage]);
    state.next(STAGES);
    hideUnseen(s, seen.begin);
    weigh(s, v, shrink);
    packAll(weights, s);
    for (int t = 1; t < tiles; t++) {
      awaitTurn();
      await(&b.keysFull[state.stage], state.phase);
      multiplyKeys(s, q, keys + state.stage * TILE_BYTES);
      awaitValues(&b.valuesFull[valuesState.stage], valuesState.phase, values + valuesState.stage * TILE_BYTES, KEYS);
      addValues(v, weights, values + valuesState.stage * TILE_BYTES);
      passTurn();
      waitForProducts<1>();
      release(&b.keysEmpty[state.stage]);
      state.next(STAGES);
      hideUnseen(s, seen.begin + t * KEYS);
      weigh(s, v, shrink);
      waitForProducts<0>();
      release(&b.valuesEmpty[valuesState.stage]);
      valuesState.next(STAGES);
      v.multiply(shrink);
      packAll(weights, s);
    }
    awaitValues(&b.valuesFull[valuesState.stage], valuesState.phase, values + valuesState.stage * TILE_BYTES,
                item.end - seen.begin - (tiles - 1) * KEYS);
    addValues(v, weights, values + valuesState.stage * TILE_BYTES);
    waitForProducts<0>();
    release(&b.valuesEmpty[valuesState.stage]);
  }
  addSums(v);
  write(l, item, itemRows, v);
  if (item.part >= 0) arrive(l, item, itemRows);
}

// Calls `use` with one item of a block after the other. Long items come first, so that every other round goes in the
// opposite order: then all blocks end at about the same time.
template <typename Use> __device__ __forceinline__ void forEachItem(const Item* items, int count, Use use) {
  for (int round = 0; round * gridDim.x + blockIdx.x < count; round++) {
    int first = round * gridDim.x;
    bool isBackward = round % 2 && first + gridDim.x <= count;
    use(items[isBackward ? first + gridDim.x - 1 - blockIdx.x : first + blockIdx.x]);
  }
}

extern "C" __global__ void __launch_bounds__(THREADS + 128) attendPrompts(
    const int* batch, const half16* heads, half16* out, float* parts, float* partSums, int* arrived, kept* keys,
    kept* values, int queryHeads, int kvHeads, int window, const float* frequencies, float stretch,
    const float* queryNorm, const float* keyNorm, float epsilon) {
  extern __shared__ char dynamic[];
  __shared__ Barriers barriers;
  char* q = dynamic + (-shared(dynamic) & 1023); // swizzled rows repeat after 1,024 bytes
  char* tileKeys = q + WARPGROUPS * QUERY_BYTES;
  char* tileValues = tileKeys + STAGES * TILE_BYTES;
  if (threadIdx.x == 0) {
    for (int i = 0; i < STAGES; i++) {
      initialize(&barriers.keysFull[i], KEPT_E4M3 ? FETCHERS : 1);
      initialize(&barriers.valuesFull[i], KEPT_E4M3 ? FETCHERS : 1);
      initialize(&barriers.keysEmpty[i], WARPS);
      initialize(&barriers.valuesEmpty[i], WARPS);
    }
    fenceBarriers();
  }
  letTheNextBegin();
  __syncthreads();
  awaitResults();
  const Item* items = (const Item*)(batch + batch[WIDE_ITEMS]);
  int count = batch[WIDE_COUNT];
  Layer layer = {batch, heads, out, parts, partSums, arrived, keys, values, queryHeads, kvHeads, window,
                 {frequencies, stretch, queryNorm, keyNorm, epsilon}};
  PipelineState state;
  if (threadIdx.x >= THREADS) {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(FETCHING));
    if (threadIdx.x >= THREADS + FETCHERS) return;
    asm volatile("fence.proxy.async.global;" ::: "memory"); // bulk copies read results of other kernels
    forEachItem(items, count, [&](const Item& item) { fetchItem(layer, item, tileKeys, tileValues, barriers, state); });
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(ATTENDING));
    q += threadIdx.x / 128 * QUERY_BYTES;
    if (threadIdx.x >= 128) passTurn();
    forEachItem(items, count, [&](const Item& item) { attendItem(layer, item, q, tileKeys, tileValues, barriers, state); });
  }
}
