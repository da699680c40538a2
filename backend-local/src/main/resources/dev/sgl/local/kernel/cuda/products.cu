#include "numbers.cuh"
#include "tokens.cuh"

// Products of few rows with a weight: the weight is read once, and nothing else counts. A warp an
// output; each lane reads 16 bytes of the weight's row at a time, for R rows of x.

__device__ __forceinline__ float dot8(uint4 a, uint4 b) {
  return low(a.x) * low(b.x) + high(a.x) * high(b.x) + low(a.y) * low(b.y) + high(a.y) * high(b.y) +
         low(a.z) * low(b.z) + high(a.z) * high(b.z) + low(a.w) * low(b.w) + high(a.w) * high(b.w);
}

template <int R, int MODE>
__device__ __forceinline__ void product(const half16* x, const half16* weight, void* out, int columns,
                                        int outputs, int stride) {
  int output = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (output >= outputs) return;
  int lane = threadIdx.x % 32;
  const uint4* w = (const uint4*)(weight + (long long)output * columns);
  float sums[R];
#pragma unroll
  for (int r = 0; r < R; r++) sums[r] = 0;
  int chunks = columns / 8;
#pragma unroll 4
  for (int c = lane; c < chunks; c += 32) {
    uint4 a = __ldcs(w + c);
#pragma unroll
    for (int r = 0; r < R; r++) sums[r] += dot8(a, __ldg((const uint4*)(x + (long long)r * columns) + c));
  }
#pragma unroll
  for (int r = 0; r < R; r++) {
    float sum = warpSum(sums[r]);
    long long at = (long long)r * stride + output;
    if (lane == 0) {
      if (MODE == 0) ((half16*)out)[at] = narrow(sum);
      if (MODE == 1) ((float*)out)[at] += sum;
      if (MODE == 2) ((float*)out)[at] = sum;
    }
  }
}

#define PRODUCT(NAME, R, MODE)                                                                    \
  extern "C" __global__ void NAME(const half16* x, const half16* weight, void* out, int columns,  \
                                  int outputs, int stride) {                                      \
    product<R, MODE>(x, weight, out, columns, outputs, stride);                                   \
  }
PRODUCT(write1, 1, 0) PRODUCT(write2, 2, 0) PRODUCT(write4, 4, 0)
PRODUCT(add1, 1, 1) PRODUCT(add2, 2, 1) PRODUCT(add4, 4, 1)
PRODUCT(logits1, 1, 2) PRODUCT(logits2, 2, 2) PRODUCT(logits4, 4, 2)

// The same behind a norm of x, which every block computes for itself while the first of its weights
// are on their way; `normed` is shared memory for R rows. GATED: the weight's upper half are gates, its
// lower half ups, and out = silu(gate) * up.
template <int R, bool GATED>
__device__ __forceinline__ void normedProduct(const float* x, const float* norm, float epsilon,
                                              const half16* weight, half16* out, int columns,
                                              int outputs, int stride, half16* normed) {
  constexpr int SIDES = GATED ? 2 : 1, EARLY = 4 / SIDES;
  int lane = threadIdx.x % 32, warps = blockDim.x / 32;
  int output = blockIdx.x * warps + threadIdx.x / 32;
  int chunks = columns / 8;
  long long side = (long long)outputs * chunks; // from a gate to its up
  uint4 early[SIDES][EARLY];
#pragma unroll
  for (int s = 0; s < SIDES; s++)
#pragma unroll
    for (int e = 0; e < EARLY; e++) {
      int c = lane + 32 * e;
      if (output < outputs && c < chunks)
        early[s][e] = __ldcs((const uint4*)weight + (long long)output * chunks + s * side + c);
    }
#pragma unroll
  for (int r = 0; r < R; r++) {
    const float4* row = (const float4*)(x + (long long)r * columns);
    float sum = 0;
    for (int i = threadIdx.x; i < columns / 4; i += blockDim.x) {
      float4 v = row[i];
      sum += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
    }
    float scale = rsqrtf(blockSum(sum) / columns + epsilon);
    for (int i = threadIdx.x; i < columns / 4; i += blockDim.x) {
      float4 v = row[i], w = ((const float4*)norm)[i];
      uint2 packed = {pack(v.x * scale * w.x, v.y * scale * w.y), pack(v.z * scale * w.z, v.w * scale * w.w)};
      ((uint2*)(normed + r * columns))[i] = packed;
    }
  }
  __syncthreads();
  bool isFirst = true;
  for (; output < outputs; output += gridDim.x * warps, isFirst = false) {
    float sums[SIDES][R];
#pragma unroll
    for (int s = 0; s < SIDES; s++)
#pragma unroll
      for (int r = 0; r < R; r++) sums[s][r] = 0;
    const uint4* w = (const uint4*)weight + (long long)output * chunks;
    auto add = [&](int s, int c, uint4 a) {
#pragma unroll
      for (int r = 0; r < R; r++) sums[s][r] += dot8(a, ((const uint4*)(normed + r * columns))[c]);
    };
    int from = lane;
    if (isFirst) {
#pragma unroll
      for (int e = 0; e < EARLY; e++)
#pragma unroll
        for (int s = 0; s < SIDES; s++)
          if (lane + 32 * e < chunks) add(s, lane + 32 * e, early[s][e]);
      from = lane + 32 * EARLY;
    }
#pragma unroll(R * SIDES > 4 ? 2 : 4)
    for (int c = from; c < chunks; c += 32)
#pragma unroll
      for (int s = 0; s < SIDES; s++) add(s, c, __ldcs(w + s * side + c));
#pragma unroll
    for (int r = 0; r < R; r++) {
      float sum = warpSum(sums[0][r]);
      if (GATED) {
        float up = warpSum(sums[SIDES - 1][r]);
        sum = silu(sum) * up;
      }
      if (lane == 0) out[(long long)r * stride + output] = narrow(sum);
    }
  }
}

#define NORMED_PRODUCT(NAME, R, GATED)                                                              \
  extern "C" __global__ void __launch_bounds__(NORMED_THREADS, 1) NAME(                                         \
      const float* x, const float* norm, float epsilon, const half16* weight, half16* out,           \
      int columns, int outputs, int stride) {                                                        \
    extern __shared__ __align__(16) half16 normed[];                                                 \
    normedProduct<R, GATED>(x, norm, epsilon, weight, out, columns, outputs, stride, normed);        \
  }
NORMED_PRODUCT(project1, 1, false) NORMED_PRODUCT(project2, 2, false) NORMED_PRODUCT(project4, 4, false)
NORMED_PRODUCT(gated1, 1, true) NORMED_PRODUCT(gated2, 2, true) NORMED_PRODUCT(gated4, 4, true)

// x[r] = table[tokens[r]]; a block a row.
extern "C" __global__ void embed(const int* batch, int rowsAt, int tokensAt, const int* picked, const half16* table,
                                 float* x, int hidden) {
  Tokens tokens = {batch, rowsAt, tokensAt, picked};
  int token = tokens.of(blockIdx.x);
  if (token < 0) return;
  const half16* from = table + (long long)token * hidden;
  for (int i = threadIdx.x; i < hidden; i += blockDim.x) x[(long long)blockIdx.x * hidden + i] = widen(from[i]);
}
