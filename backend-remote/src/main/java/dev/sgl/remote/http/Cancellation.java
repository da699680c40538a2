package dev.sgl.remote.http;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Whether somebody still wants what is waited for. Whoever waits here wakes up when nobody does.
public final class Cancellation {
  private static final long LOOK_MILLIS = 20;

  private final CountDownLatch cancelled = new CountDownLatch(1);

  /// Something that may become true.
  @FunctionalInterface
  public interface Trial {
    /// Waits at most so long; whether it came true.
    boolean within(long time, TimeUnit unit) throws InterruptedException;
  }

  public void cancel() {
    cancelled.countDown();
  }

  public boolean isCancelled() {
    return cancelled.getCount() == 0 || Thread.currentThread().isInterrupted();
  }

  /// @throws CancellationException if nobody wants it
  public void require() {
    if (isCancelled()) {
      throw new CancellationException("cancelled");
    }
  }

  /// @throws CancellationException if nobody wants it, or will while it waits
  public void sleep(Duration time) {
    await((_, _) -> cancelled.await(time.toNanos(), TimeUnit.NANOSECONDS) || true);
    require();
  }

  /// Waits until something is true.
  ///
  /// @throws CancellationException if nobody wants it before
  public void await(Trial trial) {
    try {
      do {
        require();
      } while (!trial.within(LOOK_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled");
    }
  }
}
