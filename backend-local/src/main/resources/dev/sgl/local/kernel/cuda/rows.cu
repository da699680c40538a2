#include "numbers.cuh"

// Operations on single rows: norms, biases, activation. One block a row unless said.

// out = x / sqrt(mean(x^2) + epsilon) * weight (Zhang and Sennrich, 2019).
extern "C" __global__ void rmsNorm(const float* x, const float* weight, float epsilon, half16* out,
                                int hidden) {
  letTheNextBegin();
  awaitResults();
  const float* row = x + (long long)blockIdx.x * hidden;
  float sum = 0;
  for (int i = threadIdx.x; i < hidden; i += blockDim.x) sum += row[i] * row[i];
  float scale = rsqrtf(blockSum(sum) / hidden + epsilon);
  for (int i = threadIdx.x; i < hidden; i += blockDim.x)
    out[(long long)blockIdx.x * hidden + i] = narrow(row[i] * scale * weight[i]);
}

// The same of the sampled rows only, one behind the other.
extern "C" __global__ void rmsNormSampled(const int* batch, const float* x, const float* weight,
                                          float epsilon, half16* out, int hidden, int first) {
  letTheNextBegin();
  awaitResults();
  int row = batch[batch[SAMPLED] + first + blockIdx.x];
  const float* from = x + (long long)row * hidden;
  float sum = 0;
  for (int i = threadIdx.x; i < hidden; i += blockDim.x) sum += from[i] * from[i];
  float scale = rsqrtf(blockSum(sum) / hidden + epsilon);
  for (int i = threadIdx.x; i < hidden; i += blockDim.x)
    out[(long long)blockIdx.x * hidden + i] = narrow(from[i] * scale * weight[i]);
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

// out = silu(gate) * up, where a row of gateUp is a gate and behind it an up; two numbers a thread.
extern "C" __global__ void gate(const half16* gateUp, half16* out, int inner) {
  letTheNextBegin();
  awaitResults();
  int i = 2 * (blockIdx.y * blockDim.x + threadIdx.x);
  if (i >= inner) return;
  const half16* row = gateUp + (long long)blockIdx.x * 2 * inner;
  unsigned g = *(const unsigned*)(row + i), u = *(const unsigned*)(row + inner + i);
  float a = low(g), b = high(g);
  a = a / (1 + __expf(-a)) * low(u);
  b = b / (1 + __expf(-b)) * high(u);
  *(unsigned*)(out + (long long)blockIdx.x * inner + i) = pack(a, b);
}
