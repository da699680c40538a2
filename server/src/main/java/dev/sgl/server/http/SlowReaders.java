package dev.sgl.server.http;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// Watches all that is written to clients. A client that does not read holds whoever writes to it;
/// after a while the writer is interrupted, which closes the client's connection.
final class SlowReaders implements AutoCloseable {
  private final Set<Write> writes = ConcurrentHashMap.newKeySet();
  private final Duration patience;
  private final Thread watch;

  /// Writing that may be held up.
  @FunctionalInterface
  interface Writing {
    void write() throws IOException;
  }

  private static final class Write {
    private final Thread writer = Thread.currentThread();
    private final long since = System.nanoTime();
    private boolean over; // guarded by this
    private boolean cut;

    synchronized void cut() {
      if (!over) {
        cut = true;
        writer.interrupt();
      }
    }

    /// @return whether it was cut
    synchronized boolean end() {
      over = true;
      return cut;
    }
  }

  /// @param patience with a client that does not read
  SlowReaders(Duration patience) {
    this.patience = patience;
    this.watch = Thread.ofPlatform().daemon().name("sgl-slow-readers").start(this::watch);
  }

  private void watch() {
    long tick = Math.clamp(patience.toMillis() / 10, 10, 1000);
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(tick);
        long now = System.nanoTime();
        writes.stream().filter(w -> now - w.since > patience.toNanos()).forEach(Write::cut);
      }
    } catch (InterruptedException e) {
      return; // the end
    }
  }

  /// Writes to a client.
  ///
  /// @throws IOException if the client is gone, or was cut off because it did not read
  void write(Writing writing) throws IOException {
    Write write = new Write();
    writes.add(write);
    try {
      writing.write();
    } finally {
      writes.remove(write);
      if (write.end()) {
        Thread.interrupted(); // it was meant for the writing alone
      }
    }
  }

  @Override
  public void close() {
    watch.interrupt();
  }
}
