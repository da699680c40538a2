// Barriers in shared memory, which count the bytes of copies by the TMA.

typedef unsigned long long Barrier;

__device__ __forceinline__ void initialize(Barrier* b, int count) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared(b)), "r"(count) : "memory");
}
// Barriers that were initialized are there for the TMA.
__device__ __forceinline__ void fenceBarriers() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }

__device__ __forceinline__ void arriveAt(Barrier* b) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared(b)) : "memory");
}
// Arrives; bytes of copies are to come.
__device__ __forceinline__ void expect(Barrier* b, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared(b)), "r"(bytes) : "memory");
}
__device__ __forceinline__ void await(Barrier* b, int phase) {
  asm volatile("{.reg .pred p;\nAGAIN:\nmbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n@p bra DONE;\nbra AGAIN;\nDONE:}"
               ::"r"(shared(b)), "r"(phase) : "memory");
}
// The warp has no more use for a stage of shared memory.
__device__ __forceinline__ void release(Barrier* empty) {
  __syncwarp();
  if (threadIdx.x % 32 == 0) arriveAt(empty);
}

// Begins to copy to shared memory.
__device__ __forceinline__ void copyBulk(void* to, const void* from, int bytes, Barrier* b) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];"
               ::"r"(shared(to)), "l"(from), "r"(bytes), "r"(shared(b)) : "memory");
}

// A matrix in global memory, as the driver describes it to the TMA (tensor memory accelerator).
struct alignas(64) TensorMap {
  char bytes[128];
};

// Begins to copy the box of a matrix that begins at a column and a row, with zeros outside of the matrix.
__device__ __forceinline__ void copyBox(void* to, const TensorMap* from, int column, int row, Barrier* b) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];"
               ::"r"(shared(to)), "l"(from), "r"(column), "r"(row), "r"(shared(b)) : "memory");
}

// A stage of shared memory, and the phase of its barriers.
struct PipelineState {
  int stage = 0, phase = 0;

  __device__ __forceinline__ void next(int stages) {
    if (++stage == stages) {
      stage = 0;
      phase ^= 1;
    }
  }
};
