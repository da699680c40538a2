package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import java.util.HashMap;
import java.util.Map;

/// The kernel in `early.cu`, which attends few items of few query vectors, one for each
/// multiprocessor at most, and reads keys and values before the results of the kernel before are
/// there; for one size of heads.
final class EarlyDecoding {
  private static final int THREADS = 256;
  private static final int KEYS = THREADS / 32 * 16; // of a step
  private static final int REGISTERS = 216; // of a thread
  private static final int MOST_DIM = 128;

  private final Gpu gpu;
  private final Gpu.Kernel decode;

  EarlyDecoding(Gpu gpu, Format format, KvCacheType kept, Attention.Kind kind, int pageSize) {
    this.gpu = gpu;
    decode = gpu.kernel(file(format, kept, kind, pageSize), "decode", 0);
  }

  /// Whether there is a kernel for keys and values of a format, and heads of a size.
  static boolean fits(KvCacheType kept, int dim) {
    return Pages.bytes(kept) == Format.BYTES && dim % 32 == 0 && dim <= MOST_DIM;
  }

  static Gpu.KernelFile file(Format format, KvCacheType kept, Attention.Kind kind, int pageSize) {
    Map<String, String> defines = new HashMap<>(Attention.defines(kept, kind, pageSize, THREADS));
    defines.put("KEYS", Integer.toString(KEYS));
    defines.put("REGISTERS", Integer.toString(REGISTERS));
    defines.put("FEW_VECTORS", Integer.toString(BatchPlan.FEW));
    return format.file("early", defines);
  }

  /// Attends the items of a batch, whose heads are turned, and keys and values placed, on the way.
  void run(int items, Attention.Arguments arguments, boolean isRecorded) {
    int blocks = isRecorded ? gpu.multiprocessors() : items;
    gpu.launch(decode, new Grid(blocks, 1, THREADS, 0).early(), arguments);
  }
}
