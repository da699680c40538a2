package dev.sgl.local.kernel.cuda;

import dev.sgl.local.kernel.Kernels.AttentionShape;
import dev.sgl.local.weights.DType;
import java.util.Optional;
import jcuda.driver.CUmodule;

/// The attention kernels for one size of heads.
final class Attention {
  private static final int TILE = 64;
  private static final int THREADS = 128;

  /// Query vectors that there is room for from the beginning.
  private static final int LEAST_VECTORS = 1 << 15;

  /// Blocks of a multiprocessor, which take one item after the other.
  private static final int BLOCKS_EACH = 4;

  private final Gpu gpu;
  private final int dim;
  private final Gpu.Kernel wide;
  private final Gpu.Kernel narrow;
  private final Gpu.Kernel merge;
  private Optional<Parts> parts = Optional.empty();

  /// Results of ranges that are to be put together, and the logarithms of their sums.
  private record Parts(Gpu.Memory numbers, Gpu.Memory sums, int vectors) {}

  Attention(Gpu gpu, Cubins cubins, DType type, int dim, int pageSize) {
    if (dim % 16 != 0 || dim > 256) {
      throw new GpuException(
          "heads of " + dim + " numbers are not supported on a GPU; they must be a multiple of 16");
    }
    this.gpu = gpu;
    this.dim = dim;
    CUmodule module =
        gpu.module(
            cubins.of(
                "attention",
                "BF16=" + (type == DType.BF16 ? 1 : 0),
                "DIM=" + dim,
                "PAGE=" + pageSize));
    int shared = 4 * TILE * (dim + 8) * CudaDevice.BYTES;
    wide = gpu.kernel(module, "attendWide", shared);
    narrow = gpu.kernel(module, "attendNarrow", shared);
    merge = gpu.kernel(module, "merge", 0);
  }

  void run(
      CudaDevice.CudaPass pass, int layer, AttentionShape shape, Gpu.Memory heads, Gpu.Memory out) {
    BatchPlan plan = pass.plan();
    Parts to = parts(plan.partVectors());
    attend(wide, plan.wideItems(), pass, layer, shape, heads, out, to);
    attend(narrow, plan.narrowItems(), pass, layer, shape, heads, out, to);
    if (plan.merges() > 0 || pass.isRecorded()) {
      int merging = plan.merges() * shape.heads() / 4 + 1;
      gpu.launch(
          merge,
          blocks(pass.isRecorded() ? Integer.MAX_VALUE : merging),
          1,
          THREADS,
          pass.integers(),
          out,
          to.numbers(),
          to.sums(),
          shape.heads(),
          shape.kvHeads());
    }
  }

  private void attend(
      Gpu.Kernel kernel,
      int items,
      CudaDevice.CudaPass pass,
      int layer,
      AttentionShape shape,
      Gpu.Memory heads,
      Gpu.Memory out,
      Parts to) {
    if (items > 0) {
      gpu.launch(
          kernel,
          pass.isRecorded() ? blocks(Integer.MAX_VALUE) : blocks(items),
          1,
          THREADS,
          pass.integers(),
          heads,
          out,
          to.numbers(),
          to.sums(),
          pass.pool().keys(layer),
          pass.pool().values(layer),
          shape.heads(),
          shape.kvHeads(),
          shape.window());
    }
  }

  private int blocks(int items) {
    return Math.min(items, gpu.multiprocessors() * BLOCKS_EACH);
  }

  /// Makes room for the parts of a batch.
  ///
  /// @return whether they are elsewhere from now on
  boolean prepare(int vectors) {
    Optional<Parts> before = parts;
    parts(vectors);
    return before.isPresent() && before.get() != parts.orElseThrow();
  }

  private Parts parts(int vectors) {
    if (parts.isEmpty() || parts.get().vectors() < vectors) {
      parts.ifPresent(
          old -> {
            gpu.await();
            gpu.free(old.numbers());
            gpu.free(old.sums());
          });
      int room = Math.max(LEAST_VECTORS, Integer.highestOneBit(Math.max(1, vectors)) * 2);
      parts = Optional.of(new Parts(gpu.allocate(4L * room * dim), gpu.allocate(4L * room), room));
    }
    return parts.get();
  }
}
