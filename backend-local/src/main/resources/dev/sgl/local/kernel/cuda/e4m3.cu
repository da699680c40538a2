#include "numbers.cuh"
#include "norms.cuh"

// Activations as floating-point numbers of 8 bits, e4m3 (Micikevicius et al., 2022, "FP8 Formats for Deep Learning"),
// for products with such weights: with a scale for each row, or for each 128 columns of one. Columns lie in blocks of
// 128 as those of the weights do (codes.cuh), filled up with zeros. A block of threads takes a row, each warp a block
// of columns at a time.

#define FOURS 32 // of a block of columns
#define MOST 448.0f

// A row of 16-bit numbers, as one that goes through a norm. GATED: gates, and then as many ups, which become
// silu(gate) * up.
template <bool GATED> struct PlainRow {
  static constexpr int HELD = 8; // of four columns each, in registers
  const uint2* row;
  int columns;
  uint2 own[HELD];

  __device__ __forceinline__ PlainRow(int columns) : columns(columns) {}

  __device__ __forceinline__ uint2 four(int i, int from) const {
    return 4 * i < columns ? row[from + i] : make_uint2(0, 0);
  }
  __device__ __forceinline__ uint2 gatedBy(uint2 v, uint2 up) const { return make_uint2(gated(v.x, up.x), gated(v.y, up.y)); }

  __device__ __forceinline__ void read(const half16* x) {
    row = (const uint2*)(x + (long long)blockIdx.x * columns * (GATED ? 2 : 1));
    uint2 ups[HELD]; // all numbers are read before any is used
#pragma unroll
    for (int c = 0; c < HELD; c++) {
      own[c] = four(threadIdx.x + c * blockDim.x, 0);
      if (GATED) ups[c] = four(threadIdx.x + c * blockDim.x, columns / 4);
    }
#pragma unroll
    for (int c = 0; c < HELD; c++)
      if (GATED) own[c] = gatedBy(own[c], ups[c]);
  }

  template <typename Use> __device__ __forceinline__ void forEach(int fours, Use use) const {
    auto widened = [](uint2 v) { return make_float4(low(v.x), high(v.x), low(v.y), high(v.y)); };
#pragma unroll
    for (int c = 0; c < HELD; c++) {
      int i = threadIdx.x + c * blockDim.x;
      if (i < fours) use(i, widened(own[c]));
    }
    for (int i = threadIdx.x + HELD * blockDim.x; i < fours; i += blockDim.x)
      use(i, widened(GATED ? gatedBy(four(i, 0), four(i, columns / 4)) : four(i, 0)));
  }
};

__device__ __forceinline__ float largest(float4 v) {
  return fmaxf(fmaxf(fabsf(v.x), fabsf(v.y)), fmaxf(fabsf(v.z), fabsf(v.w)));
}
__device__ __forceinline__ float warpMost(float x) {
  for (int d = 16; d > 0; d >>= 1) x = fmaxf(x, __shfl_xor_sync(~0u, x, d));
  return x;
}

__device__ __forceinline__ unsigned pair(float first, float second) {
  unsigned short r;
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(r) : "f"(second), "f"(first));
  return r;
}

// Writes a block of columns, by a warp. Lanes 4 s to 4 s + 3 have the four quarters of step s; two that are two apart
// have the same place in the halves of a step, and each puts one pair of both halves together.
__device__ __forceinline__ void put(char* block, float4 v, float inverse) {
  int lane = threadIdx.x % 32, step = lane / 4, half = lane % 4 / 2, quarter = lane % 2;
  unsigned first = pair(v.x * inverse, v.y * inverse), second = pair(v.z * inverse, v.w * inverse);
  unsigned kept = half ? second : first, other = __shfl_xor_sync(~0u, half ? first : second, 2);
  unsigned word = half ? __byte_perm(other, kept, 0x5140) : __byte_perm(kept, other, 0x5140);
  *(unsigned*)(block + step / 4 * 64 + (2 * quarter + half) * 16 + step % 4 * 4) = word;
}

// A factor of numbers before they are rounded.
__device__ __forceinline__ float inverseOf(float most) { return most > 0 ? fminf(MOST / most, 3e38f) : 0; }

// Writes a row that was read. Scales of rows are [row], those of blocks of columns [block, row].
template <bool IN_BLOCKS, typename Row>
__device__ __forceinline__ void quantize(const Row& row, char* out, float* scales) {
  __shared__ float warps[32];
  int blocks = (row.columns + 4 * FOURS - 1) / (4 * FOURS);
  char* to = out + (long long)blockIdx.x * blocks * (4 * FOURS);
  float inverse = 0;
  if (!IN_BLOCKS) {
    float most = 0;
    row.forEach(blocks * FOURS, [&](int, float4 v) { most = fmaxf(most, largest(v)); });
    most = warpMost(most);
    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = most;
    __syncthreads();
    for (int w = 0; w < blockDim.x / 32; w++) most = fmaxf(most, warps[w]);
    if (threadIdx.x == 0) scales[blockIdx.x] = most / MOST;
    inverse = inverseOf(most);
  }
  row.forEach(blocks * FOURS, [&](int i, float4 v) {
    int block = i / FOURS;
    if (IN_BLOCKS) {
      float most = warpMost(largest(v));
      if (i % FOURS == 0) scales[(long long)block * gridDim.x + blockIdx.x] = most / MOST;
      inverse = inverseOf(most);
    }
    put(to + block * (4 * FOURS), v, inverse);
  });
}

// The next kernel does not begin early: it is the library's, which may read scales before it waits.
#define QUANTIZE(NAME, GATED, IN_BLOCKS)                                                                             \
  extern "C" __global__ void NAME(const half16* x, char* out, float* scales, int columns) {                          \
    PlainRow<GATED> row(columns);                                                                                    \
    awaitResults();                                                                                                  \
    row.read(x);                                                                                                     \
    quantize<IN_BLOCKS>(row, out, scales);                                                                           \
  }
#define NORM(NAME, IN_BLOCKS)                                                                                        \
  extern "C" __global__ void NAME(const float* x, const float* weights, float epsilon, char* out, float* scales,     \
                                  int columns) {                                                                     \
    NormedRow row(weights, columns);                                                                                 \
    awaitResults();                                                                                                  \
    row.read(x + (long long)blockIdx.x * columns, epsilon);                                                          \
    quantize<IN_BLOCKS>(row, out, scales);                                                                           \
  }
QUANTIZE(quantizeRows, false, false)
QUANTIZE(quantizeBlocks, false, true)
QUANTIZE(gateRows, true, false)
QUANTIZE(gateBlocks, true, true)
NORM(normRows, false)
NORM(normBlocks, true)
