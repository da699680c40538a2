package dev.sgl.server.http;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/// A client that waits for one answer.
///
/// The only way to learn that it has gone away is to write to it. So if the answer takes long, its
/// status is sent, and then blanks, which JSON allows before its text. What fails
/// after that can only be told by breaking the connection off.
final class Waiting implements AutoCloseable {
  private static final Duration BEAT = Duration.ofMillis(400); // the second after it left fails

  private final HttpExchange exchange;
  private final Duration patience;
  private final SlowReaders readers;
  private final long end; // of the time that the answer has
  private final Runnable gone;
  private final ReentrantLock lock = new ReentrantLock();
  private final Thread heart;
  private boolean begun;
  private boolean over;

  /// @param patience before the status is sent
  /// @param gone told once if the client goes away
  Waiting(
      HttpExchange exchange, SlowReaders readers, Duration patience, Duration time, Runnable gone) {
    this.patience = patience;
    this.exchange = exchange;
    this.readers = readers;
    this.end = System.nanoTime() + time.toNanos();
    this.gone = gone;
    this.heart = Thread.ofVirtual().name("sgl-heartbeat").start(this::beat);
  }

  private void beat() {
    try {
      Thread.sleep(patience);
      while (blank() && !isOver()) {
        Thread.sleep(BEAT);
      }
      leave();
    } catch (InterruptedException e) {
      return; // the answer came
    } catch (IOException e) {
      leave();
    }
  }

  /// Ends the work, unless it has ended.
  private void leave() {
    lock.lock();
    try {
      if (!over) {
        gone.run();
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean blank() throws IOException {
    lock.lock();
    try {
      if (over) {
        return false;
      }
      readers.write(
          () -> {
            if (!begun) {
              begun = true;
              exchange.getResponseHeaders().set("Content-Type", "application/json");
              exchange.sendResponseHeaders(200, 0);
            }
            exchange.getResponseBody().write(' ');
            exchange.getResponseBody().flush();
          });
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Whether the answer's time is over.
  boolean isOver() {
    return System.nanoTime() - end > 0;
  }

  /// Ends the waiting; whether the answer has begun.
  boolean end() {
    lock.lock();
    try {
      over = true;
      return begun;
    } finally {
      lock.unlock();
    }
  }

  /// Sends the rest of an answer that has begun.
  void finish(byte[] body) throws IOException {
    readers.write(
        () -> {
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          }
        });
  }

  @Override
  public void close() {
    end();
    heart.interrupt();
  }
}
