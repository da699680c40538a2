// Queries, keys and values as the tensor cores take them from shared memory, for products of 16 vectors with
// 16 keys and 16 numbers at a time. All are in the format of the others, but with keys and values of 8 bits
// in half precision.
//
// A register has two numbers of 16 bits, or four of 8, which are two registers once they are widened. So with
// 8 bits, the numbers of a head come in another order: a lane has numbers 4 q to 4 q + 3 of each 16, where it
// would have 2 q, 2 q + 1, 2 q + 8 and 2 q + 9 (q is its place among four). Products do not mind if queries
// and keys come in the same order; numbers of the result are put right when they are written.
//
// `at` says where a number of a key or of a value lies in shared memory, by the key and the number.

// Four tiles of 8 by 8, turned: lane i gives the address of row i % 8 of tile i / 8.
__device__ __forceinline__ void load4Transposed(unsigned* r, const void* at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared(at)));
}

#if KEPT_E4M3

// Two tiles; the lanes from 16 on give no address.
__device__ __forceinline__ void load2(unsigned* r, const void* at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(shared(at)));
}
__device__ __forceinline__ void load2Transposed(unsigned* r, const void* at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
               : "=r"(r[0]), "=r"(r[1]) : "r"(shared(at)));
}

__device__ __forceinline__ void multiplyKept(float* c, const unsigned* a, const unsigned* b) { multiplyHalves(c, a, b); }

__device__ __forceinline__ void loadQueries(unsigned* a, const half16* q) {
  int lane = threadIdx.x % 32;
  uint2 upper = *(const uint2*)(q + lane / 4 * STRIDE + lane % 4 * 4);
  uint2 lower = *(const uint2*)(q + (lane / 4 + 8) * STRIDE + lane % 4 * 4);
  a[0] = upper.x;
  a[1] = lower.x;
  a[2] = upper.y;
  a[3] = lower.y;
}

// 16 numbers of 16 keys.
template <typename At> __device__ __forceinline__ void loadKeys(unsigned* b, int key, int number, At at) {
  unsigned r[2];
  load2(r, at(key + threadIdx.x % 16, number));
#pragma unroll
  for (int i = 0; i < 2; i++) {
    b[2 * i] = halves(r[i]);
    b[2 * i + 1] = halves(r[i] >> 16);
  }
}

// 16 numbers of 16 values: the even ones, then the odd ones.
template <typename At> __device__ __forceinline__ void loadValues(unsigned* b, int key, int number, At at) {
  unsigned r[2];
  load2Transposed(r, at(key + threadIdx.x % 16, number));
#pragma unroll
  for (int i = 0; i < 2; i++) {
    unsigned sorted = __byte_perm(r[i], 0, 0x3120);
    b[i] = halves(sorted);
    b[2 + i] = halves(sorted >> 16);
  }
}

// Where the two numbers of a lane are in a head, for each 8 of the products with values.
__device__ __forceinline__ int column(int d) { return d / 2 * 16 + threadIdx.x % 4 * 4 + d % 2 * 2; }
__device__ __forceinline__ float first(const float (*numbers)[4], int d, int side) {
  return numbers[d & ~1][2 * side + d % 2];
}
__device__ __forceinline__ float second(const float (*numbers)[4], int d, int side) {
  return numbers[d | 1][2 * side + d % 2];
}

#else

__device__ __forceinline__ void multiplyKept(float* c, const unsigned* a, const unsigned* b) { multiply(c, a, b); }

__device__ __forceinline__ void loadQueries(unsigned* a, const half16* q) {
  int lane = threadIdx.x % 32;
  load4(a, q + lane % 16 * STRIDE + lane / 16 * 8);
}

template <typename At> __device__ __forceinline__ void loadKeys(unsigned* b, int key, int number, At at) {
  int lane = threadIdx.x % 32;
  load4(b, at(key + lane % 8 + lane / 16 * 8, number + lane / 8 % 2 * 8));
}

template <typename At> __device__ __forceinline__ void loadValues(unsigned* b, int key, int number, At at) {
  int lane = threadIdx.x % 32;
  load4Transposed(b, at(key + lane % 16, number + lane / 16 * 8));
}

#define COLUMNS_IN_ORDER 1

#endif

// Scores of the queries with NT tiles of 8 keys each, from a key of the tile on.
template <int NT, typename At>
__device__ __forceinline__ void multiplyKeys(float (&s)[NT][4], const unsigned (&queries)[STEPS][4], int key, At at) {
#pragma unroll
  for (int n = 0; n < NT; n++) s[n][0] = s[n][1] = s[n][2] = s[n][3] = 0;
#pragma unroll
  for (int step = 0; step < STEPS; step++)
#pragma unroll
    for (int n = 0; n < NT; n += 2) {
      unsigned b[4];
      loadKeys(b, key + n * 8, step * 16, at);
      multiplyKept(s[n], queries[step], b);
      multiplyKept(s[n + 1], queries[step], b + 2);
    }
}

// Adds the values of as many keys, times their weights, to the numbers of the vectors.
template <int NT, typename At>
__device__ __forceinline__ void addValues(float (&to)[STEPS * 2][4], const float (&s)[NT][4], int key, At at) {
#pragma unroll
  for (int n = 0; n < NT; n += 2) {
    unsigned a[4] = {packKept(s[n][0], s[n][1]), packKept(s[n][2], s[n][3]), packKept(s[n + 1][0], s[n + 1][1]),
                     packKept(s[n + 1][2], s[n + 1][3])};
#pragma unroll
    for (int d = 0; d < STEPS; d++) {
      unsigned b[4];
      loadValues(b, key + n * 8, d * 16, at);
      multiplyKept(to[2 * d], a, b);
      multiplyKept(to[2 * d + 1], a, b + 2);
    }
  }
}
