package dev.sgl.local.hub;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/// Closes a stream that has delivered no bytes for a minute, so that its reader does not wait for
/// ever.
final class Watch implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final InputStream stream;
  private final Thread thread;
  private volatile long moved = System.nanoTime();

  Watch(InputStream stream) {
    this.stream = stream;
    this.thread = Thread.ofVirtual().start(this::closeWhenIdle);
  }

  /// Bytes have arrived.
  void moved() {
    moved = System.nanoTime();
  }

  private void closeWhenIdle() {
    try {
      while (System.nanoTime() - moved < PATIENCE.toNanos()) {
        Thread.sleep(Duration.ofSeconds(1));
      }
      stream.close();
    } catch (InterruptedException | IOException e) {
      return; // its reader is done
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
