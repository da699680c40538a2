// Tiles of 16-bit numbers for the tensor cores.

__device__ __forceinline__ unsigned shared(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }

// Begins to copy 16 bytes to shared memory: zeros if they are not real.
__device__ __forceinline__ void copyAsync(void* to, const void* from, bool isReal) {
  int bytes = isReal ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared(to)), "l"(from), "r"(bytes));
}
__device__ __forceinline__ void commit() { asm volatile("cp.async.commit_group;"); }
template <int N> __device__ __forceinline__ void waitFor() { asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory"); }

// Four tiles of 8 by 8 from shared memory: lane i gives the address of row i % 8 of tile i / 8.
__device__ __forceinline__ void load4(unsigned* r, const void* at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared(at)));
}

// c[16, 8] += a[16, 16] * b[16, 8]
#define MULTIPLY(NAME, TYPE)                                                                                          \
  __device__ __forceinline__ void NAME(float* c, const unsigned* a, const unsigned* b) {                              \
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." TYPE "." TYPE                                               \
                 ".f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"                                            \
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                                     \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));                                 \
  }
#if BF16
MULTIPLY(multiply, "bf16")
#else
MULTIPLY(multiply, "f16")
#endif
MULTIPLY(multiplyHalves, "f16")
