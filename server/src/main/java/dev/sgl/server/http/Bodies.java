package dev.sgl.server.http;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// The memory for the bodies of all calls together: one part for bodies that are being
/// received, by the bytes received so far; another for the trees that are made of large bodies,
/// which take many times their size.
final class Bodies {
  private static final int SMALL = 64 << 10; // what is made of such a body is not counted
  private static final int MADE = 64; // what is made of them: one part in so many
  private static final int COMING = 8; // what is on its way
  private static final int UNIT = 1 << 10;
  private static final long PATIENCE_SECONDS = 60;

  private final long most;
  private final int units;
  private final Semaphore free;
  private final AtomicLong coming = new AtomicLong();

  Bodies() {
    this(Runtime.getRuntime().maxMemory());
  }

  /// @param memory in bytes
  Bodies(long memory) {
    most = memory / COMING;
    units = Math.clamp(memory / MADE / UNIT, 1, Integer.MAX_VALUE);
    free = new Semaphore(units, true);
  }

  /// Counts bytes that have come.
  ///
  /// @throws ApiException if there is no room for them; they are not counted then
  void come(int bytes) {
    if (coming.addAndGet(bytes) > most) {
      coming.addAndGet(-bytes);
      throw ApiException.unavailable("the server reads too much at once; try again later");
    }
  }

  /// They are not kept any more.
  void gone(int bytes) {
    coming.addAndGet(-bytes);
  }

  /// Waits until there is room for the tree of a body. A body that is larger than all the room
  /// is read alone.
  ///
  /// @return what to give back
  /// @throws ApiException if there is none for a long time
  int take(int bytes) {
    if (bytes <= SMALL) {
      return 0;
    }
    int wanted = Math.clamp(bytes / UNIT, 1, units);
    try {
      if (free.tryAcquire(wanted, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return wanted;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw ApiException.unavailable("the server has too many large calls to read; try again later");
  }

  void give(int taken) {
    free.release(taken);
  }
}
