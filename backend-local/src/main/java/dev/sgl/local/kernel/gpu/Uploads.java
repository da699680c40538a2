package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Growing;
import java.util.List;

/// Copies integers to the GPU, for one launch after the other. The copies are asynchronous and read
/// pinned memory, so there are two buffers, used in turn: before the third copy is written to the
/// first buffer, the first copy is done, because its caller has waited for its results.
final class Uploads {
  private final Gpu gpu;
  private final Growing<Gpu.Memory> memory;
  private final List<Growing<Gpu.Pinned>> hosts;
  private int turn;

  /// @param least bytes that there is room for from the beginning
  Uploads(Gpu gpu, long least) {
    this.gpu = gpu;
    this.memory = Growing.onGpu(gpu, least);
    this.hosts = List.of(Growing.pinned(gpu, least), Growing.pinned(gpu, least));
  }

  /// Copies integers. Launches after this call read them at the returned address.
  Gpu.Memory upload(int[] integers) {
    long bytes = 4L * integers.length;
    turn = (turn + 1) % hosts.size();
    Gpu.Pinned host = hosts.get(turn).atLeast(bytes);
    host.buffer().asIntBuffer().put(0, integers);
    Gpu.Memory to = memory.atLeast(bytes);
    gpu.upload(host, to, 0, bytes);
    return to;
  }
}
