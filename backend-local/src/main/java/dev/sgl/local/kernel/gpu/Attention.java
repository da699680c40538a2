package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.port.GpuException;
import dev.sgl.local.kernel.gpu.port.Growing;
import java.util.Map;
import java.util.Optional;

/// The kernels in `attention.cu`, or for larger heads in `large.cu`, for one size of heads and one
/// scoring.
final class Attention {
  private static final int THREADS = 128;
  private static final int MOST_DIM = 256;
  private static final int LARGE_THREADS = 256;
  private static final int MOST_LARGE_DIM = 512;

  /// Blocks of the wide kernel that a multiprocessor has registers for.
  private static final int WIDE_BLOCKS = 2;

  /// Heads that may share one of the keys: an item of the wide kernel has them all.
  private static final int MOST_GROUP = BatchPlan.WIDE;

  /// Query vectors, and counters, that there is room for from the beginning.
  private static final int LEAST_VECTORS = 1 << 15;

  private static final int LEAST_COUNTERS = 1 << 14;

  private final Gpu gpu;
  private final int dim;
  private final int shared; // bytes
  private final Gpu.Kernel wide;
  private final Gpu.Kernel narrow;
  private final Optional<Gpu.Kernel> decode;
  private final Optional<Prompts> prompts;
  private final Optional<Decoding> decoding;
  private final Optional<EarlyDecoding> early;
  private final Growing<Memory> parts; // results of ranges that are to be put together
  private final Growing<Memory> sums; // the logarithms of their sums
  private final Growing<Memory> arrived; // counters, zero between batches
  private Room room;

  /// The memory of the parts of a batch.
  record Room(Memory parts, Memory sums, Memory arrived) {}

  /// The keys and values of a layer in the pool: their addresses.
  record Cells(long keys, long values) {}

  /// Numbers of heads.
  record Heads(int queries, int keys) {
    static Heads of(AttentionShape shape) {
      return new Heads(shape.heads(), shape.kvHeads());
    }
  }

  /// Where a layer reads and writes.
  record Operands(Memory heads, Memory out, Cells cells, Turning turning) {}

  /// How heads are normed and rotated; the weights of the norms are addresses, or 0.
  record Turning(Memory frequencies, float stretch, long queryNorm, long keyNorm, float epsilon) {}

  /// How a batch is divided for heads of one shape.
  ///
  /// @param integers the plan on the GPU
  record Division(AttentionShape shape, BatchPlan plan, Memory integers) {}

  /// What kernels are compiled for.
  ///
  /// @param dim numbers of a head
  record Kind(int dim, Scoring scoring) {
    static Kind of(AttentionShape shape) {
      return new Kind(shape.headDim(), shape.scoring());
    }
  }

  Attention(Gpu gpu, Format format, KvCacheType kept, Kind kind, int pageSize) {
    int dim = kind.dim();
    this.gpu = gpu;
    this.dim = dim;
    Gpu.KernelFile file = file(format, kept, kind, pageSize);
    shared = sharedOf(kept, dim);
    wide = gpu.kernel(file, "attendWide", shared);
    narrow = gpu.kernel(file, "attendNarrow", shared);
    decode = isLarge(dim) ? Optional.empty() : Optional.of(gpu.kernel(file, "decode", shared));
    prompts =
        Prompts.canRunOn(gpu, dim, pageSize)
            ? Optional.of(new Prompts(gpu, format, kept, kind, pageSize))
            : Optional.empty();
    decoding =
        Decoding.canRunOn(gpu, kept, dim, pageSize)
            ? Optional.of(new Decoding(gpu, format, kept, kind, pageSize))
            : Optional.empty();
    early =
        EarlyDecoding.fits(kept, dim)
            ? Optional.of(new EarlyDecoding(gpu, format, kept, kind, pageSize))
            : Optional.empty();
    parts = Growing.onGpu(gpu, 4L * LEAST_VECTORS * dim);
    sums = Growing.onGpu(gpu, 4L * LEAST_VECTORS);
    arrived = Growing.onGpu(gpu, 4L * LEAST_COUNTERS);
    room = room(0, 0);
  }

  /// Bytes of shared memory: two tiles of keys and two of values. Through those of the second tile
  /// pass the queries, and through all of it the results of warps.
  private static int shared(KvCacheType kept, int dim) {
    int tiles = 2 * BatchPlan.TILE * stride(dim * Pages.bytes(kept));
    int queries = BatchPlan.WIDE * stride(dim * Format.BYTES);
    int results = THREADS / 32 * BatchPlan.NARROW * (dim + 8 + 2) * Float.BYTES;
    return Math.max(tiles + Math.max(tiles, queries), results);
  }

  /// Refuses heads for which there are no kernels.
  static void requireSupported(Gpu gpu, KvCacheType kept, AttentionShape shape) {
    int dim = shape.headDim();
    if (dim % 16 != 0 || dim > MOST_LARGE_DIM || isLarge(dim) && dim % 128 != 0) {
      throw new GpuException(
          "heads of %d numbers are not supported on a GPU; they must be a multiple of 16, above %d of 128, at most %d"
              .formatted(dim, MOST_DIM, MOST_LARGE_DIM));
    }
    if (shape.heads() / shape.kvHeads() > MOST_GROUP) {
      throw new GpuException(
          "%d heads that share one of the keys are not supported on a GPU; at most %d are"
              .formatted(shape.heads() / shape.kvHeads(), MOST_GROUP));
    }
    int bytes = sharedOf(kept, dim);
    if (bytes > gpu.mostShared()) {
      throw new GpuException(
          "heads of %d numbers need %d kB of shared memory; this GPU has %d"
              .formatted(dim, bytes >> 10, gpu.mostShared() >> 10));
    }
  }

  private static int sharedOf(KvCacheType kept, int dim) {
    return isLarge(dim) ? sharedOfLarge(kept, dim) : shared(kept, dim);
  }

  private static boolean isLarge(int dim) {
    return dim > MOST_DIM;
  }

  /// The same for large heads: a tile of keys and one of values, the queries and their weights,
  /// and two numbers for each query vector and warp.
  private static int sharedOfLarge(KvCacheType kept, int dim) {
    int tiles = 2 * BatchPlan.TILE * stride(dim * Pages.bytes(kept));
    int vector = stride(dim * Format.BYTES) + stride(BatchPlan.TILE * Format.BYTES);
    int numbers = 2 * LARGE_THREADS / 32 * Float.BYTES;
    return tiles + BatchPlan.WIDE * (vector + numbers);
  }

  /// Bytes from a row to the next: an odd number of 16 bytes.
  private static int stride(int bytes) {
    return (bytes / 16 | 1) * 16;
  }

  static Gpu.KernelFile file(Format format, KvCacheType kept, Kind kind, int pageSize) {
    return isLarge(kind.dim())
        ? format.file("large", defines(kept, kind, pageSize, LARGE_THREADS))
        : format.file("attention", defines(kept, kind, pageSize, THREADS));
  }

  /// The names by which kernels that attend know sizes.
  ///
  /// @param threads that attend an item
  static Map<String, String> defines(KvCacheType kept, Kind kind, int pageSize, int threads) {
    Scoring scoring = kind.scoring();
    boolean isUsual = scoring.equals(Scoring.usual(kind.dim()));
    return BatchPlan.defines(
        Pages.defines(
            kept,
            Map.of(
                "DIM", "" + kind.dim(),
                "SCALE", isUsual ? "rsqrtf((float)DIM)" : scoring.scale() + "f",
                "CAPPED", scoring.isCapped() ? "1" : "0",
                "CAP", scoring.isCapped() ? scoring.cap() + "f" : "0",
                "PAGE", "" + pageSize,
                "THREADS", "" + threads,
                "UNLIMITED", "" + AttentionShape.ALL)));
  }

  /// How items of a batch are to be made.
  BatchPlan.Items items() {
    int vectors = prompts.isPresent() ? Prompts.VECTORS : BatchPlan.WIDE;
    int blocks = prompts.isPresent() || isLarge(dim) ? 1 : WIDE_BLOCKS;
    return new BatchPlan.Items(vectors, blocks * gpu.multiprocessors(), gpu.multiprocessors());
  }

  /// Makes room for the parts of a batch.
  ///
  /// @param counters rows times heads of the keys
  /// @return whether they are elsewhere from now on
  boolean prepare(int vectors, int counters) {
    Room before = room;
    room = room(vectors, counters);
    return !room.equals(before);
  }

  /// Counters are zero between batches: who counts the last part of a row sets its counter back.
  private Room room(int vectors, int counters) {
    return new Room(
        parts.atLeast(4L * vectors * dim),
        sums.atLeast(4L * vectors),
        arrived.atLeast(4L * counters));
  }

  /// Whether heads can be turned, and keys and values placed, on the way: unless there are prompts,
  /// or many items with the same queries, or heads are large; then it is done before.
  boolean places(BatchPlan plan) {
    return plan.wideItems() == 0 && decode.isPresent();
  }

  /// @param window the furthest that a row sees
  /// @param places whether heads are turned, and keys and values placed, on the way
  /// @param isRecorded whether it serves all batches of as many rows
  void run(Division division, int window, Operands operands, boolean places, boolean isRecorded) {
    BatchPlan plan = division.plan();
    AttentionShape shape = division.shape();
    Arguments arguments = arguments(division, window, operands);
    if (plan.wideItems() > 0) {
      attendWide(plan.wideItems(), arguments, isRecorded);
    }
    if (places && isEarly(plan)) {
      early.orElseThrow().run(plan.narrowItems(), arguments, isRecorded);
    } else {
      attendNarrow(places, plan.narrowItems(), arguments, isRecorded);
    }
  }

  private void attendWide(int items, Arguments arguments, boolean isRecorded) {
    if (prompts.isEmpty()) {
      attend(wide, items, arguments, isRecorded);
    } else if (items > 0 || isRecorded) {
      prompts.get().run(items, arguments, isRecorded);
    }
  }

  private void attendNarrow(boolean places, int items, Arguments arguments, boolean isRecorded) {
    if (decoding.isPresent() && !isFew(items)) {
      decoding.get().run(places, items, arguments, isRecorded);
    } else {
      attend(places ? decode.orElseThrow() : narrow, items, arguments, isRecorded);
    }
  }

  record Arguments(
      Memory batch,
      Memory heads,
      Memory out,
      Room room,
      Cells cells,
      Heads shape,
      int window,
      Turning turning) {}

  private Arguments arguments(Division division, int window, Operands operands) {
    return new Arguments(
        division.integers(),
        operands.heads(),
        operands.out(),
        room,
        operands.cells(),
        Heads.of(division.shape()),
        window,
        operands.turning());
  }

  private void attend(Gpu.Kernel kernel, int items, Arguments arguments, boolean isRecorded) {
    if (items > 0 || isRecorded) {
      int threads = isLarge(dim) ? LARGE_THREADS : THREADS;
      gpu.launch(
          kernel, new Grid(blocks(items, isRecorded), 1, threads, shared).early(), arguments);
    }
  }

  /// A recording serves any number of items of its class.
  private int blocks(int items, boolean isRecorded) {
    if (isRecorded) {
      return gpu.multiprocessors() * (isFew(items) ? 1 : BatchPlan.BLOCKS_EACH);
    }
    return Math.min(items, gpu.multiprocessors() * BatchPlan.BLOCKS_EACH);
  }

  /// Whether each item has a multiprocessor for itself.
  private boolean isFew(int items) {
    return items <= gpu.multiprocessors();
  }

  /// Whether the items of a batch of single rows are for [EarlyDecoding].
  private boolean isEarly(BatchPlan plan) {
    return early.isPresent()
        && plan.wideItems() == 0
        && isFew(plan.narrowItems())
        && plan.narrowVectors() <= BatchPlan.FEW;
  }

  /// What tells recordings of the same number of rows apart.
  int variant(BatchPlan plan) {
    return (plan.wideItems() == 0 ? 0 : 1)
        + (isFew(plan.wideItems()) ? 0 : 2)
        + (isFew(plan.narrowItems()) ? 0 : 4)
        + (isEarly(plan) ? 8 : 0);
  }
}
