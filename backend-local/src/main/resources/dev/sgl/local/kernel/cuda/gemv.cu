#include "numbers.cuh"

// Products of one row with a weight of 16 bits (GEMV), which is read once; nothing else counts. A block of threads
// computes a few outputs, and each thread has its own columns of them. All weights of a block are on their way before
// the results of the kernel before are awaited, and blocks are small, so that the next kernel's find room while the
// last of this one still run: the memory never waits.
//
// From Java: OUTPUTS, rows of the weight that a block reads, a power of two; OWN, pieces of 8 columns that a thread has
// of each at most; THREADS of a block at most; NORMS, whether there are registers for a norm.

#define MOST_WARPS (THREADS / 32)

__device__ __forceinline__ void multiply8(float& sum, uint4 w, const float (&x)[8]) {
  unsigned pairs[4] = {w.x, w.y, w.z, w.w};
#pragma unroll
  for (int i = 0; i < 4; i++) {
    sum += low(pairs[i]) * x[2 * i];
    sum += high(pairs[i]) * x[2 * i + 1];
  }
}

// The output whose sum `sumOfWarp` leaves in a lane.
__device__ __forceinline__ int outputOfLane() { return (__brev(threadIdx.x % 32) >> 27) * OUTPUTS / 32; }

// Sums over the lanes of a warp: each step halves either the sums that a lane has, or the lanes that are different.
__device__ __forceinline__ float sumOfWarp(float (&sums)[OUTPUTS]) {
  int step = 1;
#pragma unroll
  for (int n = OUTPUTS / 2; n > 0; n /= 2, step *= 2) {
    bool isUpper = threadIdx.x & step;
#pragma unroll
    for (int i = 0; i < n; i++) {
      float given = isUpper ? sums[i] : sums[i + n];
      sums[i] = (isUpper ? sums[i + n] : sums[i]) + __shfl_xor_sync(~0u, given, step);
    }
  }
  float sum = sums[0];
#pragma unroll
  for (; step < 32; step *= 2) sum += __shfl_xor_sync(~0u, sum, step);
  return sum;
}

// MODE: what happens to `out`: 0 it is written in 16 bits, 1 added to, 2 written in single precision. NORMED: x is in
// single precision and goes through a norm, whose scale the sums are multiplied by at the end. GATED: the weight's upper
// half are gates, its lower half ups, and out = silu(gate) * up.
template <int MODE, bool NORMED, bool GATED>
__device__ __forceinline__ void product(const void* x, const float* norm, float epsilon, const half16* weight, void* out,
                                        int columns, int outputs) {
  constexpr int RESULTS = GATED ? OUTPUTS / 2 : OUTPUTS;
  __shared__ float sumsOf[MOST_WARPS][OUTPUTS], squaresOf[MOST_WARPS];
  letTheNextBegin();
  int first = blockIdx.x * RESULTS, pieces = columns / 8;
  auto piece = [&](int p) { return (int)(threadIdx.x + p * blockDim.x); };
  uint4 weights[OUTPUTS][OWN];
#pragma unroll
  for (int o = 0; o < OUTPUTS; o++) {
    int output = first + o % RESULTS;
    const uint4* row = (const uint4*)weight + (long long)(o / RESULTS * outputs + output) * pieces;
#pragma unroll
    for (int p = 0; p < OWN; p++)
      weights[o][p] = output < outputs && piece(p) < pieces ? __ldcs(row + piece(p)) : make_uint4(0, 0, 0, 0);
  }
  float4 norms[OWN][2];
  if (NORMED)
#pragma unroll
    for (int p = 0; p < OWN; p++)
      for (int i = 0; i < 2; i++) norms[p][i] = piece(p) < pieces ? ((const float4*)norm)[2 * piece(p) + i] : float4();
  awaitResults(); // weights are no results

  int own = first + threadIdx.x; // this thread's output
  bool writes = threadIdx.x < RESULTS && own < outputs;
  float before = MODE == 1 && writes ? ((const float*)out)[own] : 0;
  float sums[OUTPUTS] = {}, squares = 0;
#pragma unroll
  for (int p = 0; p < OWN; p++) {
    if (piece(p) >= pieces) break;
    float numbers[8];
    if (NORMED) {
#pragma unroll
      for (int i = 0; i < 2; i++) {
        float4 v = ((const float4*)x)[2 * piece(p) + i], w = norms[p][i];
        squares += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
        *(float4*)(numbers + 4 * i) = make_float4(v.x * w.x, v.y * w.y, v.z * w.z, v.w * w.w);
      }
    } else {
      uint4 v = ((const uint4*)x)[piece(p)];
      unsigned pairs[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
      for (int i = 0; i < 4; i++) numbers[2 * i] = low(pairs[i]), numbers[2 * i + 1] = high(pairs[i]);
    }
#pragma unroll
    for (int o = 0; o < OUTPUTS; o++) multiply8(sums[o], weights[o][p], numbers);
  }

  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
  float sum = sumOfWarp(sums);
  if (lane < OUTPUTS) sumsOf[warp][outputOfLane()] = sum;
  if (NORMED) {
    squares = warpSum(squares);
    if (lane == 0) squaresOf[warp] = squares;
  }
  __syncthreads();
  if (!writes) return;
  float result = 0, up = 0, all = 0;
#pragma unroll
  for (int w = 0; w < MOST_WARPS; w++) {
    if (w >= warps) break;
    result += sumsOf[w][threadIdx.x];
    if (GATED) up += sumsOf[w][threadIdx.x + RESULTS];
    if (NORMED) all += squaresOf[w];
  }
  if (NORMED) {
    float scale = rsqrtf(all / columns + epsilon);
    result *= scale;
    up *= scale;
  }
  if (GATED) result = silu(result) * up;
  if (MODE == 0)
    ((half16*)out)[own] = narrow(result);
  else
    ((float*)out)[own] = before + result;
}

#define PRODUCT(NAME, MODE, NORMED, GATED)                                                                            \
  extern "C" __global__ void __launch_bounds__(THREADS) NAME(const void* x, const float* norm, float epsilon,         \
                                                             const half16* weight, void* out, int columns,            \
                                                             int outputs) {                                           \
    product<MODE, NORMED, GATED>(x, norm, epsilon, weight, out, columns, outputs);                                    \
  }
PRODUCT(write, 0, false, false)
PRODUCT(add, 1, false, false)
PRODUCT(logits, 2, false, false)
#if NORMS
PRODUCT(project, 0, true, false)
PRODUCT(gated, 0, true, true)
#endif
