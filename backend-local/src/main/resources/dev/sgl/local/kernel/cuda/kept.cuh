// Numbers of the keys and values that are kept in pages: 16 bits as all others, or if KEPT_E4M3,
// floating-point numbers of 8 bits, e4m3 (Micikevicius et al., 2022, "FP8 Formats for Deep Learning").
// Those are exact in half precision, in which they are attended whatever the format of the others is.

#if KEPT_E4M3
typedef unsigned char kept;
#else
typedef half16 kept;
#endif

#define KEPT_CHUNK (16 / (int)sizeof(kept)) // numbers of 16 bytes

__device__ __forceinline__ kept keep(float f) {
#if KEPT_E4M3 // to the nearest, of two to the even one; not beyond 448
  float size = fminf(fabsf(f), 448);
  unsigned bits = __float_as_uint(size), sign = __float_as_uint(f) >> 24 & 0x80;
  if (f != f) return sign | 0x7f;
  if (size < 0.015625f) return sign | (unsigned)rintf(size * 512); // below 2^-6 all are multiples of 2^-9
  return sign | ((bits + 0x7ffff + (bits >> 20 & 1)) >> 20) - (120 << 3);
#else
  return narrow(f);
#endif
}

#if KEPT_E4M3
// The numbers of the lower two bytes, in half precision.
__device__ __forceinline__ unsigned halves(unsigned bytes) {
  unsigned pair;
#if __CUDA_ARCH__ >= 890
  asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(pair) : "h"((unsigned short)bytes));
#else // moved to their places, times 2^8; 480 stands where no number is
  unsigned high = __byte_perm(bytes, 0, 0x1404);
  unsigned moved = (high & 0x7f007f00) >> 1 | (high & 0x80008000);
  asm("mul.rn.f16x2 %0, %1, %2;" : "=r"(pair) : "r"(moved), "r"(0x5c005c00));
  if ((pair & 0x7fff) == 0x5f80) pair |= 0x7fff;
  if ((pair & 0x7fff0000) == 0x5f800000) pair |= 0x7fff0000;
#endif
  return pair;
}

// Two numbers that are multiplied with kept ones.
__device__ __forceinline__ unsigned packKept(float low, float high) { return packHalves(low, high); }

// A number of a query: where others are in bf16, not beyond the largest of half precision.
__device__ __forceinline__ half16 query(float x) {
  return packHalves(BF16 && fabsf(x) > 65504 ? copysignf(65504, x) : x, 0);
}

__device__ __forceinline__ uint4 query8(uint4 x) {
#if BF16
  auto two = [](unsigned pair) { return query(low(pair)) | (unsigned)query(high(pair)) << 16; };
  x = make_uint4(two(x.x), two(x.y), two(x.z), two(x.w));
#endif
  return x;
}

#else

__device__ __forceinline__ unsigned packKept(float low, float high) { return pack(low, high); }

__device__ __forceinline__ half16 query(float x) { return narrow(x); }

__device__ __forceinline__ uint4 query8(uint4 x) { return x; }

#endif

// The place of a number in the page of a head. A head has one or more lines of 128 bytes; the first lines of all
// tokens come before all second ones, and in a line pieces of 16 bytes are swizzled, as Hopper's tensor cores
// take them. So a page comes to shared memory by one copy for each line. Heads that are no whole lines, and
// pages of no multiple of 8 tokens, lie token by token.
__device__ __forceinline__ int inPage(int token, int number, int dim, int pageSize) {
  constexpr int LINE = 8 * KEPT_CHUNK;
  if (dim % LINE || pageSize % 8) return token * dim + number;
  int piece = number % LINE / KEPT_CHUNK ^ token % 8;
  return number / LINE * (pageSize * LINE) + token * LINE + piece * KEPT_CHUNK + number % KEPT_CHUNK;
}

// Copies a head of kept numbers, by a warp; `at` says where a piece of 16 bytes goes, by its first number.
template <typename At> __device__ __forceinline__ void copyKept(const kept* from, int dim, At at) {
  for (int i = threadIdx.x % 32; i < dim / KEPT_CHUNK; i += 32) *(uint4*)at(i * KEPT_CHUNK) = ((const uint4*)from)[i];
}

// Keeps two neighbouring numbers.
__device__ __forceinline__ void keepTwo(kept* to, float first, float second) {
#if KEPT_E4M3
  *(unsigned short*)to = keep(first) | keep(second) << 8;
#else
  *(unsigned*)to = pack(first, second);
#endif
}

// Keeps a head of values, by a warp.
template <typename At> __device__ __forceinline__ void keepHead(const half16* from, int dim, At at) {
#if KEPT_E4M3
  for (int i = threadIdx.x % 32; i < dim / 2; i += 32) {
    unsigned two = ((const unsigned*)from)[i];
    keepTwo(at(2 * i), low(two), high(two));
  }
#else
  copyKept(from, dim, at);
#endif
}
