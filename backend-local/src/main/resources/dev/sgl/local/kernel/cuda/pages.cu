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
  letTheNextBegin();
  awaitResults();
  int row = blockIdx.x, head = blockIdx.y * (blockDim.x / 32) + threadIdx.x / 32;
  if (head >= queryHeads + 2 * kvHeads) return;
  half16* at = heads + ((long long)row * (queryHeads + 2 * kvHeads) + head) * dim;
  HeadPairs numbers; // read first, since they are far away
  numbers.read(at, dim);
  if (row >= batch[ROWS]) return;
  Turning turning = {frequencies, stretch, queryNorm, keyNorm, epsilon};
  int position = batch[batch[POSITIONS] + row];
  Angles angles;
  if (head < queryHeads + kvHeads) angles.turnTo(position, turning, dim);
  if (head < queryHeads) {
    numbers.turn(queryNorm, epsilon, angles, dim, [&](int i, float x, float y) { *(unsigned*)(at + i) = pack(x, y); });
    return;
  }
  int table = batch[batch[TABLE_OF_ROW] + row];
  long long page = batch[batch[TABLES] + table + position / pageSize];
  long long to = (page * kvHeads + (head - queryHeads) % kvHeads) * pageSize * dim;
  auto place = [&](int i) { return to + inPage(position % pageSize, i, dim, pageSize); };
  if (head < queryHeads + kvHeads)
    numbers.turn(keyNorm, epsilon, angles, dim, [&](int i, float x, float y) { keepTwo(keys + place(i), x, y); });
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
