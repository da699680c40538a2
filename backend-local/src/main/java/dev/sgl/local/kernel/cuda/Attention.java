package dev.sgl.local.kernel.cuda;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.weights.DType;
import java.util.Optional;
import jcuda.driver.CUmodule;

/// The attention kernels for one size of heads.
final class Attention {
  private static final int TILE = 64;
  private static final int THREADS = 128;
  private static final int MOST_DIM = 256;

  /// Heads that may share one of the keys: an item of the wide kernel has them all.
  private static final int MOST_GROUP = BatchPlan.WIDE;

  /// Query vectors, and counters, that there is room for from the beginning.
  private static final int LEAST_VECTORS = 1 << 15;

  private static final int LEAST_COUNTERS = 1 << 14;

  /// Blocks of a multiprocessor, which take one item after the other.
  private static final int BLOCKS_EACH = 3;

  private final Gpu gpu;
  private final int dim;
  private final Gpu.Kernel wide;
  private final Gpu.Kernel narrow;
  private final Gpu.Kernel decode;
  private Optional<Parts> parts = Optional.empty();
  private Optional<Gpu.Memory> arrived = Optional.empty();

  /// Results of ranges that are to be put together, and the logarithms of their sums.
  private record Parts(Gpu.Memory numbers, Gpu.Memory sums, int vectors) {}

  /// Where a layer reads and writes.
  ///
  /// @param keys where those of the layer are, and behind them the values: addresses
  record Operands(Gpu.Memory heads, Gpu.Memory out, long keys, long values, Turning turning) {}

  /// How heads are normed and rotated; the weights of the norms are addresses, or 0.
  record Turning(
      Gpu.Memory frequencies, float stretch, long queryNorm, long keyNorm, float epsilon) {}

  Attention(Gpu gpu, Cubins cubins, DType type, int dim, int pageSize) {
    if (dim % 16 != 0 || dim > MOST_DIM) {
      throw new GpuException(
          "heads of %d numbers are not supported on a GPU; they must be a multiple of 16, at most %d"
              .formatted(dim, MOST_DIM));
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
    decode = gpu.kernel(module, "decode", shared);
  }

  /// Whether heads are turned, and keys and values placed, on the way: unless there are prompts, or
  /// many items with the same queries; then it is done before.
  static boolean places(BatchPlan plan) {
    return plan.wideItems() == 0;
  }

  void run(
      CudaDevice.CudaPass pass,
      CudaDevice.Division division,
      AttentionShape shape,
      Operands operands) {
    BatchPlan plan = division.plan();
    if (shape.heads() / shape.kvHeads() > MOST_GROUP) {
      throw new GpuException(
          "%d heads that share one of the keys are not supported on a GPU; at most %d are"
              .formatted(shape.heads() / shape.kvHeads(), MOST_GROUP));
    }
    if (places(plan)) {
      attend(decode, plan.narrowItems(), pass, division, shape, operands);
    } else {
      attend(wide, plan.wideItems(), pass, division, shape, operands);
      attend(narrow, plan.narrowItems(), pass, division, shape, operands);
    }
  }

  private void attend(
      Gpu.Kernel kernel,
      int items,
      CudaDevice.CudaPass pass,
      CudaDevice.Division division,
      AttentionShape shape,
      Operands operands) {
    if (items == 0 && !pass.isRecorded()) {
      return;
    }
    Parts to = parts(division.plan().partVectors());
    Turning turning = operands.turning();
    gpu.launch(
        kernel,
        blocks(items, pass.isRecorded()),
        1,
        THREADS,
        division.integers(),
        operands.heads(),
        operands.out(),
        to.numbers(),
        to.sums(),
        arrived.orElseThrow(),
        operands.keys(),
        operands.values(),
        shape.heads(),
        shape.kvHeads(),
        shape.window(),
        turning.frequencies(),
        turning.stretch(),
        turning.queryNorm(),
        turning.keyNorm(),
        turning.epsilon());
  }

  /// A recording serves any number of items of its class.
  private int blocks(int items, boolean isRecorded) {
    if (isRecorded) {
      return gpu.multiprocessors() * (isFew(items) ? 1 : BLOCKS_EACH);
    }
    return Math.min(items, gpu.multiprocessors() * BLOCKS_EACH);
  }

  /// Whether each item has a multiprocessor for itself.
  private boolean isFew(int items) {
    return items <= gpu.multiprocessors();
  }

  /// What tells recordings of the same number of rows apart.
  int variant(BatchPlan plan) {
    return (places(plan) ? 0 : 1)
        + (isFew(plan.wideItems()) ? 0 : 2)
        + (isFew(plan.narrowItems()) ? 0 : 4);
  }

  /// Makes room for the parts of a batch.
  ///
  /// @param counters rows times heads of the keys
  /// @return whether they are elsewhere from now on
  boolean prepare(int vectors, int counters) {
    Optional<Parts> partsBefore = parts;
    Optional<Gpu.Memory> arrivedBefore = arrived;
    parts(vectors);
    count(counters);
    return partsBefore.isPresent() && partsBefore.get() != parts.orElseThrow()
        || arrivedBefore.isPresent() && arrivedBefore.get() != arrived.orElseThrow();
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

  /// Counters are zero between batches: who counts the last part of a row sets its counter back.
  private void count(int counters) {
    if (arrived.isEmpty() || arrived.get().bytes() < 4L * counters) {
      arrived.ifPresent(
          old -> {
            gpu.await();
            gpu.free(old);
          });
      Gpu.Memory zeros = gpu.allocate(4L * Math.max(LEAST_COUNTERS, 2 * counters));
      gpu.fill(zeros, 0);
      arrived = Optional.of(zeros);
    }
  }
}
