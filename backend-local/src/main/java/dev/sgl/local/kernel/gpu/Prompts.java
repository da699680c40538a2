package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import java.util.HashMap;
import java.util.Map;

/// The kernel in `prompts.cu`, which attends items of many query vectors on a Hopper GPU, for one
/// size of heads.
final class Prompts {
  /// Query vectors of an item.
  static final int VECTORS = 128;

  private static final int KEYS = 128; // of a step
  private static final int STAGES = 2; // tiles of keys, and of values, in shared memory
  private static final int THREADS = VECTORS / 64 * 128; // that attend
  private static final int FETCHING = 128; // threads, some of which fetch
  private static final int ALIGNMENT = 1024;

  private final Gpu gpu;
  private final int shared; // bytes
  private final Gpu.Kernel attend;

  Prompts(Gpu gpu, Format format, KvCacheType kept, Attention.Kind kind, int pageSize) {
    this.gpu = gpu;
    shared = ALIGNMENT + (VECTORS + 2 * STAGES * KEYS) * kind.dim() * Format.BYTES;
    attend = gpu.kernel(file(format, kept, kind, pageSize), "attendPrompts", shared);
  }

  /// Whether there is a kernel for heads and pages of these sizes.
  static boolean canRunOn(Gpu gpu, int dim, int pageSize) {
    return gpu.isHopper() && (dim == 64 || dim == 128) && hasLines(pageSize);
  }

  /// Whether pages of this size lie in lines, and tiles are whole pages.
  static boolean hasLines(int pageSize) {
    return pageSize % 8 == 0 && BatchPlan.TILE % pageSize == 0;
  }

  static Gpu.KernelFile file(Format format, KvCacheType kept, Attention.Kind kind, int pageSize) {
    Map<String, String> defines = new HashMap<>(Attention.defines(kept, kind, pageSize, THREADS));
    defines.put("KEYS", Integer.toString(KEYS));
    defines.put("STAGES", Integer.toString(STAGES));
    return format.fileOfOneChip("prompts", defines);
  }

  void run(int items, Attention.Arguments arguments, boolean isRecorded) {
    int blocks = isRecorded ? gpu.multiprocessors() : Math.min(items, gpu.multiprocessors());
    gpu.launch(attend, new Grid(blocks, 1, THREADS + FETCHING, shared).early(), arguments);
  }
}
