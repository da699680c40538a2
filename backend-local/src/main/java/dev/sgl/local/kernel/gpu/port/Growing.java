package dev.sgl.local.kernel.gpu.port;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/// A buffer that is replaced by a larger one when more is needed; its contents are lost.
///
/// @param <M> on the GPU, or of the host
public final class Growing<M> {
  /// Most bytes that are allocated beyond the requested size, so that it does not grow each time.
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
  public static Growing<Gpu.Memory> onGpu(Gpu gpu, long least) {
    return new Growing<>(gpu, least, bytes -> zeros(gpu, bytes), gpu::free);
  }

  /// Pinned memory of the host.
  public static Growing<Gpu.Pinned> pinned(Gpu gpu, long least) {
    return new Growing<>(gpu, least, gpu::pin, gpu::unpin);
  }

  /// Memory of zeros.
  public static Gpu.Memory zeros(Gpu gpu, long bytes) {
    Gpu.Memory memory = gpu.allocate(bytes);
    if (bytes > 0) {
      gpu.fill(memory, 0);
    }
    return memory;
  }

  /// The buffer, with at least `needed` bytes. The new one is allocated before the old one is
  /// freed, unless there is no room for both.
  ///
  /// @throws OutOfDeviceMemory if there is no room for the new one alone
  public M atLeast(long needed) {
    if (memory.isPresent() && needed <= bytes) {
      return memory.get();
    }
    long wanted = Math.max(least, needed + Math.min(needed, SLACK));
    M taken;
    try {
      taken = take.apply(wanted);
      release();
    } catch (OutOfDeviceMemory e) {
      release();
      taken = take.apply(needed);
      wanted = needed;
    }
    memory = Optional.of(taken);
    bytes = wanted;
    return taken;
  }

  private void release() {
    memory.ifPresent(
        old -> {
          gpu.await();
          free.accept(old);
        });
    memory = Optional.empty();
  }
}
