#include "numbers.cuh"
#include "tiles.cuh"

// Products of 2 to 8 rows with a weight of 16 bits, which is read once, on the tensor cores: rows of the weight are those
// of their first operand, the rows of x the columns of the second. A block of threads computes a tile of 8 or 16 outputs,
// and its warps take the columns in turn, 32 at a time. The first weights are on their way before the results of the
// kernel before are awaited.
//
// A lane's 16 bytes of a row are 8 columns, one after the other, where the tensor cores would have pairs of 16 columns;
// products do not mind, since x comes in the same order.
//
// From Java: THREADS of a block at most.

#define MOST_WARPS (THREADS / 32)
#define MOST_ROWS 8
#define STEP 32 // columns
#define DEPTH 8 // steps whose weights are on their way

// MODE: as in gemv.cu. SIDES: halves of a tile of 8 rows of the weight. GATED: the weight's upper half are gates, its
// lower half ups, of which a tile has 8 each, and out = silu(gate) * up.
template <int MODE, int SIDES, bool GATED>
__device__ __forceinline__ void product(const half16* x, const half16* weight, void* out, int rows, int columns, int outputs,
                                        int stride) {
  constexpr int RESULTS = GATED ? 8 : 8 * SIDES;
  __shared__ float sumsOf[MOST_WARPS][8 * SIDES][MOST_ROWS + 1];
  letTheNextBegin();
  int warps = blockDim.x / 32, warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, q = lane % 4;
  int first = blockIdx.x * RESULTS, pieces = columns / 8, steps = (columns + STEP - 1) / STEP;
  auto piece = [&](int step) { return step * (STEP / 8) + q; };
  const uint4* ownRows[SIDES];
  bool isReal[SIDES];
#pragma unroll
  for (int s = 0; s < SIDES; s++) {
    int output = first + g + (GATED ? 0 : 8 * s);
    isReal[s] = output < outputs;
    ownRows[s] = (const uint4*)weight + (long long)(output + (GATED ? s * outputs : 0)) * pieces;
  }
  uint4 weights[DEPTH][SIDES];
  auto fetch = [&](int d, int step) {
#pragma unroll
    for (int s = 0; s < SIDES; s++)
      weights[d][s] = isReal[s] && piece(step) < pieces ? __ldcs(ownRows[s] + piece(step)) : make_uint4(0, 0, 0, 0);
  };
#pragma unroll
  for (int d = 0; d < DEPTH; d++) fetch(d, warp + d * warps);
  awaitResults(); // weights are no results

  const uint4* ownX = (const uint4*)x + (long long)g * pieces;
  float sums[4] = {};
  for (int begin = warp; begin < steps; begin += DEPTH * warps) {
    uint4 numbers[DEPTH];
#pragma unroll
    for (int d = 0; d < DEPTH; d++) {
      int at = piece(begin + d * warps);
      numbers[d] = g < rows && at < pieces ? ownX[at] : make_uint4(0, 0, 0, 0);
    }
#pragma unroll
    for (int d = 0; d < DEPTH; d++) {
      uint4 upper = weights[d][0], lower = SIDES > 1 ? weights[d][SIDES - 1] : make_uint4(0, 0, 0, 0), v = numbers[d];
      unsigned earlier[4] = {upper.x, lower.x, upper.y, lower.y}, later[4] = {upper.z, lower.z, upper.w, lower.w};
      unsigned low[2] = {v.x, v.y}, high[2] = {v.z, v.w};
      multiply(sums, earlier, low);
      multiply(sums, later, high);
      fetch(d, begin + (d + DEPTH) * warps);
    }
  }

#pragma unroll
  for (int i = 0; i < 2 * SIDES; i++) sumsOf[warp][g + i / 2 * 8][2 * q + i % 2] = sums[i];
  __syncthreads();
  for (int i = threadIdx.x; i < rows * RESULTS; i += blockDim.x) {
    int own = i % RESULTS, row = i / RESULTS, output = first + own;
    if (output >= outputs) continue;
    float result = 0, up = 0;
#pragma unroll
    for (int w = 0; w < MOST_WARPS; w++) {
      if (w >= warps) break;
      result += sumsOf[w][own][row];
      if (GATED) up += sumsOf[w][own + RESULTS * (SIDES - 1)][row];
    }
    if (GATED) result = silu(result) * up;
    long long at = (long long)row * stride + output;
    if (MODE == 0) ((half16*)out)[at] = narrow(result);
    if (MODE == 1) ((float*)out)[at] += result;
    if (MODE == 2) ((float*)out)[at] = result;
  }
}

#define PRODUCT(NAME, MODE, SIDES, GATED)                                                                             \
  extern "C" __global__ void __launch_bounds__(THREADS) NAME(const half16* x, const half16* weight, void* out, int rows, \
                                                             int columns, int outputs, int stride) {                  \
    product<MODE, SIDES, GATED>(x, weight, out, rows, columns, outputs, stride);                                      \
  }
PRODUCT(write8, 0, 1, false)
PRODUCT(add8, 1, 1, false)
PRODUCT(logits8, 2, 1, false)
PRODUCT(write16, 0, 2, false)
PRODUCT(add16, 1, 2, false)
PRODUCT(logits16, 2, 2, false)
PRODUCT(gated, 0, 2, true)
