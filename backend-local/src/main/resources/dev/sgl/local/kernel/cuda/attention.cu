// Attention over pages with the tensor cores, in the way of FlashAttention-2 (Dao, 2023): scores are
// never written, the softmax runs along. DIM is the size of a head, a multiple of 16; PAGE is the
// number of tokens of a page.
//
// Work comes as items: some query vectors (rows of the batch times the heads that share a head of
// the keys) against a range of positions of one page table. An item that sees all that its rows see
// writes their result; else it writes a part, and `merge` puts the parts together. So a long context
// is split, and a prefix that several rows share is read once for all of them (cascade).

#define TILE 64                 // keys of a step
#define STRIDE (DIM + 8)        // of a row in shared memory: no two rows of eight meet in a bank
#define STEPS (DIM / 16)        // of a product over a head

struct Item {
  int firstRow, rows;    // of the list of rows
  int kvHead;
  int begin, end;        // positions
  int table;             // where its pages begin among all tables
  int part, partStride;  // where the parts of its vectors go, or -1; unused
};

__device__ __forceinline__ unsigned shared(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }

__device__ __forceinline__ void copyAsync(void* to, const void* from, bool real) {
  int bytes = real ? 16 : 0; // what is not read becomes 0
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared(to)), "l"(from), "r"(bytes));
}
__device__ __forceinline__ void commit() { asm volatile("cp.async.commit_group;"); }
template <int N> __device__ __forceinline__ void waitFor() { asm volatile("cp.async.wait_group %0;" ::"n"(N)); }

__device__ __forceinline__ void load4(unsigned* r, const void* at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared(at)));
}
__device__ __forceinline__ void load4Transposed(unsigned* r, const void* at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared(at)));
}
__device__ __forceinline__ void multiply(float* c, const unsigned* a, const unsigned* b) {
#if BF16
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
#else
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
#endif
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

struct Pages {
  const half16* keys;
  const half16* values;
  const int* table;
  int kvHeads, kvHead;
};

// Begins to copy a tile of keys and values into shared memory.
__device__ __forceinline__ void fetch(half16* keys, half16* values, const Pages& p, int first, int end) {
  constexpr int CHUNKS = DIM / 8;
#pragma unroll
  for (int i = 0; i < TILE * CHUNKS; i += 128) {
    int own = i + threadIdx.x, key = own / CHUNKS, chunk = own % CHUNKS, position = first + key;
    bool real = position < end;
    int page = real ? p.table[position / PAGE] : 0;
    long long at = ((long long)(page * p.kvHeads + p.kvHead) * PAGE + (real ? position % PAGE : 0)) * DIM + chunk * 8;
    copyAsync(keys + key * STRIDE + chunk * 8, p.keys + at, real);
    copyAsync(values + key * STRIDE + chunk * 8, p.values + at, real);
  }
  commit();
}

// WIDE: four warps with 16 query vectors each, all over every tile of keys. Otherwise 16 vectors for
// the whole block, each warp with a quarter of every tile.
template <bool WIDE>
__device__ __forceinline__ void attend(const int* batch, const half16* heads, half16* out, float* parts,
                                       float* partSums, const half16* keys, const half16* values,
                                       int queryHeads, int kvHeads, int window, const Item& item, half16* memory) {
  constexpr int NT = WIDE ? TILE / 8 : TILE / 32; // tiles of 8 keys of a warp
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  int group = queryHeads / kvHeads;
  int vectors = item.rows * group;
  const int* itemRows = batch + batch[ITEM_ROWS] + item.firstRow;
  int rowNumbers = (queryHeads + 2 * kvHeads) * DIM;
  Pages pages = {keys, values, batch + batch[TABLES] + item.table, kvHeads, item.kvHead};
  constexpr int NUMBERS = TILE * STRIDE;
  half16* tileKeys = memory; // of two tiles each
  half16* tileValues = memory + 2 * NUMBERS;

  // the queries, through the memory of the second tile
  half16* q = tileKeys + NUMBERS;
  constexpr int M = WIDE ? 64 : 16;
  for (int i = threadIdx.x; i < M * (DIM / 8); i += 128) {
    int v = i / (DIM / 8), chunk = i % (DIM / 8);
    uint4 x = make_uint4(0, 0, 0, 0);
    if (v < vectors)
      x = *(const uint4*)(heads + (long long)itemRows[v / group] * rowNumbers + (item.kvHead * group + v % group) * DIM + chunk * 8);
    *(uint4*)(q + v * STRIDE + chunk * 8) = x;
  }
  fetch(tileKeys, tileValues, pages, item.begin, item.end);
  __syncthreads();
  unsigned queries[STEPS][4];
  int base = WIDE ? warp * 16 : 0;
#pragma unroll
  for (int s = 0; s < STEPS; s++) load4(queries[s], q + (base + lane % 16) * STRIDE + s * 16 + lane / 16 * 8);
  __syncthreads();

  int v0 = base + lane / 4, v1 = v0 + 8; // the vectors whose numbers this lane has
  int p0 = v0 < vectors ? batch[batch[POSITIONS] + itemRows[v0 / group]] : -1;
  int p1 = v1 < vectors ? batch[batch[POSITIONS] + itemRows[v1 / group]] : -1;
  int from0 = p0 - window + 1, from1 = p1 - window + 1;
  int firstPosition = batch[batch[POSITIONS] + itemRows[0]];
  int lastPosition = batch[batch[POSITIONS] + itemRows[item.rows - 1]];
  int allTo = min(item.end, firstPosition + 1); // positions that every row sees
  int allFrom = lastPosition - window + 1;
  float most0 = -INFINITE, most1 = -INFINITE, sum0 = 0, sum1 = 0;
  float o[STEPS * 2][4];
#pragma unroll
  for (int i = 0; i < STEPS * 2; i++) o[i][0] = o[i][1] = o[i][2] = o[i][3] = 0;
  float scale = rsqrtf((float)DIM) * 1.4426950408889634f; // for powers of two

  int tiles = (item.end - item.begin + TILE - 1) / TILE;
  for (int t = 0; t < tiles; t++) {
    int now = t & 1, first = item.begin + t * TILE;
    if (t + 1 < tiles) {
      fetch(tileKeys + (now ^ 1) * NUMBERS, tileValues + (now ^ 1) * NUMBERS, pages, first + TILE, item.end);
      waitFor<1>();
    } else {
      waitFor<0>();
    }
    __syncthreads();
    int offset = WIDE ? 0 : warp * (TILE / 4);
    const half16* k = tileKeys + now * NUMBERS + offset * STRIDE;
    const half16* v = tileValues + now * NUMBERS + offset * STRIDE;
    float s[NT][4];
#pragma unroll
    for (int n = 0; n < NT; n++) s[n][0] = s[n][1] = s[n][2] = s[n][3] = 0;
#pragma unroll
    for (int step = 0; step < STEPS; step++)
#pragma unroll
      for (int n = 0; n < NT; n += 2) {
        unsigned b[4];
        load4(b, k + (n * 8 + lane % 8 + (lane / 16) * 8) * STRIDE + step * 16 + (lane / 8 % 2) * 8);
        multiply(s[n], queries[step], b);
        multiply(s[n + 1], queries[step], b + 2);
      }
    float max0 = most0, max1 = most1;
    if (first >= allFrom && first + TILE <= allTo) { // every row sees all of the tile
#pragma unroll
      for (int n = 0; n < NT; n++)
#pragma unroll
        for (int i = 0; i < 4; i++) s[n][i] *= scale;
    } else {
#pragma unroll
      for (int n = 0; n < NT; n++) {
        int p = first + offset + n * 8 + lane % 4 * 2;
#pragma unroll
        for (int i = 0; i < 2; i++) {
          int at = p + i;
          s[n][i] = at < item.end && at <= p0 && at >= from0 ? s[n][i] * scale : -INFINITE;
          s[n][2 + i] = at < item.end && at <= p1 && at >= from1 ? s[n][2 + i] * scale : -INFINITE;
        }
      }
    }
#pragma unroll
    for (int n = 0; n < NT; n++) {
      max0 = fmaxf(max0, fmaxf(s[n][0], s[n][1]));
      max1 = fmaxf(max1, fmaxf(s[n][2], s[n][3]));
    }
    max0 = fmaxf(max0, __shfl_xor_sync(~0u, max0, 1));
    max0 = fmaxf(max0, __shfl_xor_sync(~0u, max0, 2));
    max1 = fmaxf(max1, __shfl_xor_sync(~0u, max1, 1));
    max1 = fmaxf(max1, __shfl_xor_sync(~0u, max1, 2));
    float zero0 = max0 == -INFINITE ? 0 : max0, zero1 = max1 == -INFINITE ? 0 : max1;
    float shrink0 = exp2f(most0 - zero0), shrink1 = exp2f(most1 - zero1);
    most0 = max0;
    most1 = max1;
    sum0 *= shrink0;
    sum1 *= shrink1;
#pragma unroll
    for (int i = 0; i < STEPS * 2; i++) {
      o[i][0] *= shrink0;
      o[i][1] *= shrink0;
      o[i][2] *= shrink1;
      o[i][3] *= shrink1;
    }
#pragma unroll
    for (int n = 0; n < NT; n++) {
      s[n][0] = exp2f(s[n][0] - zero0);
      s[n][1] = exp2f(s[n][1] - zero0);
      s[n][2] = exp2f(s[n][2] - zero1);
      s[n][3] = exp2f(s[n][3] - zero1);
      sum0 += s[n][0] + s[n][1];
      sum1 += s[n][2] + s[n][3];
    }
#pragma unroll
    for (int n = 0; n < NT; n += 2) {
      unsigned a[4] = {pack(s[n][0], s[n][1]), pack(s[n][2], s[n][3]), pack(s[n + 1][0], s[n + 1][1]),
                       pack(s[n + 1][2], s[n + 1][3])};
#pragma unroll
      for (int d = 0; d < STEPS; d++) {
        unsigned b[4];
        load4Transposed(b, v + (n * 8 + lane % 16) * STRIDE + d * 16 + lane / 16 * 8);
        multiply(o[2 * d], a, b);
        multiply(o[2 * d + 1], a, b + 2);
      }
    }
    __syncthreads();
  }
  sum0 += __shfl_xor_sync(~0u, sum0, 1);
  sum0 += __shfl_xor_sync(~0u, sum0, 2);
  sum1 += __shfl_xor_sync(~0u, sum1, 1);
  sum1 += __shfl_xor_sync(~0u, sum1, 2);

  if (!WIDE) { // put the four warps together
    float* stats = (float*)memory;                  // [warp][16][2]
    float* numbers = stats + 4 * 16 * 2;            // [16][DIM]
    if (lane % 4 == 0) {
      stats[(warp * 16 + v0) * 2] = most0;
      stats[(warp * 16 + v0) * 2 + 1] = sum0;
      stats[(warp * 16 + v1) * 2] = most1;
      stats[(warp * 16 + v1) * 2 + 1] = sum1;
    }
    __syncthreads();
    float all0 = -INFINITE, all1 = -INFINITE;
    for (int w = 0; w < 4; w++) {
      all0 = fmaxf(all0, stats[(w * 16 + v0) * 2]);
      all1 = fmaxf(all1, stats[(w * 16 + v1) * 2]);
    }
    float zero0 = all0 == -INFINITE ? 0 : all0, zero1 = all1 == -INFINITE ? 0 : all1;
    float total0 = 0, total1 = 0;
    for (int w = 0; w < 4; w++) {
      total0 += stats[(w * 16 + v0) * 2 + 1] * exp2f(stats[(w * 16 + v0) * 2] - zero0);
      total1 += stats[(w * 16 + v1) * 2 + 1] * exp2f(stats[(w * 16 + v1) * 2] - zero1);
    }
    float own0 = exp2f(most0 - zero0), own1 = exp2f(most1 - zero1);
    for (int w = 0; w < 4; w++) { // one after the other, always in the same order
      if (warp == w) {
#pragma unroll
        for (int d = 0; d < STEPS * 2; d++) {
          float* n0 = numbers + v0 * DIM + d * 8 + lane % 4 * 2;
          float* n1 = numbers + v1 * DIM + d * 8 + lane % 4 * 2;
          n0[0] = (w ? n0[0] : 0) + o[d][0] * own0;
          n0[1] = (w ? n0[1] : 0) + o[d][1] * own0;
          n1[0] = (w ? n1[0] : 0) + o[d][2] * own1;
          n1[1] = (w ? n1[1] : 0) + o[d][3] * own1;
        }
      }
      __syncthreads();
    }
    if (warp == 0) {
#pragma unroll
      for (int d = 0; d < STEPS * 2; d++) {
        float* n0 = numbers + v0 * DIM + d * 8 + lane % 4 * 2;
        float* n1 = numbers + v1 * DIM + d * 8 + lane % 4 * 2;
        o[d][0] = n0[0];
        o[d][1] = n0[1];
        o[d][2] = n1[0];
        o[d][3] = n1[1];
      }
    }
    most0 = all0;
    most1 = all1;
    sum0 = total0;
    sum1 = total1;
  }
  if (WIDE || warp == 0) {
    float by0 = sum0 > 0 ? 1 / sum0 : 0, by1 = sum1 > 0 ? 1 / sum1 : 0;
#pragma unroll
    for (int side = 0; side < 2; side++) {
      int v = side ? v1 : v0;
      if (v >= vectors) continue;
      float by = side ? by1 : by0;
      int column = lane % 4 * 2;
      if (item.part < 0) {
        half16* to = out + ((long long)itemRows[v / group] * queryHeads + item.kvHead * group + v % group) * DIM;
#pragma unroll
        for (int d = 0; d < STEPS * 2; d++)
          *(unsigned*)(to + d * 8 + column) = pack(o[d][2 * side] * by, o[d][2 * side + 1] * by);
      } else {
        float* to = parts + ((long long)item.part + v) * DIM;
#pragma unroll
        for (int d = 0; d < STEPS * 2; d++)
          *(float2*)(to + d * 8 + column) = make_float2(o[d][2 * side] * by, o[d][2 * side + 1] * by);
        if (lane % 4 == 0) {
          float sum = side ? sum1 : sum0, most = side ? most1 : most0;
          partSums[item.part + v] = sum > 0 ? most + log2f(sum) : -INFINITE;
        }
      }
    }
  }
  __syncthreads();
}

#define ATTEND(NAME, WIDE, ITEMS, COUNT)                                                               \
  extern "C" __global__ void __launch_bounds__(128) NAME(                                              \
      const int* batch, const half16* heads, half16* out, float* parts, float* partSums,               \
      const half16* keys, const half16* values, int queryHeads, int kvHeads, int window) {             \
    extern __shared__ __align__(16) half16 memory[];                                                   \
    const Item* items = (const Item*)(batch + batch[ITEMS]);                                           \
    int count = batch[COUNT];                                                                          \
    for (int i = blockIdx.x; i < count; i += gridDim.x)                                                \
      attend<WIDE>(batch, heads, out, parts, partSums, keys, values, queryHeads, kvHeads, window,      \
                   items[i], memory);                                                                  \
  }
ATTEND(attendWide, true, WIDE_ITEMS, WIDE_COUNT)
ATTEND(attendNarrow, false, NARROW_ITEMS, NARROW_COUNT)

// A row's result from its parts: {row, count, parts of head 0 of the keys..., with their strides}.
struct Merge {
  int row, first, count, unused; // of the list of parts: pairs (place, places of a head of the keys)
};

extern "C" __global__ void merge(const int* batch, half16* out, const float* parts, const float* partSums,
                                 int queryHeads, int kvHeads) {
  const Merge* merges = (const Merge*)(batch + batch[MERGES]);
  int group = queryHeads / kvHeads;
  int warps = blockDim.x / 32, lane = threadIdx.x % 32;
  int all = batch[MERGE_COUNT] * queryHeads;
  for (int i = blockIdx.x * warps + threadIdx.x / 32; i < all; i += gridDim.x * warps) {
    Merge m = merges[i / queryHeads];
    int head = i % queryHeads;
    const int* list = batch + batch[MERGES] + m.first;
    float most = -INFINITE;
    for (int c = 0; c < m.count; c++)
      most = fmaxf(most, partSums[list[2 * c] + head / group * list[2 * c + 1] + head % group]);
    float numbers[(DIM + 31) / 32];
#pragma unroll
    for (int d = 0; d < (DIM + 31) / 32; d++) numbers[d] = 0;
    float total = 0;
    for (int c = 0; c < m.count; c++) {
      long long part = list[2 * c] + head / group * list[2 * c + 1] + head % group;
      float weight = exp2f(partSums[part] - most);
      total += weight;
#pragma unroll
      for (int d = 0; d < (DIM + 31) / 32; d++)
        if (d * 32 + lane < DIM) numbers[d] += weight * parts[part * DIM + d * 32 + lane];
    }
#pragma unroll
    for (int d = 0; d < (DIM + 31) / 32; d++)
      if (d * 32 + lane < DIM)
        out[((long long)m.row * queryHeads + head) * DIM + d * 32 + lane] = narrow(numbers[d] / total);
  }
}
