package dev.sgl.local.kernel.cuda;

import java.util.Optional;

/// Integers on their way to the device, for one piece of work after the other. They are copied from
/// pinned memory while the device works, so there are two places for them, used in turn: when the
/// third comes, the first has been copied, because its caller has seen what came of it.
final class Uploads {
  private static final int PLACES = 2;

  private final Gpu gpu;
  private final long least;
  private Optional<Gpu.Memory> device = Optional.empty();
  private final Gpu.Pinned[] hosts = new Gpu.Pinned[PLACES];
  private long bytes;
  private int turn;

  /// @param least bytes that there is room for from the beginning
  Uploads(Gpu gpu, long least) {
    this.gpu = gpu;
    this.least = least;
  }

  /// Copies integers, which are there for all work that is asked for next.
  Gpu.Memory upload(int[] integers) {
    grow(4L * integers.length);
    turn = (turn + 1) % PLACES;
    Gpu.Pinned host = hosts[turn];
    host.buffer().asIntBuffer().put(0, integers);
    Gpu.Memory memory = device.orElseThrow();
    gpu.upload(host, memory, 0, 4L * integers.length);
    return memory;
  }

  private void grow(long needed) {
    if (needed <= bytes) {
      return;
    }
    gpu.await();
    if (bytes > 0) {
      gpu.free(device.orElseThrow());
      for (Gpu.Pinned host : hosts) {
        gpu.unpin(host);
      }
    }
    bytes = Math.max(least, Long.highestOneBit(needed) * 2);
    device = Optional.of(gpu.allocate(bytes));
    for (int i = 0; i < PLACES; i++) {
      hosts[i] = gpu.pin(bytes);
    }
  }
}
