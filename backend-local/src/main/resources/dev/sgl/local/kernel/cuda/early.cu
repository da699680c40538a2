#include "numbers.cuh"
#include "tiles.cuh"
#include "heads.cuh"
#include "kept.cuh"

// Attention of few items over pages, a block for each, where time is latency: the old keys and values of the first steps
// come to registers before the results of the kernel before are awaited, and little shared memory is needed, so that
// kernels of products find room beside it. An item has at most 8 vectors.
//
// A warp has 16 keys of each step. Keys are the rows of the first operand of the tensor cores, the vectors the columns of
// the second; then the numbers of values are those rows. A lane's 16 bytes of a key are 8 numbers, one after the other,
// where the tensor cores would have pairs of 16; products do not mind, since queries come in the same order.
//
// From Java: THREADS of a block; KEYS of a step, 16 for each warp; REGISTERS of a thread; FEW_VECTORS, 8.

#define MOST_VECTORS NARROW_VECTORS
#define STRIDE (DIM + 8)  // of queries in shared memory
#define CHUNKS (DIM / 8)  // of 16 bytes of a head
#define HEAD_PAIRS 1      // pairs of numbers that a lane has of each half of a head
#define STEPS (DIM / 16)  // of a product over a head
#define PIECES (DIM / 32) // of 16 bytes that a lane has of a key
#define AHEAD 2           // steps whose keys and values are on their way
#define TEAMS 1
#define COLUMNS_IN_ORDER 1

#if __CUDACC_VER_MAJOR__ > 12 || __CUDACC_VER_MINOR__ >= 4
#define BOUNDS __maxnreg__(REGISTERS)
#else
#define BOUNDS __launch_bounds__(THREADS)
#endif

__device__ __forceinline__ void meet() { __syncthreads(); }

#include "items.cuh"
#include "softmax.cuh"
#include "together.cuh"
static_assert(sizeof(kept) == 2 && DIM % 32 == 0 && DIM <= 128, "heads of this kernel");
static_assert(KEYS == 16 * WARPS, "keys of the warps");

// A lane's numbers 32 j + 8 q to 32 j + 8 q + 7 of keys g and g + 8 of its warp, or of values. Lane 4 g + q is meant
// throughout.
typedef uint4 Share[2][PIECES];

// What a block has in shared memory, at first and at last.
union Memory {
  struct {
    half16 queries[NARROW_VECTORS * STRIDE];
    kept keys[NARROW_VECTORS * DIM], values[NARROW_VECTORS * DIM]; // new ones
  } before;
  struct {
    float numbers[WARPS][FEW_VECTORS][DIM + 4], most[WARPS][FEW_VECTORS], sums[WARPS][FEW_VECTORS];
  } behind;
};

// A tile of 8 by 8, turned: a lane gives numbers 2 q and 2 q + 1 of row g, and gets those of column g.
__device__ __forceinline__ unsigned turned(unsigned pair) {
  unsigned r;
  asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(r) : "r"(pair));
  return r;
}

// Two vectors of a lane, 2 q and 2 q + 1: their largest scores so far, and the numbers that belong to them.
struct Pair {
  float most[2] = {-INFINITE, -INFINITE}, sum[2] = {};
  float numbers[STEPS][4] = {}; // for each of two numbers of a head, one of each vector

  // Scores of keys g and g + 8 become weights.
  __device__ __forceinline__ void weigh(float (&scores)[4]) {
    float shrink[2];
#pragma unroll
    for (int e = 0; e < 2; e++) {
      float largest = fmaxf(scores[e], scores[2 + e]);
      for (int d = 4; d < 32; d *= 2) largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, d));
      largest = fmaxf(most[e], largest);
      float zero = largest == -INFINITE ? 0 : largest;
      shrink[e] = power(most[e] - zero);
      most[e] = largest;
      scores[e] = power(scores[e] - zero);
      scores[2 + e] = power(scores[2 + e] - zero);
      sum[e] = sum[e] * shrink[e] + scores[e] + scores[2 + e];
    }
#pragma unroll
    for (int n = 0; n < STEPS; n++)
#pragma unroll
      for (int i = 0; i < 4; i++) numbers[n][i] *= shrink[i % 2];
  }

  // Adds the values of these keys, times their weights.
  __device__ __forceinline__ void addValues(const float (&weights)[4], const Share& values) {
    unsigned turnedWeights[2] = {turned(pack(weights[0], weights[1])), turned(pack(weights[2], weights[3]))};
#pragma unroll
    for (int j = 0; j < PIECES; j++) {
      const uint4 &lower = values[0][j], &upper = values[1][j];
      unsigned first[4] = {turned(lower.x), turned(lower.y), turned(upper.x), turned(upper.y)};
      unsigned second[4] = {turned(lower.z), turned(lower.w), turned(upper.z), turned(upper.w)};
      multiply(numbers[2 * j], first, turnedWeights);
      multiply(numbers[2 * j + 1], second, turnedWeights);
    }
  }

  // Where one of `numbers` belongs in a head.
  static __device__ __forceinline__ int place(int n, int i) {
    int g = threadIdx.x % 32 / 4;
    return n / 2 * 32 + g / 2 * 8 + (n % 2 * 2 + i / 2) * 2 + g % 2;
  }

  __device__ __forceinline__ void write(Memory& memory) {
    int warp = ownWarp(), lane = threadIdx.x % 32;
#pragma unroll
    for (int e = 0; e < 2; e++) {
      int v = 2 * (lane % 4) + e;
      for (int d = 4; d < 32; d *= 2) sum[e] += __shfl_xor_sync(~0u, sum[e], d);
      if (lane < 4) {
        memory.behind.most[warp][v] = most[e];
        memory.behind.sums[warp][v] = sum[e];
      }
#pragma unroll
      for (int n = 0; n < STEPS; n++)
#pragma unroll
        for (int i = e; i < 4; i += 2) memory.behind.numbers[warp][v][place(n, i)] = numbers[n][i];
    }
  }
};

// Puts together what the warps have of an item's vectors.
__device__ __forceinline__ void join(const Layer& l, const Item& item, const int* itemRows, const Memory& memory) {
  auto& of = memory.behind;
  for (int i = threadIdx.x; i < item.rows * l.group() * (DIM / 2); i += THREADS) {
    int v = i / (DIM / 2), column = i % (DIM / 2) * 2;
    float most = -INFINITE, sum = 0, x = 0, y = 0;
#pragma unroll
    for (int w = 0; w < WARPS; w++) most = fmaxf(most, of.most[w][v]);
    float zero = most == -INFINITE ? 0 : most;
#pragma unroll
    for (int w = 0; w < WARPS; w++) {
      float weight = power(of.most[w][v] - zero);
      float2 own = *(const float2*)&of.numbers[w][v][column];
      sum += weight * of.sums[w][v];
      x += weight * own.x;
      y += weight * own.y;
    }
    float by = sum > 0 ? 1 / sum : 0;
    put(l, item, itemRows[v / l.group()], v, column, x * by, y * by);
    if (item.part >= 0 && column == 0) l.partSums[item.part + v] = logSum(most, sum);
  }
}

__device__ __forceinline__ void attend(const Layer& l, const Item& item, Memory& memory) {
  const int* positions = l.batch + l.batch[SEEN];
  const int* itemRows = l.batch + l.batch[ITEM_ROWS] + item.firstRow;
  const int* table = l.batch + l.batch[TABLES] + item.table;
  int lane = threadIdx.x % 32, g = lane / 4, q = lane % 4;
  Range seen = range(l, item, itemRows, positions);
  int fresh = max(item.seen, item.begin); // the first of the item's new positions
  auto position = [&](int start, int half) { return start + ownWarp() * 16 + half * 8 + g; };
  auto fetch = [&](Share& to, const kept* from, int start) { // what is in pages; zeros for all else
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int at = position(start, h);
      bool isOld = at < min(item.end, fresh);
      int page = isOld ? table[at / PAGE] : 0;
#pragma unroll
      for (int j = 0; j < PIECES; j++)
        to[h][j] = isOld ? *(const uint4*)(from + l.at(page, item.kvHead, at % PAGE, 32 * j + 8 * q))
                         : make_uint4(0, 0, 0, 0);
    }
  };
  auto mend = [&](Share& to, const kept* from, int start) { // new ones
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int at = position(start, h);
      if (at < fresh || at >= item.end) continue;
#pragma unroll
      for (int j = 0; j < PIECES; j++) to[h][j] = *(const uint4*)(from + (at - fresh) * DIM + 32 * j + 8 * q);
    }
  };
  Share allKeys[AHEAD], allValues[AHEAD];
#pragma unroll
  for (int a = 0; a < AHEAD; a++) {
    fetch(allKeys[a], l.keys, seen.begin + a * KEYS);
    fetch(allValues[a], l.values, seen.begin + a * KEYS);
  }
  int seenBy[2]; // positions of the rows of the lane's vectors; -1 behind the last one
#pragma unroll
  for (int e = 0; e < 2; e++) {
    int v = 2 * q + e;
    seenBy[e] = v < item.rows * l.group() ? positions[itemRows[v / l.group()]] : -1;
  }
  place(l, item, itemRows, table, memory.before.queries, item.seen, // awaits results
        [&](int at) { return memory.before.keys + (at - fresh) * DIM; },
        [&](int at) { return memory.before.values + (at - fresh) * DIM; });
  meet();
  uint4 queries[PIECES];
#pragma unroll
  for (int j = 0; j < PIECES; j++) queries[j] = *(const uint4*)(memory.before.queries + g * STRIDE + 32 * j + 8 * q);

  Pair pair;
  for (int begin = seen.begin; begin < seen.end; begin += AHEAD * KEYS)
#pragma unroll
    for (int a = 0; a < AHEAD; a++) {
      Share &keys = allKeys[a], &values = allValues[a];
      int start = begin + a * KEYS, next = start + AHEAD * KEYS;
      if (start >= seen.end) break;
      mend(keys, memory.before.keys, start);
      mend(values, memory.before.values, start);
      float s[1][4] = {}, more[4] = {};
#pragma unroll
      for (int j = 0; j < PIECES; j++) {
        unsigned first[4] = {keys[0][j].x, keys[1][j].x, keys[0][j].y, keys[1][j].y};
        unsigned second[4] = {keys[0][j].z, keys[1][j].z, keys[0][j].w, keys[1][j].w};
        unsigned low[2] = {queries[j].x, queries[j].y}, high[2] = {queries[j].z, queries[j].w};
        multiply(s[0], first, low);
        multiply(more, second, high);
      }
#pragma unroll
      for (int i = 0; i < 4; i++) s[0][i] += more[i];
      if (next < seen.end) fetch(keys, l.keys, next);
      scale(s);
#pragma unroll
      for (int i = 0; i < 4; i++) {
        int at = position(start, i / 2), last = seenBy[i % 2];
        if (at >= item.end || at > last || at <= last - l.window) s[0][i] = -INFINITE;
      }
      pair.weigh(s[0]);
      pair.addValues(s[0], values);
      if (next < seen.end) fetch(values, l.values, next);
    }
  meet();
  pair.write(memory);
  meet();
  join(l, item, itemRows, memory);
  if (item.part >= 0) arrive(l, item, itemRows);
  meet();
}

extern "C" __global__ void BOUNDS
    decode(const int* batch, const half16* heads, half16* out, float* parts, float* partSums, int* arrived, kept* keys,
           kept* values, int queryHeads, int kvHeads, int window, const float* frequencies, float stretch,
           const float* queryNorm, const float* keyNorm, float epsilon) {
  __shared__ __align__(16) Memory memory;
  letTheNextBegin();
  const Item* items = (const Item*)(batch + HEADER); // NARROW_ITEMS
  int count = batch[NARROW_COUNT];
  if (blockIdx.x >= count) awaitResults();
  Layer layer = {batch, heads, out, parts, partSums, arrived, keys, values, queryHeads, kvHeads, window,
                 {frequencies, stretch, queryNorm, keyNorm, epsilon}};
  for (int i = blockIdx.x; i < count; i += gridDim.x) attend(layer, items[i], memory);
}
