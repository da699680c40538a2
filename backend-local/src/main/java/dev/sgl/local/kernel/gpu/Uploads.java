package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Growing;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// Copies integers to the GPU, for one launch after the other. The copies are asynchronous and read
/// pinned memory, so there are two buffers, used in turn: before the third copy is written to the
/// first buffer, the first copy is done, because its caller has waited for its results.
final class Uploads {
  private static final int BUFFERS = 2;

  private final Gpu gpu;
  private final List<Growing<Gpu.Pinned>> hosts;
  private final List<Destination> destinations;
  private int turn;

  /// Memory of the GPU.
  private static final class Destination {
    private final Growing<Gpu.Memory> memory;
    private Optional<Gpu.Memory> last = Optional.empty();

    Destination(Gpu gpu, long least) {
      memory = Growing.onGpu(gpu, least);
    }

    /// Whether it is where it was the last time; new memory is being filled with zeros.
    boolean stays(Gpu.Memory now) {
      boolean stays = last.filter(now::equals).isPresent();
      last = Optional.of(now);
      return stays;
    }
  }

  private Uploads(Gpu gpu, long least, int destinations) {
    this.gpu = gpu;
    hosts = IntStream.range(0, BUFFERS).mapToObj(_ -> Growing.pinned(gpu, least)).toList();
    this.destinations =
        IntStream.range(0, destinations).mapToObj(_ -> new Destination(gpu, least)).toList();
  }

  /// Copies that come after all work launched before, always to the same address.
  ///
  /// @param least bytes that there is room for from the beginning
  static Uploads inOrder(Gpu gpu, long least) {
    return new Uploads(gpu, least, 1);
  }

  /// Copies beside the work under way, to two addresses in turn: what reads one of them is done
  /// before the next but one copy, as above.
  ///
  /// @param least bytes that there is room for from the beginning
  static Uploads beside(Gpu gpu, long least) {
    return new Uploads(gpu, least, BUFFERS);
  }

  /// Copies integers. Launches after this call read them at the returned address.
  Gpu.Memory upload(int[] integers) {
    long bytes = 4L * integers.length;
    turn = (turn + 1) % BUFFERS;
    Gpu.Pinned host = hosts.get(turn).atLeast(bytes);
    host.buffer().asIntBuffer().put(0, integers);
    Destination destination = destinations.get(turn % destinations.size());
    Gpu.Memory to = destination.memory.atLeast(bytes);
    if (destination.stays(to) && destinations.size() == BUFFERS) {
      gpu.uploadBeside(host, to, bytes);
    } else {
      gpu.upload(host, to, 0, bytes);
    }
    return to;
  }
}
