// Work comes as items: some query vectors (rows of the batch times the heads that share a head of the keys)
// against a range of positions of one page table. An item that sees all that its rows see writes their result;
// else it writes a part, and whoever writes the last part of a row puts all together. So a long context is
// split, and a prefix that several rows share is read once for all of them (cascade).
//
// A row sees the positions up to that in SEEN: its own, but for encoders, whose rows all see their whole sequence.
//
// Before this file: KEYS, positions of a step; THREADS, those that attend an item, and `meet`, where they wait for each
// other; TEAMS of that many threads, which attend items of their own; MOST_VECTORS, those of an item at most.

#define WARPS (THREADS / 32)

__device__ __forceinline__ int team() { return threadIdx.x / THREADS; }
// Of the threads and warps that attend the same item.
__device__ __forceinline__ int ownThread() { return threadIdx.x % THREADS; }
__device__ __forceinline__ int ownWarp() { return ownThread() / 32; }

struct Item {
  ITEM_FIELDS
};

// What all items of a layer have in common.
struct Layer {
  const int* batch;
  const half16* heads;   // of each row: queries, keys, values
  half16* out;
  float* parts;          // [vector, DIM]
  float* partSums;       // logarithms of what each part's weights add up to
  int* arrived;          // of each row and head of the keys: parts that are written; 0 between batches
  kept* keys;            // [page, kvHead, numbers of a page]
  kept* values;
  int queryHeads, kvHeads, window;
  Turning turning;

  __device__ __forceinline__ int group() const { return queryHeads / kvHeads; }
  __device__ __forceinline__ const half16* head(int row, int index) const {
    return heads + ((long long)row * (queryHeads + 2 * kvHeads) + index) * DIM;
  }
  // The place of a number of a token of a page.
  __device__ __forceinline__ long long at(int page, int kvHead, int token, int number) const {
    return (long long)(page * kvHeads + kvHead) * (PAGE * DIM) + inPage(token, number, DIM, PAGE);
  }
};

// A head's result of a row from its parts, by a warp.
__device__ __forceinline__ void merge(const Layer& l, int row, int kvHead, int head) {
  const int* own = l.batch + l.batch[PARTS_OF_ROW] + 2 * row;
  const int* list = l.batch + own[0]; // pairs: the place of a part, and what lies between heads of the keys
  int count = own[1], lane = threadIdx.x % 32;
  auto part = [&](int c) { return list[2 * c] + kvHead * list[2 * c + 1] + head; };
  float most = -INFINITE;
  for (int c = lane; c < count; c += 32) most = fmaxf(most, __ldcg(l.partSums + part(c)));
  for (int d = 16; d > 0; d >>= 1) most = fmaxf(most, __shfl_xor_sync(~0u, most, d));
  float numbers[(DIM + 31) / 32], total = 0;
#pragma unroll
  for (int d = 0; d < (DIM + 31) / 32; d++) numbers[d] = 0;
#pragma unroll 4
  for (int c = 0; c < count; c++) {
    long long p = part(c);
    float weight = exp2f(__ldcg(l.partSums + p) - most);
    total += weight;
#pragma unroll
    for (int d = 0; d < (DIM + 31) / 32; d++)
      if (d * 32 + lane < DIM) numbers[d] += weight * __ldcg(l.parts + p * DIM + d * 32 + lane);
  }
  half16* to = l.out + ((long long)row * l.queryHeads + kvHead * l.group() + head) * DIM;
#pragma unroll
  for (int d = 0; d < (DIM + 31) / 32; d++)
    if (d * 32 + lane < DIM) to[d * 32 + lane] = narrow(numbers[d] / total);
}

// Counts the parts of an item's rows, and puts those of a row together whose last they were.
__device__ __forceinline__ void arrive(const Layer& l, const Item& item, const int* itemRows) {
  __shared__ bool isLastOf[TEAMS][MOST_VECTORS];
  bool* isLast = isLastOf[team()];
  __threadfence(); // the parts are there for all before they are counted
  meet();
  if (ownThread() < item.rows) {
    int row = itemRows[ownThread()];
    int* arrived = l.arrived + row * l.kvHeads + item.kvHead;
    bool last = atomicAdd(arrived, 1) == l.batch[l.batch[PARTS_OF_ROW] + 2 * row + 1] - 1;
    if (last) *arrived = 0;
    isLast[ownThread()] = last;
  }
  __threadfence();
  meet();
  for (int v = ownWarp(); v < item.rows * l.group(); v += WARPS)
    if (isLast[v / l.group()]) merge(l, itemRows[v / l.group()], item.kvHead, v % l.group());
}

// Writes two numbers of a vector's result, or of a part of it.
__device__ __forceinline__ void put(const Layer& l, const Item& item, int row, int v, int column, float a, float b) {
  if (item.part < 0) {
    half16* to = l.out + ((long long)row * l.queryHeads + item.kvHead * l.group() + v % l.group()) * DIM;
    *(unsigned*)(to + column) = pack(a, b);
  } else {
    *(float2*)(l.parts + ((long long)item.part + v) * DIM + column) = make_float2(a, b);
  }
}

// The positions that an item reads, and those that each of its rows sees.
struct Range {
  int begin, end;
  int allFrom, allTo;

  __device__ __forceinline__ int tiles() const { return (end - begin + KEYS - 1) / KEYS; }
};

__device__ __forceinline__ Range range(const Layer& l, const Item& item, const int* itemRows, const int* positions) {
  int first = positions[itemRows[0]];
  Range range = {item.begin, item.end, 0, min(item.end, first + 1)};
  if (l.window < UNLIMITED) {
    int lowest = first, highest = first;
    for (int r = 1; r < item.rows; r++) {
      lowest = min(lowest, positions[itemRows[r]]);
      highest = max(highest, positions[itemRows[r]]);
    }
    range.allFrom = highest - l.window + 1;
    range.begin += max(0, lowest - l.window + 1 - range.begin) / TILE * TILE; // no row sees the positions before
  }
  return range;
}
