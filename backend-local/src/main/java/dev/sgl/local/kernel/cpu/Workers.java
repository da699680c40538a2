package dev.sgl.local.kernel.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A few threads that share the pieces of one operation. Between operations they spin for a short
/// while, because the next one comes within microseconds, and then park.
final class Workers implements AutoCloseable {
  private static final int SPINS = 20_000;

  /// A piece of work; `worker` numbers the thread that does it, from 0.
  interface Piece {
    void run(int index, int worker);
  }

  private static final class Round {
    private final Piece piece;
    private final int count;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private volatile @Nullable Throwable failure;

    Round(Piece piece, int count) {
      this.piece = piece;
      this.count = count;
    }

    void help(int worker) {
      for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
        try {
          piece.run(i, worker);
        } catch (Throwable e) {
          failure = e; // raised again by run, on the caller's thread
        } finally {
          done.incrementAndGet();
        }
      }
    }
  }

  private final Thread[] threads;
  private final boolean[] parked;
  private volatile Round current = new Round((_, _) -> {}, 0);
  private volatile boolean closed;

  /// @param count threads that work, the calling one included
  Workers(int count) {
    threads = new Thread[count - 1];
    parked = new boolean[count - 1];
    for (int i = 0; i < threads.length; i++) {
      int worker = i;
      threads[i] =
          Thread.ofPlatform().daemon().name("sgl-worker-" + (i + 1)).start(() -> work(worker));
    }
  }

  int count() {
    return threads.length + 1;
  }

  /// Runs the pieces 0 to `count - 1` and returns when all are done.
  void run(int count, Piece piece) {
    Round round = new Round(piece, count);
    if (count > 1 && threads.length > 0) {
      current = round;
      wake();
    }
    round.help(0);
    while (round.done.get() < count) {
      Thread.onSpinWait();
    }
    switch (round.failure) {
      case null -> {}
      case RuntimeException error -> throw error;
      case Error error -> throw error;
      case Throwable error -> throw new IllegalStateException(error);
    }
  }

  private void wake() {
    for (int i = 0; i < threads.length; i++) {
      synchronized (parked) {
        if (parked[i]) {
          parked[i] = false;
          LockSupport.unpark(threads[i]);
        }
      }
    }
  }

  private void work(int index) {
    Round last = current;
    while (!closed) {
      Round round = await(last, index);
      round.help(index + 1);
      last = round;
    }
  }

  private Round await(Round last, int index) {
    for (int i = 0; i < SPINS; i++) {
      if (current != last) {
        return current;
      }
      Thread.onSpinWait();
    }
    synchronized (parked) {
      parked[index] = true;
    }
    while (current == last && !closed) {
      LockSupport.parkNanos(this, 100_000_000);
    }
    return current;
  }

  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
  }
}
