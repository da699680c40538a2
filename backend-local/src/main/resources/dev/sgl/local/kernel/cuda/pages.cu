#include "numbers.cuh"
#include "heads.cuh"
#include "kept.cuh"

// Operations on the pages of keys and values.

// Norms and rotates the heads of queries and keys and writes keys and values into their pages
// [page, kvHead, numbers of a page]. A warp a head: grid (rows, ceil(all heads / warps of a block)).
extern "C" __global__ void place(const int* batch, half16* heads, kept* keys, kept* values,
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
    turn(at, queryNorm, turning, position, dim, [&](int i, float x) { at[i] = narrow(x); });
    return;
  }
  int table = batch[batch[TABLE_OF_ROW] + row];
  long long page = batch[batch[TABLES] + table + position / pageSize];
  int kvHead = (head - queryHeads) % kvHeads;
  long long to = (page * kvHeads + kvHead) * pageSize * dim;
  auto place = [&](int i) { return to + inPage(position % pageSize, i, dim, pageSize); };
  if (head < queryHeads + kvHeads)
    turn(at, keyNorm, turning, position, dim, [&](int i, float x) { keys[place(i)] = keep(x); });
  else
    keepHead(at, dim, [&](int i) { return values + place(i); });
}

// Copies the first tokens of a page to another, in neighbouring cells of one shape: grid (cells * 2, kvHeads).
extern "C" __global__ void copyPage(kept* pool, long long cellNumbers, int from, int to, int tokens,
                                    int pageSize, int dim) {
  kept* cell = pool + blockIdx.x * cellNumbers;
  long long a = ((long long)from * gridDim.y + blockIdx.y) * pageSize * dim;
  long long b = ((long long)to * gridDim.y + blockIdx.y) * pageSize * dim;
  for (int i = threadIdx.x; i < tokens * dim; i += blockDim.x) {
    int at = inPage(i / dim, i % dim, dim, pageSize);
    cell[b + at] = cell[a + at];
  }
}
