package dev.sgl.local.kernel.gpu;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/// Memory that is replaced by more when more is needed. What was in it is lost.
///
/// @param <M> on the GPU, or of the host
final class Growing<M> {
  /// More than what is asked for is taken, so that it does not grow each time: at most so much.
  private static final long SLACK = 8 << 20;

  private final Gpu gpu;
  private final long least;
  private final LongFunction<M> take;
  private final Consumer<M> free;
  private Optional<M> memory = Optional.empty();
  private long bytes;

  private Growing(Gpu gpu, long least, LongFunction<M> take, Consumer<M> free) {
    this.gpu = gpu;
    this.least = least;
    this.take = take;
    this.free = free;
  }

  /// Memory on the GPU, of zeros at first: recorded layers compute rows that are not there, and
  /// checkers of memory do not see all that the libraries write.
  ///
  /// @param least bytes that there are from the beginning
  static Growing<Gpu.Memory> onGpu(Gpu gpu, long least) {
    return new Growing<>(gpu, least, bytes -> zeros(gpu, bytes), gpu::free);
  }

  static Growing<Gpu.Pinned> pinned(Gpu gpu, long least) {
    return new Growing<>(gpu, least, gpu::pin, gpu::unpin);
  }

  static Gpu.Memory zeros(Gpu gpu, long bytes) {
    Gpu.Memory memory = gpu.allocate(bytes);
    gpu.fill(memory, 0);
    return memory;
  }

  /// The memory, of at least so many bytes. The new is taken before the old is freed, so that
  /// nothing is lost if there is not enough.
  M atLeast(long needed) {
    if (memory.isPresent() && needed <= bytes) {
      return memory.get();
    }
    long wanted = Math.max(least, needed + Math.min(needed, SLACK));
    M taken = take.apply(wanted);
    memory.ifPresent(
        old -> {
          gpu.await();
          free.accept(old);
        });
    memory = Optional.of(taken);
    bytes = wanted;
    return taken;
  }
}
