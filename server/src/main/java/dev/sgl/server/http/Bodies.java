package dev.sgl.server.http;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// The room for large bodies, which take many times their size once they are read: a part of the
/// memory, for all calls together. Who finds none waits.
final class Bodies {
  private static final int SMALL = 64 << 10; // such bodies are not counted
  private static final int PART = 64; // of the memory: one in so many
  private static final int UNIT = 1 << 10;
  private static final long PATIENCE_SECONDS = 60;

  private final int units;
  private final Semaphore free;

  Bodies() {
    this(Runtime.getRuntime().maxMemory() / PART);
  }

  Bodies(long bytes) {
    units = Math.clamp(bytes / UNIT, 1, Integer.MAX_VALUE);
    free = new Semaphore(units, true);
  }

  /// Waits until there is room for a body; one that is larger than all the room is read alone.
  ///
  /// @return what to give back
  /// @throws ApiException if there is none for a long time
  int take(long bytes) {
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
