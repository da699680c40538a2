#include "numbers.cuh"
#include "norms.cuh"

// Operations on single rows: norms, biases, activation. One block a row unless said.

__device__ __forceinline__ void norm(NormedRow& normed, const float* x, float epsilon, half16* out) {
  int columns = normed.columns;
  normed.read(x, epsilon);
  normed.forEach((columns + 3) / 4, [&](int i, float4 v) {
    if (columns % 4 == 0) {
      ((uint2*)out)[i] = make_uint2(pack(v.x, v.y), pack(v.z, v.w));
    } else {
      float numbers[4] = {v.x, v.y, v.z, v.w};
      for (int k = 0; k < 4 && 4 * i + k < columns; k++) out[4 * i + k] = narrow(numbers[k]);
    }
  });
}

extern "C" __global__ void rmsNorm(const float* x, const float* weight, float epsilon, half16* out,
                                int hidden) {
  NormedRow normed(weight, hidden);
  letTheNextBegin();
  awaitResults();
  norm(normed, x + (long long)blockIdx.x * hidden, epsilon, out + (long long)blockIdx.x * hidden);
}

// The same of the sampled rows only, one behind the other.
extern "C" __global__ void rmsNormSampled(const int* batch, const float* x, const float* weight,
                                          float epsilon, half16* out, int hidden, int first) {
  NormedRow normed(weight, hidden);
  letTheNextBegin();
  awaitResults();
  int row = batch[batch[SAMPLED] + first + blockIdx.x];
  norm(normed, x + (long long)row * hidden, epsilon, out + (long long)blockIdx.x * hidden);
}

extern "C" __global__ void addBias(half16* x, const float* bias, int columns) {
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    long long at = (long long)blockIdx.x * columns + i;
    x[at] = narrow(widen(x[at]) + bias[i]);
  }
}

extern "C" __global__ void addBiasToSum(float* x, const float* bias, int columns) {
  for (int i = threadIdx.x; i < columns; i += blockDim.x) x[(long long)blockIdx.x * columns + i] += bias[i];
}

// out = silu(gate) * up, where a row of gateUp is a gate and behind it an up; eight numbers a thread.
extern "C" __global__ void gate(const half16* gateUp, half16* out, int inner) {
  letTheNextBegin();
  awaitResults();
  int i = 8 * (blockIdx.y * blockDim.x + threadIdx.x);
  if (i >= inner) return;
  const half16* gates = gateUp + (long long)blockIdx.x * 2 * inner + i;
  half16* to = out + (long long)blockIdx.x * inner + i;
  if (inner % 8 == 0) {
    uint4 g = *(const uint4*)gates, u = *(const uint4*)(gates + inner);
    *(uint4*)to = make_uint4(gated(g.x, u.x), gated(g.y, u.y), gated(g.z, u.z), gated(g.w, u.w));
  } else {
    for (int k = 0; k < 8 && i + k < inner; k++) to[k] = (half16)gated(gates[k], gates[inner + k]);
  }
}
