#include "numbers.cuh"
#include "tiles.cuh"
#include "warpgroups.cuh"
#include "barriers.cuh"
#include "codes.cuh"

// Products of many rows with a quantized weight on Hopper's tensor cores: each of four warpgroups takes 64 rows of the
// weight, and N rows of x. Codes become numbers of 16 bits in registers, where the tensor cores take them as their first
// operand; the second one, x, is in shared memory. (As in Machete: Wilkinson, 2024.) A warp of its own fetches codes,
// scales and x by the TMA, as many steps ahead as there is room for.
//
// The blocks of threads of a cluster share a strip of outputs: each takes some blocks of columns, and puts the
// sums of all together for some of the rows.

// From Java: MULTIPLYING threads; MOST_STAGES of shared memory; MOST_SHARING blocks of a cluster; TILE_ELEMENTS of a tile
// of integers in their map; and GATED, a mode.

#define WARPGROUPS (MULTIPLYING / 128)
#define THREADS (MULTIPLYING + 128)        // with the warpgroup of the warp that fetches
#define BEGINNING 96                       // registers of each thread when the kernel begins
#define FETCHING 32                        // of the threads that do not multiply
#define REGISTERS 112                      // of those that do
static_assert(REGISTERS * MULTIPLYING + FETCHING * 128 <= BEGINNING * THREADS, "more registers than there are");
#define OUTPUTS (64 * WARPGROUPS)
#define SUM_STRIDE (OUTPUTS + 4)           // of a row of sums: lanes write to different banks
#define HALF_TILES (OUTPUTS / 2 / TILE_ROWS)

// c[64, N] += a[64, 16] * b[16, N], begun only: `a` is in registers, `b` in shared memory.
template <int N> __device__ __forceinline__ void begin(float (&c)[N / 2], const unsigned (&a)[4], unsigned long long b);

#if BF16
#define FORMATS "f32.bf16.bf16"
#else
#define FORMATS "f32.f16.f16"
#endif
#define C4(i) "+f"(c[i]), "+f"(c[i + 1]), "+f"(c[i + 2]), "+f"(c[i + 3])
#define C16(i) C4(i), C4(i + 4), C4(i + 8), C4(i + 12)
#define A "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3])
template <> __device__ __forceinline__ void begin<16>(float (&c)[8], const unsigned (&a)[4], unsigned long long b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n16k16." FORMATS " {%0,%1,%2,%3,%4,%5,%6,%7},"
               "{%8,%9,%10,%11},%12,1,1,1,0;"
               : C4(0), C4(4) : A, "l"(b));
}
template <> __device__ __forceinline__ void begin<32>(float (&c)[16], const unsigned (&a)[4], unsigned long long b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n32k16." FORMATS " {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15},"
               "{%16,%17,%18,%19},%20,1,1,1,0;"
               : C16(0) : A, "l"(b));
}
template <> __device__ __forceinline__ void begin<64>(float (&c)[32], const unsigned (&a)[4], unsigned long long b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n64k16." FORMATS " {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
               "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31},"
               "{%32,%33,%34,%35},%36,1,1,1,0;"
               : C16(0), C16(16) : A, "l"(b));
}
template <> __device__ __forceinline__ void begin<128>(float (&c)[64], const unsigned (&a)[4], unsigned long long b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n128k16." FORMATS " {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
               "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31,%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,"
               "%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63},"
               "{%64,%65,%66,%67},%68,1,1,1,0;"
               : C16(0), C16(16), C16(32), C16(48) : A, "l"(b));
}

__device__ __forceinline__ unsigned clusterRank() {
  unsigned r;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(r));
  return r;
}
__device__ __forceinline__ unsigned clusterSize() {
  unsigned r;
  asm volatile("mov.u32 %0, %%cluster_nctarank;" : "=r"(r));
  return r;
}
// The threads that multiply wait for each other: in the block, and in the cluster, where the others end.
__device__ __forceinline__ void meet() { asm volatile("bar.sync 1, %0;" ::"n"(MULTIPLYING) : "memory"); }
__device__ __forceinline__ void syncCluster() {
  asm volatile("barrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;" ::: "memory");
}
// A number in the shared memory of another block of the cluster, which is at `at` here.
__device__ __forceinline__ float4 remote(const float* at, unsigned rank) {
  float4 v;
  unsigned address;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(address) : "r"(shared(at)), "r"(rank));
  asm volatile("ld.shared::cluster.v4.f32 {%0,%1,%2,%3}, [%4];" : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w) : "r"(address));
  return v;
}

// A stage of shared memory: room for one block of columns.
template <int N> struct Stage {
  static constexpr int CODE_BYTES = OUTPUTS * ROW_BYTES, X_BYTES = N * BLOCK * 2;
  static constexpr int SCALE_BYTES = HAS_GROUPS ? OUTPUTS * SCALES * 2 : 0;
  static constexpr int BYTES = (CODE_BYTES + X_BYTES + SCALE_BYTES + 1023) / 1024 * 1024; // swizzled rows repeat after them

  char* codes; // E4M3: swizzled rows; else tiles
  __device__ __forceinline__ char* x() const { return codes + CODE_BYTES; } // halves of 64 columns, swizzled rows
  __device__ __forceinline__ char* scales() const { return x() + X_BYTES; }
};

// The rows of the weight that a block of threads takes, and the blocks of columns: in state, so that those of a cluster
// read neighbours at the same time. A strip has two halves; if gated, the first are gates, and the second their ups.
struct Strip {
  int firstOutput, firstRow; // of the result, and of x
  int tiles[2];              // where the halves begin in the weight
  int first, apart, count;   // blocks of columns

  __device__ __forceinline__ Strip(const Weight& w, int outputs, bool isGated, int rowsAtOnce) {
    int width = isGated ? OUTPUTS / 2 : OUTPUTS, strips = (outputs + width - 1) / width;
    firstOutput = blockIdx.x % strips * width;
    firstRow = blockIdx.x / strips * rowsAtOnce;
    tiles[0] = firstOutput / TILE_ROWS;
    tiles[1] = isGated ? (outputs + firstOutput) / TILE_ROWS : tiles[0] + HALF_TILES;
    first = clusterRank(), apart = clusterSize();
    count = (w.blocks() - first + apart - 1) / apart;
  }
  __device__ __forceinline__ int block(int step) const { return first + step * apart; }
  // The row of the weight of one of the strip.
  __device__ __forceinline__ int weightRow(int row) const {
    return row < OUTPUTS / 2 ? tiles[0] * TILE_ROWS + row : tiles[1] * TILE_ROWS + row - OUTPUTS / 2;
  }
};

struct Barriers {
  Barrier full[MOST_STAGES], empty[MOST_STAGES];
};

// --- the warp that fetches

// Fetches a strip, by one thread.
template <int N>
__device__ __forceinline__ void fetch(const Strip& strip, const Weight& w, const TensorMap* codes, const TensorMap* x,
                                      char* memory, Barriers& barriers, int stages) {
  typedef Stage<N> Stage;
  int scaleBytes[2];
#pragma unroll
  for (int half = 0; half < 2; half++)
    scaleBytes[half] = HAS_GROUPS ? max(0, min(OUTPUTS / 2, w.rows - strip.tiles[half] * TILE_ROWS)) * SCALES * 2 : 0;
  auto fetchWeight = [&](int step, const PipelineState& state) {
    Stage stage = {memory + state.stage * Stage::BYTES};
    Barrier* full = &barriers.full[state.stage];
    int block = strip.block(step);
    expect(full, Stage::CODE_BYTES + Stage::X_BYTES + scaleBytes[0] + scaleBytes[1]);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      char* to = stage.codes + half * (Stage::CODE_BYTES / 2);
      int tile = strip.tiles[half];
#if CODES == E4M3
      copyBox(to, codes, block * BLOCK, tile * TILE_ROWS, full);
#else
      copyBox(to, codes, block * TILE_ELEMENTS, tile, full);
      if (scaleBytes[half] > 0)
        copyBulk(stage.scales() + half * (OUTPUTS / 2 * SCALES * 2), (const half16*)w.scales + w.groups(block, tile * TILE_ROWS),
                 scaleBytes[half], full);
#endif
    }
  };
  auto fetchX = [&](int step, const PipelineState& state) {
    Stage stage = {memory + state.stage * Stage::BYTES};
#pragma unroll
    for (int half = 0; half < 2; half++)
      copyBox(stage.x() + half * (N * 128), x, strip.block(step) * BLOCK + half * 64, strip.firstRow, &barriers.full[state.stage]);
  };
  int early = min(stages, strip.count); // weights are no results
  PipelineState state;
  for (int step = 0; step < early; step++, state.next(stages)) fetchWeight(step, state);
  awaitResults();
  asm volatile("fence.proxy.async.global;" ::: "memory"); // the TMA reads results of other kernels
  state = {};
  for (int step = 0; step < early; step++, state.next(stages)) fetchX(step, state);
  for (int step = early; step < strip.count; step++, state.next(stages)) {
    await(&barriers.empty[state.stage], state.phase ^ 1);
    fetchWeight(step, state);
    fetchX(step, state);
  }
}

// --- the warps that multiply

template <int BYTES> __device__ __forceinline__ void copyShared(void* to, const void* from) {
  if (BYTES % 16 == 0) {
#pragma unroll
    for (int i = 0; i < BYTES / 16; i++) ((uint4*)to)[i] = ((const uint4*)from)[i];
  } else if (BYTES == 8) {
    *(uint2*)to = *(const uint2*)from;
  } else if (BYTES == 4) {
    *(unsigned*)to = *(const unsigned*)from;
  } else {
    *(half16*)to = *(const half16*)from;
  }
}

// This lane's codes of a row of a strip, and the row's scales.
template <int N> __device__ __forceinline__ Part partOf(const Stage<N>& stage, int row) {
  Part part;
  int q = threadIdx.x % 4;
#pragma unroll
  for (int p = 0; p < PIECES; p++) {
    int piece = CODES == E4M3 ? (p * 4 + q) ^ row % 8 : p * 4 + q;
    part.codes[p] = *(const uint4*)(stage.codes + row * ROW_BYTES + piece * 16);
  }
#if HAS_GROUPS
  copyShared<SCALES * 2>(part.scales, stage.scales() + row * SCALES * 2);
#endif
  return part;
}

// Adds the products of a strip to the sums.
template <int N>
__device__ __forceinline__ void multiply(float (&sums)[N / 2], const Strip& strip, const Weight& w, char* memory,
                                         Barriers& barriers, int stages) {
  typedef Stage<N> Stage;
  constexpr int TOGETHER = N > 64 ? 1 : 4; // steps of 16 columns whose products begin at once: there are registers for no more
  int row = threadIdx.x / 32 * TILE_ROWS + threadIdx.x % 32 / 4; // the first of two, the other 8 below
  PipelineState state;
  int before = 0; // the stage before this one
#if !HAS_GROUPS && GROUP
  int weightRow = min(strip.weightRow(row), w.rows - 1);
  float next = w.blockScale(strip.first, weightRow);
#endif
#pragma unroll 2 // so that operands of products under way have registers of their own
  for (int step = 0; step < strip.count; step++) {
#if !HAS_GROUPS
    StepScale one = {}, two = {};
#if GROUP
    one.scale = two.scale = pack(next, next);
    next = w.blockScale(strip.block(min(step + 1, strip.count - 1)), weightRow);
#endif
#endif
    await(&barriers.full[state.stage], state.phase);
    Stage stage = {memory + state.stage * Stage::BYTES};
    Part upper = partOf<N>(stage, row), lower = partOf<N>(stage, row + 8);
    unsigned long long b = describe(stage.x());
#pragma unroll
    for (int first = 0; first < STEPS; first += TOGETHER) {
      unsigned a[TOGETHER][4];
      waitForProducts<1>(); // those of the registers that are written now
      if (first == TOGETHER && step > 0) release(&barriers.empty[before]);
#pragma unroll
      for (int s = 0; s < TOGETHER; s++) {
        unsigned above[2], below[2];
        int of = first + s;
#if HAS_GROUPS
        StepScale one = stepScale(upper.scales, of), two = stepScale(lower.scales, of);
#endif
        decode((const unsigned*)upper.codes, of, one.scale, one.minimum, above);
        decode((const unsigned*)lower.codes, of, two.scale, two.minimum, below);
        a[s][0] = above[0], a[s][1] = below[0], a[s][2] = above[1], a[s][3] = below[1];
      }
      fence();
#pragma unroll
      for (int s = 0; s < TOGETHER; s++)
        begin<N>(sums, a[s], b + (first + s) / 4 * (N * 128 / 16) + (first + s) % 4 * 2);
      commitProducts();
    }
    before = state.stage;
    state.next(stages);
  }
  waitForProducts<0>();
}

// The sums of four neighbouring outputs, of all blocks of the cluster. `at` is their place in each.
__device__ __forceinline__ float4 sumsOfCluster(const float* at) {
  float4 parts[MOST_SHARING], sum = make_float4(0, 0, 0, 0);
#pragma unroll
  for (int rank = 0; rank < MOST_SHARING; rank++)
    if (rank < clusterSize()) parts[rank] = remote(at, rank);
#pragma unroll
  for (int rank = 0; rank < MOST_SHARING; rank++) {
    if (rank >= clusterSize()) break;
    sum.x += parts[rank].x, sum.y += parts[rank].y, sum.z += parts[rank].z, sum.w += parts[rank].w;
  }
  return sum;
}

__device__ __forceinline__ float4 rowScales(const Weight& w, int row) {
  return make_float4(w.rowScale(row), w.rowScale(row + 1), w.rowScale(row + 2), w.rowScale(row + 3));
}
__device__ __forceinline__ float4 times(float4 a, float4 b) { return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w); }

// What happens to the result, in the order of Java: it is written in 16 bits, added to `out`, or written in single
// precision. Or it is GATED, and written in 16 bits.
enum Mode { WRITTEN, ADDED, WRITTEN_SINGLE };

// Puts the sums of a cluster together, each block of threads those of some rows.
template <int N>
__device__ __forceinline__ void finish(const float (&sums)[N / 2], const Strip& strip, const Weight& w, void* out, int mode,
                                       int rows, int outputs, int stride, char* memory) {
  int thread = threadIdx.x, warp = thread / 32, lane = thread % 32, g = lane / 4, q = lane % 4;
  float* own = (float*)memory; // [N][SUM_STRIDE]
  meet(); // the stages are free
#pragma unroll
  for (int i = 0; i < N / 2; i++)
    own[(i / 4 * 8 + 2 * q + i % 2) * SUM_STRIDE + warp * TILE_ROWS + g + i % 4 / 2 * 8] = sums[i];
  syncCluster();
  awaitResults();
  int fours = (mode == GATED ? OUTPUTS / 2 : OUTPUTS) / 4;
  for (int c = thread + clusterRank() * MULTIPLYING; c < N * fours; c += MULTIPLYING * clusterSize()) {
    int row = c / fours, o = c % fours * 4, output = strip.firstOutput + o;
    if (strip.firstRow + row >= rows || output >= outputs) continue;
    long long at = (long long)(strip.firstRow + row) * stride + output;
    float4 before = mode == ADDED ? *(const float4*)((const float*)out + at) : make_float4(0, 0, 0, 0);
    float4 scales = rowScales(w, output), v = times(sumsOfCluster(own + row * SUM_STRIDE + o), scales);
    if (mode == GATED) {
      float4 up = times(sumsOfCluster(own + row * SUM_STRIDE + OUTPUTS / 2 + o), rowScales(w, outputs + output));
      v = times(make_float4(silu(v.x), silu(v.y), silu(v.z), silu(v.w)), up);
    }
    if (mode == WRITTEN || mode == GATED)
      *(uint2*)((half16*)out + at) = make_uint2(pack(v.x, v.y), pack(v.z, v.w));
    else
      *(float4*)((float*)out + at) = make_float4(before.x + v.x, before.y + v.y, before.z + v.z, before.w + v.w);
  }
  syncCluster();
}

template <int N>
__device__ __forceinline__ void product(const TensorMap* codes, const TensorMap* x, const Weight& w, void* out, int mode,
                                        int rows, int outputs, int stride, int stages, char* memory) {
  __shared__ Barriers barriers;
  if (threadIdx.x == 0) {
    for (int i = 0; i < stages; i++) {
      initialize(&barriers.full[i], 1);
      initialize(&barriers.empty[i], MULTIPLYING / 32);
    }
    fenceBarriers();
  }
  letTheNextBegin();
  __syncthreads();
  Strip strip(w, outputs, mode == GATED, N);
  if (threadIdx.x >= MULTIPLYING) {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(FETCHING));
    if (threadIdx.x == MULTIPLYING) fetch<N>(strip, w, codes, x, memory, barriers, stages);
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(REGISTERS));
    float sums[N / 2] = {};
    multiply<N>(sums, strip, w, memory, barriers, stages);
    finish<N>(sums, strip, w, out, mode, rows, outputs, stride, memory);
  }
}

#define PRODUCT(N)                                                                                               \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) wide##N(                                              \
      const __grid_constant__ TensorMap codes, const __grid_constant__ TensorMap x, const void* scales,          \
      float factor, void* out, int mode, int rows, int columns, int weightRows, int outputs, int stride,         \
      int stages) {                                                                                              \
    extern __shared__ char dynamic[];                                                                            \
    char* memory = dynamic + (-shared(dynamic) & 1023);                                                          \
    Weight w = {nullptr, scales, factor, weightRows, columns};                                                   \
    product<N>(&codes, &x, w, out, mode, rows, outputs, stride, stages, memory);                                 \
  }
PRODUCT(16)
PRODUCT(32)
PRODUCT(64)
PRODUCT(128)
