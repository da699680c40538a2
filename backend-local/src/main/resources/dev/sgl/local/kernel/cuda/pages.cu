#include "numbers.cuh"
#include "heads.cuh"
#include "kept.cuh"

// Operations on the pages of keys and values.

#define READ_FIRST 6 // heads that a warp reads before it needs the first of them

// Norms and rotates the heads of queries and keys, norms those of values where there are weights, and writes keys and
// values into their pages [page, kvHead, numbers of a page]. Rows of `heads` are queries, keys and values, or queries
// alone; queries are written into `turned`, whose rows have room for all. A block of threads takes a row, and each warp
// some of the heads: the angles are the same for all.
template <int PAIRS>
__device__ __forceinline__ void place(const int* batch, const half16* heads, int all, half16* turned, kept* keys,
                                      kept* values, int queryHeads, int kvHeads, int dim, int pageSize,
                                      const Turning& turning, const float* valueNorm) {
  letTheNextBegin();
  awaitResults();
  int row = blockIdx.x, warps = blockDim.x / 32;
  const half16* headsOfRow = heads + (long long)row * all * dim;
  HeadPairs<PAIRS> numbers[READ_FIRST];
  auto read = [&](int first) {
#pragma unroll
    for (int r = 0; r < READ_FIRST; r++)
      if (first + r * warps < all) numbers[r].read(headsOfRow + (first + r * warps) * dim, dim);
  };
  read(threadIdx.x / 32); // before all else, since they are far away
  if (row >= batch[ROWS]) return;
  int position = batch[batch[POSITIONS] + row], table = batch[batch[TABLE_OF_ROW] + row];
  long long page = batch[batch[TABLES] + table + position / pageSize];
  Angles<PAIRS> angles;
  angles.turnTo(position, turning, dim);
  for (int first = threadIdx.x / 32; first < all; first += READ_FIRST * warps) {
    if (first >= warps) read(first);
#pragma unroll
    for (int r = 0; r < READ_FIRST; r++) {
      int head = first + r * warps;
      if (head >= all) break;
      half16* query = turned + ((long long)row * (queryHeads + 2 * kvHeads) + head) * dim;
      long long to = (page * kvHeads + (head - queryHeads) % kvHeads) * pageSize * dim;
      auto place = [&](int i) { return to + inPage(position % pageSize, i, dim, pageSize); };
      if (head < queryHeads)
        numbers[r].turn(turning.queryNorm, turning.epsilon, angles, dim,
                        [&](int i, float x, float y) { *(unsigned*)(query + i) = pack(x, y); });
      else if (head < queryHeads + kvHeads)
        numbers[r].turn(turning.keyNorm, turning.epsilon, angles, dim,
                        [&](int i, float x, float y) { keepTwo(keys + place(i), x, y); });
      else
        numbers[r].forEach(valueNorm, turning.epsilon, dim,
                           [&](int i, float x, float y) { keepTwo(values + place(i), x, y); });
    }
  }
}

// For heads of up to 128, 256 and 512 numbers.
#define PLACE(NAME, PAIRS)                                                                                           \
  extern "C" __global__ void NAME(const int* batch, const half16* heads, int all, half16* turned, kept* keys,        \
                                  kept* values, int queryHeads, int kvHeads, int dim, int pageSize,                  \
                                  const float* frequencies, float stretch, const float* queryNorm,                   \
                                  const float* keyNorm, float epsilon, const float* valueNorm) {                     \
    place<PAIRS>(batch, heads, all, turned, keys, values, queryHeads, kvHeads, dim, pageSize,                        \
                 {frequencies, stretch, queryNorm, keyNorm, epsilon}, valueNorm);                                    \
  }
PLACE(place128, 1)
PLACE(place256, 2)
PLACE(place512, 4)

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
