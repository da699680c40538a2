#include "numbers.cuh"
#include "tiles.cuh"
#include "warpgroups.cuh"
#include "codes.cuh"

// Products of many rows with a quantized weight on Hopper's tensor cores: each of four warpgroups computes
// 64 outputs of N rows. Codes become numbers of 16 bits in registers, where the tensor cores take them as
// their first operand; the second one, x, is in shared memory. (As in Machete: Wilkinson, 2024.)
//
// The blocks of threads of a cluster share a strip of outputs: each takes some blocks of columns, and puts the
// sums of all together for some of the rows.

#define WARPGROUPS 4
#define BLOCKS_OF_A_STEP (2 / PIECES) // blocks of columns of a step
#define THREADS (128 * WARPGROUPS)
#define OUTPUTS (64 * WARPGROUPS)
#define SUM_STRIDE (OUTPUTS + 4)           // of a row of sums: lanes write to different banks

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

// A step is UNIT blocks of columns. The codes of the next step and x of the next STAGES - 2 are on their way:
// codes are fetched right behind the barrier, because the fence before it waits for all that is under way.
template <int N, int STAGES, int UNIT>
__device__ __forceinline__ void product(const half16* x, const Weight& w, void* out, int mode, int rows, int outputs, int stride,
                                        char* memory) {
  constexpr int BLOCK_OF_X = N * BLOCK * 2, STAGE = UNIT * BLOCK_OF_X, CHUNKS = N * 16, STRIDE_ROWS = THREADS / 16;
  int thread = threadIdx.x, warp = thread / 32, lane = thread % 32, g = lane / 4, q = lane % 4;
  // blocks of columns in turn, so that those of a cluster read neighbours at the same time
  int blocks = w.blocks(), apart = clusterSize(), begins = clusterRank();
  int count = (blocks - begins + apart - 1) / apart, steps = (count + UNIT - 1) / UNIT;
  int strips = (outputs + OUTPUTS - 1) / OUTPUTS; // of as many outputs as the block computes
  int firstTile = blockIdx.x % strips * (OUTPUTS / TILE_ROWS), firstRow = blockIdx.x / strips * N;

  // x in halves of 64 columns; a thread copies 16 bytes of some rows
  int copied = thread / 16, piece = thread % 16;
  const half16* nextX = x + (long long)(firstRow + copied) * w.columns + begins * BLOCK + piece * 8;
  int xPlace = piece / 8 * (N * 128) + copied * 128 + (piece % 8 ^ copied % 8) * 16;
  int columnsLeft = w.columns - begins * BLOCK - piece * 8;
  auto fetchX = [&](int step) {
#pragma unroll
    for (int u = 0; u < UNIT; u++) {
      if (CHUNKS >= THREADS || thread < CHUNKS) {
#pragma unroll
        for (int c = 0; c < (CHUNKS + THREADS - 1) / THREADS; c++) {
          bool isReal = columnsLeft > 0 && firstRow + copied + c * STRIDE_ROWS < rows;
          copyAsync(memory + step % STAGES * STAGE + u * BLOCK_OF_X + xPlace + c * STRIDE_ROWS * 128,
                    isReal ? nextX + (long long)c * STRIDE_ROWS * w.columns : x, isReal);
        }
      }
      nextX += apart * BLOCK;
      columnsLeft -= apart * BLOCK;
    }
    commit();
  };

  int ownRow = warp * TILE_ROWS + g, weightRow = firstTile * TILE_ROWS + ownRow; // the first of two, the other 8 below
  bool isOwnReal = weightRow < w.rows;
  Part parts[2][UNIT][2] = {};
  unsigned nextCodes = w.at(firstTile + warp, g) + begins * Weight::BLOCK_BYTES + 16 * q;
  int rowBytes = (CODES == E4M3 ? blocks : 1) * ROW_BYTES, fetched = 0;
#if HAS_GROUPS
  unsigned nextScales = w.groups(begins, weightRow);
#endif
  auto fetchCodes = [&](int d) {
#pragma unroll
    for (int u = 0; u < UNIT; u++) {
      if (fetched < count && isOwnReal) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
#pragma unroll
          for (int p = 0; p < PIECES; p++)
            parts[d][u][r].codes[p] = __ldcs((const uint4*)(w.codes + (nextCodes + r * 8 * rowBytes)) + 4 * p);
#if HAS_GROUPS
          loadBytes<SCALES * 2>(parts[d][u][r].scales, (const half16*)w.scales + (nextScales + r * 8 * SCALES));
#endif
        }
      }
      fetched++;
      nextCodes += apart * Weight::BLOCK_BYTES;
#if HAS_GROUPS
      nextScales += apart * w.rows * SCALES;
#endif
    }
  };

  fetchCodes(0);
  letTheNextBegin();
  awaitResults(); // weights are no results
  float sums[N / 2];
#pragma unroll
  for (int i = 0; i < N / 2; i++) sums[i] = 0;
  for (int i = 0; i < STAGES - 2; i++) fetchX(i);
  for (int first = 0; first < steps; first += 2) {
#pragma unroll
    for (int d = 0; d < 2; d++) {
      int step = first + d;
      if (step >= steps) break;
      waitFor<STAGES - 3>();
      asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
      __syncthreads();
      fetchCodes(1 - d);
      fetchX(step + STAGES - 2); // the products that read this stage are done
#pragma unroll
      for (int u = 0; u < UNIT; u++) {
#if !HAS_GROUPS
        float number = GROUP && isOwnReal ? w.blockScale(min(begins + (step * UNIT + u) * apart, blocks - 1), weightRow) : 0;
        StepScale one = {pack(number, number), 0}, two = one;
#endif
        unsigned long long b = describe(memory + step % STAGES * STAGE + u * BLOCK_OF_X);
#pragma unroll
        for (int half = 0; half < 2; half++) {
          unsigned a[4][4];
          waitForProducts<1>(); // those of the registers that are written now
#pragma unroll
          for (int s = 0; s < 4; s++) {
            unsigned upper[2], lower[2];
            int of = half * 4 + s;
#if HAS_GROUPS
            StepScale one = stepScale(parts[d][u][0].scales, of), two = stepScale(parts[d][u][1].scales, of);
#endif
            decode((const unsigned*)parts[d][u][0].codes, of, one.scale, one.minimum, upper);
            decode((const unsigned*)parts[d][u][1].codes, of, two.scale, two.minimum, lower);
            a[s][0] = upper[0], a[s][1] = lower[0], a[s][2] = upper[1], a[s][3] = lower[1];
          }
          fence();
#pragma unroll
          for (int s = 0; s < 4; s++) begin<N>(sums, a[s], b + half * (N * 128 / 16) + 2 * s);
          commitProducts();
        }
      }
    }
  }
  waitForProducts<0>();
  waitFor<0>();
  __syncthreads();

  float* own = (float*)memory; // [N][SUM_STRIDE]
#pragma unroll
  for (int i = 0; i < N / 2; i++) own[(i / 4 * 8 + 2 * q + i % 2) * SUM_STRIDE + ownRow + i % 4 / 2 * 8] = sums[i];
  syncCluster();
  for (int c = thread + clusterRank() * THREADS; c < N * (OUTPUTS / 4); c += THREADS * clusterSize()) {
    int row = c / (OUTPUTS / 4), o = c % (OUTPUTS / 4) * 4, output = firstTile * TILE_ROWS + o;
    if (firstRow + row >= rows || output >= outputs) continue;
    float numbers[4] = {};
    for (int rank = 0; rank < clusterSize(); rank++) {
      float4 v = remote(own + row * SUM_STRIDE + o, rank);
      numbers[0] += v.x, numbers[1] += v.y, numbers[2] += v.z, numbers[3] += v.w;
    }
    long long at = (long long)(firstRow + row) * stride + output;
#pragma unroll
    for (int i = 0; i < 4; i++) numbers[i] *= w.rowScale(output + i);
    if (mode == 0) {
      *(uint2*)((half16*)out + at) = make_uint2(pack(numbers[0], numbers[1]), pack(numbers[2], numbers[3]));
    } else {
      float4* to = (float4*)((float*)out + at);
      float4 before = mode == 1 ? *to : make_float4(0, 0, 0, 0);
      *to = make_float4(before.x + numbers[0], before.y + numbers[1], before.z + numbers[2], before.w + numbers[3]);
    }
  }
  syncCluster();
}

#define PRODUCT(N, STAGES, UNIT)                                                                                 \
  extern "C" __global__ void __launch_bounds__(THREADS, 1) wide##N(                                             \
      const half16* x, const char* codes, const void* scales, float factor, void* out, int mode, int rows,      \
      int columns, int outputs, int stride) {                                                                   \
    extern __shared__ __align__(1024) char memory[];                                                            \
    Weight w = {codes, scales, factor, outputs, columns};                                                       \
    product<N, STAGES, UNIT>(x, w, out, mode, rows, outputs, stride, memory);                                  \
  }
PRODUCT(16, 6, BLOCKS_OF_A_STEP)
PRODUCT(32, 6, BLOCKS_OF_A_STEP)
PRODUCT(64, 4, BLOCKS_OF_A_STEP)
PRODUCT(128, 4, 1)
