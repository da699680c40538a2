package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import java.util.HashMap;
import java.util.Map;

/// The kernels in `decode.cu`, which attend items of few query vectors on a Hopper GPU, for one
/// size of heads.
final class Decoding {
  private static final int KEYS = 128; // of a step
  private static final int TEAMS = 2; // that attend items
  private static final int THREADS = 128; // of a team
  private static final int FETCHING = 32; // threads
  private static final int LINE = 128; // bytes
  private static final int MOST_DIM = 128;
  private static final int JOINED = 16; // columns that warps put together at a time

  /// Of all tiles in shared memory.
  private static final int TILE_BYTES = 192 << 10;

  private final Gpu gpu;
  private final int shared; // bytes
  private final Gpu.Kernel decode;
  private final Gpu.Kernel narrow;

  Decoding(Gpu gpu, Format format, KvCacheType kept, Attention.Kind kind, int pageSize) {
    this.gpu = gpu;
    int fresh = 2 * BatchPlan.NARROW * kind.dim() * Pages.bytes(kept);
    int row = JOINED + 8 + 2; // 8 against conflicts of banks; the largest score and the sum
    int joined = THREADS / 32 * BatchPlan.NARROW * row * Float.BYTES;
    shared = TILE_BYTES + TEAMS * (fresh + joined);
    Gpu.KernelFile file = file(format, kept, kind, pageSize);
    decode = gpu.kernel(file, "decode", shared);
    narrow = gpu.kernel(file, "attendNarrow", shared);
  }

  /// Whether there are kernels for heads and pages of these sizes.
  static boolean canRunOn(Gpu gpu, KvCacheType kept, int dim, int pageSize) {
    boolean hasLines = dim <= MOST_DIM && dim * Pages.bytes(kept) % LINE == 0;
    return gpu.isHopper() && hasLines && Prompts.hasLines(pageSize);
  }

  static Gpu.KernelFile file(Format format, KvCacheType kept, Attention.Kind kind, int pageSize) {
    int stages = TILE_BYTES / (2 * KEYS * kind.dim() * Pages.bytes(kept));
    Map<String, String> defines = new HashMap<>(Attention.defines(kept, kind, pageSize, THREADS));
    defines.put("KEYS", Integer.toString(KEYS));
    defines.put("STAGES", Integer.toString(stages));
    defines.put("JOINED", Integer.toString(JOINED));
    return format.fileOfOneChip("decode", defines);
  }

  /// @param places whether heads are turned, and keys and values placed, on the way
  void run(boolean places, int items, Attention.Arguments arguments, boolean isRecorded) {
    int blocks = isRecorded ? gpu.multiprocessors() : Math.min(items, gpu.multiprocessors());
    gpu.launch(
        places ? decode : narrow,
        new Grid(blocks, 1, TEAMS * THREADS + FETCHING, shared).early(),
        arguments);
  }
}
