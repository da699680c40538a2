#include "numbers.cuh"
#include "heads.cuh"

// Operations on single rows: norms, positions, activation. One block a row unless said.

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

// Norms and rotates the heads of queries and keys and writes keys and values into their pages
// [page, kvHead, slot, dim]. A warp a head: grid (rows, ceil(all heads / warps of a block)).
extern "C" __global__ void place(const int* batch, half16* heads, half16* keys, half16* values,
                                 int queryHeads, int kvHeads, int dim, int pageSize,
                                 const float* frequencies, float stretch, const float* queryNorm,
                                 const float* keyNorm, float epsilon) {
  int row = blockIdx.x;
  int head = blockIdx.y * (blockDim.x / 32) + threadIdx.x / 32;
  if (row >= batch[ROWS] || head >= queryHeads + 2 * kvHeads) return;
  Turning turning = {frequencies, stretch, queryNorm, keyNorm, epsilon};
  half16* at = heads + ((long long)row * (queryHeads + 2 * kvHeads) + head) * dim;
  int position = batch[batch[POSITIONS] + row];
  if (head < queryHeads) {
    turn(at, at, queryNorm, turning, position, dim);
    return;
  }
  int table = batch[batch[TABLE_OF_ROW] + row];
  long long page = batch[batch[TABLES] + table + position / pageSize];
  int kvHead = (head - queryHeads) % kvHeads;
  long long to = ((page * kvHeads + kvHead) * pageSize + position % pageSize) * dim;
  if (head < queryHeads + kvHeads)
    turn(at, keys + to, keyNorm, turning, position, dim);
  else
    copyHead(at, values + to, dim);
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

// Copies the first tokens of a page to another, in neighbouring cells of one shape: grid (cells * 2, kvHeads).
extern "C" __global__ void copyPage(half16* pool, long long layerNumbers, int from, int to, int tokens,
                                    int pageSize, int dim) {
  half16* layer = pool + blockIdx.x * layerNumbers;
  long long a = ((long long)from * gridDim.y + blockIdx.y) * pageSize * dim;
  long long b = ((long long)to * gridDim.y + blockIdx.y) * pageSize * dim;
  for (int i = threadIdx.x; i < tokens * dim; i += blockDim.x) layer[b + i] = layer[a + i];
}
