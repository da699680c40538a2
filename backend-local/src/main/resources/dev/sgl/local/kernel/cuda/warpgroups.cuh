// Products of Hopper's warpgroups, which run beside the program: what is common to all of them.

// Registers that were written may be operands of products from here on.
__device__ __forceinline__ void fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void commitProducts() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int PENDING> __device__ __forceinline__ void waitForProducts() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(PENDING) : "memory");
}

// Describes a tile of rows of 128 bytes whose pieces of 16 bytes are swizzled, 8 rows after 8 rows. `next`: of a
// transposed operand, bytes from 64 columns to the next 64.
__device__ __forceinline__ unsigned long long describe(const void* tile, int next = 16) {
  return (shared(tile) & 0x3ffffull) >> 4 | (unsigned long long)(next >> 4) << 16 | 64ull << 32 | 1ull << 62;
}
