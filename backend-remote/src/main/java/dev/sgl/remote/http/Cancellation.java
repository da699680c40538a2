package dev.sgl.remote.http;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Whether a piece of work is cancelled. Threads that wait here wake up when it is.
public final class Cancellation {
  private static final long LOOK_MILLIS = 20;

  private final CountDownLatch cancelled = new CountDownLatch(1);

  /// Something that may become true.
  @FunctionalInterface
  public interface Trial {
    /// Waits at most so long; whether it came true.
    boolean within(long time, TimeUnit unit) throws InterruptedException;
  }

  /// Cancels the work; threads that wait here wake up.
  public void cancel() {
    cancelled.countDown();
  }

  /// Whether the work was cancelled or the current thread is interrupted.
  public boolean isCancelled() {
    return cancelled.getCount() == 0 || Thread.currentThread().isInterrupted();
  }

  /// Checks that the work is not cancelled.
  ///
  /// @throws CancellationException if it is
  public void require() {
    if (isCancelled()) {
      throw new CancellationException("cancelled");
    }
  }

  /// Waits for `time`.
  ///
  /// @throws CancellationException if the work is cancelled, before or while it waits
  public void sleep(Duration time) {
    await((_, _) -> cancelled.await(time.toNanos(), TimeUnit.NANOSECONDS) || true);
    require();
  }

  /// Waits until something is true.
  ///
  /// @throws CancellationException if the work is cancelled before
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
