// Numbers of 16 bits and what is done with them, without any header, so that a machine with no CUDA
// toolkit can compile it. BF16 says which format: 1 is bfloat16, 0 is IEEE half precision.
//
// Names in capitals that no file defines come from Java, which has them only once: those of the places in
// the integers of a batch (ROWS, TOKENS, ...) from BatchPlan, others from the twin of a file.

typedef unsigned short half16;

#define INFINITE __int_as_float(0x7f800000)

__device__ __forceinline__ float widen(half16 h) {
#if BF16
  return __uint_as_float((unsigned)h << 16);
#else
  float f;
  asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h));
  return f;
#endif
}

__device__ __forceinline__ half16 narrow(float f) {
  half16 h;
#if BF16
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(h) : "f"(f));
#else
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(f));
#endif
  return h;
}

// Two numbers in one register, the first in the lower half.
__device__ __forceinline__ unsigned packHalves(float low, float high) {
  unsigned r;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
  return r;
}
__device__ __forceinline__ unsigned pack(float low, float high) {
#if BF16
  unsigned r;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
  return r;
#else
  return packHalves(low, high);
#endif
}

__device__ __forceinline__ float low(unsigned pair) { return widen((half16)pair); }
__device__ __forceinline__ float high(unsigned pair) { return widen((half16)(pair >> 16)); }

__device__ __forceinline__ float silu(float x) { return __fdividef(x, 1 + __expf(-x)); }
// silu(gate) * up of pairs
__device__ __forceinline__ unsigned gated(unsigned gate, unsigned up) {
  return pack(silu(low(gate)) * low(up), silu(high(gate)) * high(up));
}

__device__ __forceinline__ float warpSum(float x) {
  for (int d = 16; d > 0; d >>= 1) x += __shfl_xor_sync(~0u, x, d);
  return x;
}

// The sum over a block of whole warps; every thread gets it.
__device__ __forceinline__ float blockSum(float x) {
  __shared__ float sums[32];
  x = warpSum(x);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = x;
  __syncthreads();
  float total = 0;
  for (int i = 0; i < blockDim.x / 32; i++) total += sums[i];
  __syncthreads();
  return total;
}

// The kernel behind this one may begin, where it does not wait for results by itself; and this one waits
// for those of the kernels before it.
__device__ __forceinline__ void letTheNextBegin() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;");
#endif
}
__device__ __forceinline__ void awaitResults() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
