// Queries, keys and values as the tensor cores take them from shared memory, for products of 16 vectors with
// 16 keys and 16 numbers at a time. All are in the format of the others, but with keys and values of 8 bits
// in half precision.
//
// A register has two numbers of 16 bits, or four of 8, which are two registers once they are widened. So with
// 8 bits, the numbers of a head come in another order: a lane has numbers 4 q to 4 q + 3 of each 16, where it
// would have 2 q, 2 q + 1, 2 q + 8 and 2 q + 9 (q is its place among four). Products do not mind if queries
// and keys come in the same order; numbers of the result are put right when they are written.

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
__device__ __forceinline__ void loadKeys(unsigned* b, const kept* keys) {
  unsigned r[2];
  load2(r, keys + threadIdx.x % 16 * KEPT_STRIDE);
#pragma unroll
  for (int i = 0; i < 2; i++) {
    b[2 * i] = halves(r[i]);
    b[2 * i + 1] = halves(r[i] >> 16);
  }
}

// 16 numbers of 16 values: the even ones, then the odd ones.
__device__ __forceinline__ void loadValues(unsigned* b, const kept* values) {
  unsigned r[2];
  load2Transposed(r, values + threadIdx.x % 16 * KEPT_STRIDE);
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

__device__ __forceinline__ void loadKeys(unsigned* b, const kept* keys) {
  int lane = threadIdx.x % 32;
  load4(b, keys + (lane % 8 + lane / 16 * 8) * KEPT_STRIDE + lane / 8 % 2 * 8);
}

__device__ __forceinline__ void loadValues(unsigned* b, const kept* values) {
  int lane = threadIdx.x % 32;
  load4Transposed(b, values + lane % 16 * KEPT_STRIDE + lane / 16 * 8);
}

#define COLUMNS_IN_ORDER 1

#endif
