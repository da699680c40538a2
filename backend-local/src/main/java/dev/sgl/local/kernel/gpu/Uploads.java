package dev.sgl.local.kernel.gpu;

import java.util.List;

/// Integers on their way to the GPU, for one piece of work after the other. They are copied from
/// pinned memory while the GPU works, so there are two places for them, used in turn: when the
/// third comes, the first has been copied, because its caller has seen what came of it.
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

  /// Copies integers, which are there for all work that is asked for next.
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
