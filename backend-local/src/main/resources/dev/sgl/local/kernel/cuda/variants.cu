#include "numbers.cuh"

// Operations on rows that only some families of models have. One block a row, or several where `column` is used.

// The columns of a thread: from the first on, with steps of `columnsApart`.
__device__ __forceinline__ int column() { return blockIdx.y * blockDim.x + threadIdx.x; }
__device__ __forceinline__ int columnsApart() { return gridDim.y * blockDim.x; }

// The sum over the columns of a row of what `of` gives for each.
template <typename Of> __device__ __forceinline__ float rowSum(int columns, Of of) {
  float sum = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += of(i);
  return blockSum(sum);
}

extern "C" __global__ void narrowRows(const float* x, half16* out, int columns) {
  letTheNextBegin();
  awaitResults();
  long long row = (long long)blockIdx.x * columns;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) out[row + i] = narrow(x[row + i]);
}

extern "C" __global__ void scaleRows(const int* batch, float* x, float factor, int columns) {
  letTheNextBegin();
  awaitResults();
  if (blockIdx.x >= batch[ROWS]) return; // nobody writes these rows anew
  for (int i = threadIdx.x; i < columns; i += blockDim.x) x[(long long)blockIdx.x * columns + i] *= factor;
}

// x += positions[first + position] + segments[segment], of tables in single precision.
extern "C" __global__ void addLearned(const int* batch, const float* positions, int first, const float* segments, float* x,
                                      int columns) {
  letTheNextBegin();
  awaitResults();
  int row = blockIdx.x;
  if (row >= batch[ROWS]) return;
  const float* position = positions + (long long)(first + batch[batch[POSITIONS] + row]) * columns;
  const float* segment = segments + (long long)batch[batch[SEGMENTS] + row] * columns;
  float* sum = x + (long long)row * columns;
  for (int i = column(); i < columns; i += columnsApart()) sum[i] += position[i] + segment[i];
}

// Layer norm (Ba et al., 2016); `bias` may be null. `put` gets the column and the number; it may write x itself.
template <typename Put>
__device__ __forceinline__ void centered(const float* x, const float* weight, const float* bias, float epsilon, int columns,
                                         Put put) {
  float mean = rowSum(columns, [&](int i) { return x[i]; }) / columns;
  float variance = rowSum(columns, [&](int i) { return (x[i] - mean) * (x[i] - mean); }) / columns;
  float scale = rsqrtf(variance + epsilon);
  for (int i = threadIdx.x; i < columns; i += blockDim.x)
    put(i, (x[i] - mean) * scale * weight[i] + (bias ? bias[i] : 0));
}

extern "C" __global__ void layerNorm(const float* x, const float* weight, const float* bias, float epsilon,
                                  half16* out, int columns) {
  letTheNextBegin();
  awaitResults();
  long long row = (long long)blockIdx.x * columns;
  centered(x + row, weight, bias, epsilon, columns, [&](int i, float y) { out[row + i] = narrow(y); });
}

// The same in place.
extern "C" __global__ void layerNormOfSum(float* x, const float* weight, const float* bias, float epsilon, int columns) {
  letTheNextBegin();
  awaitResults();
  float* row = x + (long long)blockIdx.x * columns;
  centered(row, weight, bias, epsilon, columns, [&](int i, float y) { row[i] = y; });
}

// The same of the sampled rows only, one behind the other.
extern "C" __global__ void layerNormSampled(const int* batch, const float* x, const float* weight, const float* bias,
                                         float epsilon, half16* out, int columns, int first) {
  letTheNextBegin();
  awaitResults();
  long long row = batch[batch[SAMPLED] + first + blockIdx.x];
  half16* to = out + (long long)blockIdx.x * columns;
  centered(x + row * columns, weight, bias, epsilon, columns, [&](int i, float y) { to[i] = narrow(y); });
}

// The sampled rows as they are.
extern "C" __global__ void narrowSampled(const int* batch, const float* x, half16* out, int columns, int first) {
  letTheNextBegin();
  awaitResults();
  const float* row = x + (long long)batch[batch[SAMPLED] + first + blockIdx.x] * columns;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) out[(long long)blockIdx.x * columns + i] = narrow(row[i]);
}

// x = (x + norm(in)) * factor, with the root-mean-square norm.
extern "C" __global__ void addNormed(const half16* in, const float* weight, float epsilon, float factor, float* x, int columns) {
  letTheNextBegin();
  awaitResults();
  long long row = (long long)blockIdx.x * columns;
  float squares = rowSum(columns, [&](int i) { return widen(in[row + i]) * widen(in[row + i]); });
  float scale = rsqrtf(squares / columns + epsilon);
  for (int i = threadIdx.x; i < columns; i += blockDim.x) x[row + i] = (x[row + i] + widen(in[row + i]) * scale * weight[i]) * factor;
}

// The same norm of some columns of each row, in their place.
extern "C" __global__ void normPart(half16* x, int stride, int from, int columns, const float* weight, float epsilon) {
  letTheNextBegin();
  awaitResults();
  half16* part = x + (long long)blockIdx.x * stride + from;
  float squares = rowSum(columns, [&](int i) { return widen(part[i]) * widen(part[i]); });
  float scale = rsqrtf(squares / columns + epsilon);
  for (int i = threadIdx.x; i < columns; i += blockDim.x) part[i] = narrow(widen(part[i]) * scale * weight[i]);
}

__device__ __forceinline__ float activated(float x, int activation) {
  if (activation == SILU) return silu(x);
  if (activation == GELU) return x / 2 * (1 + erff(x * 0.70710678f));
  if (activation != GELU_TANH) __trap();
  return x / (1 + __expf(-1.5957691216057308f * x * (1 + 0.044715f * x * x))); // 2 sqrt(2 / pi)
}

// out = activation(gate) * up, where a row of gateUp is a gate and behind it an up.
extern "C" __global__ void gateBy(const half16* gateUp, half16* out, int inner, int activation) {
  letTheNextBegin();
  awaitResults();
  const half16* gates = gateUp + 2ll * blockIdx.x * inner;
  for (int i = column(); i < inner; i += columnsApart())
    out[(long long)blockIdx.x * inner + i] = narrow(activated(widen(gates[i]), activation) * widen(gates[inner + i]));
}

// out = activation(out) * by, where a row of `by` has `stride` numbers, of which those from `first` on are read.
extern "C" __global__ void gateByPart(half16* out, const float* by, int stride, int first, int columns, int activation) {
  letTheNextBegin();
  awaitResults();
  half16* row = out + (long long)blockIdx.x * columns;
  const float* factors = by + (long long)blockIdx.x * stride + first;
  for (int i = column(); i < columns; i += columnsApart()) row[i] = narrow(activated(widen(row[i]), activation) * factors[i]);
}

extern "C" __global__ void activate(half16* x, int columns, int activation) {
  letTheNextBegin();
  awaitResults();
  half16* row = x + (long long)blockIdx.x * columns;
  for (int i = column(); i < columns; i += columnsApart()) row[i] = narrow(activated(widen(row[i]), activation));
}

// x = cap * tanh(x / cap)
extern "C" __global__ void capRows(float* x, float cap, int columns) {
  letTheNextBegin();
  awaitResults();
  float* row = x + (long long)blockIdx.x * columns;
  for (int i = column(); i < columns; i += columnsApart()) row[i] = cap * tanhf(row[i] / cap);
}

// Multiplies the first columns of each row, its queries, by 1 + rate * ln(1 + floor(position / span)).
extern "C" __global__ void growQueries(const int* batch, half16* heads, int stride, int columns, float rate, int span) {
  letTheNextBegin();
  awaitResults();
  if (blockIdx.x >= batch[ROWS]) return;
  int position = batch[batch[POSITIONS] + blockIdx.x];
  float factor = 1 + rate * log1pf((float)(position / span));
  half16* row = heads + (long long)blockIdx.x * stride;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) row[i] = narrow(widen(row[i]) * factor);
}
