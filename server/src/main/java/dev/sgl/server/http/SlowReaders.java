package dev.sgl.server.http;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// Watches all writes to clients. A client that does not read blocks the thread that writes to
/// it; after a while that thread is interrupted, which closes the client's connection.
final class SlowReaders implements AutoCloseable {
  private final Set<Write> writes = ConcurrentHashMap.newKeySet();
  private final Duration patience;
  private final Thread watch;

  /// Writing that may be held up.
  @FunctionalInterface
  interface Writing {
    void write() throws IOException;
  }

  /// Writing on a thread of its own.
  private static final class Write implements Runnable {
    private final Thread thread = Thread.ofVirtual().name("sgl-writer").unstarted(this);
    private final long since = System.nanoTime();
    private final Writing writing;
    private Optional<Throwable> failed = Optional.empty();

    Write(Writing writing) {
      this.writing = writing;
    }

    @Override
    public void run() {
      try {
        writing.write();
      } catch (Throwable e) { // of any kind: it is the caller's
        failed = Optional.of(e);
      }
    }

    /// Waits for its end, however often the caller is interrupted.
    void await() throws IOException {
      Uninterruptibles.joinUninterruptibly(thread);
      switch (failed.orElse(null)) {
        case null -> {}
        case IOException e -> throw e;
        case Error e -> throw e;
        case Throwable e -> throw (RuntimeException) e;
      }
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
        try {
          cutOff(System.nanoTime());
        } catch (OutOfMemoryError e) {
          continue; // at the next tick
        }
      }
    } catch (InterruptedException e) {
      return; // the end
    }
  }

  private void cutOff(long now) {
    for (Write write : writes) {
      if (now - write.since > patience.toNanos()) {
        write.thread.interrupt();
      }
    }
  }

  /// Writes to a client, on a thread of its own: an interrupt of the caller is meant for its
  /// work, and would close the connection.
  ///
  /// @throws IOException if the client is gone, or was cut off because it did not read
  void write(Writing writing) throws IOException {
    Write write = new Write(writing);
    writes.add(write);
    try {
      write.thread.start();
      write.await();
    } finally {
      writes.remove(write);
    }
  }

  @Override
  public void close() {
    watch.interrupt();
  }
}
