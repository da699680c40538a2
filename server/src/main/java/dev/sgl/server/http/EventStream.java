package dev.sgl.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/// An answer that goes out piece by piece, as server-sent events or as lines of JSON; several
/// threads may write.
///
/// The only way to learn that a client has gone away is to write to it. So an empty line, which is
/// no event, or a blank before the next line is written where there was no event for some seconds.
/// If that fails, the work that makes the answer is ended. (A comment would say the same, but there
/// are clients that read one as an event.)
///
/// The status goes out with the first event, or after a second: what fails until then is
/// refused with a status of its own.
///
/// Reference: WHATWG, HTML Living Standard, section 9.2, "Server-sent events".
public final class EventStream implements AutoCloseable {
  private static final Duration BEAT = Duration.ofSeconds(1);
  private static final Duration SILENCE = Duration.ofSeconds(3);

  /// The form of the pieces.
  enum Form {
    /// Server-sent events.
    EVENTS("text/event-stream; charset=utf-8", "data: ", "\n\n", "\n"),
    /// JSON, each piece on a line.
    LINES("application/x-ndjson", "", "\n", " ");

    private final String type;
    private final byte[] begin;
    private final byte[] end;
    private final byte[] silence; // what says nothing

    Form(String type, String begin, String end, String silence) {
      this.type = type;
      this.begin = begin.getBytes(StandardCharsets.US_ASCII);
      this.end = end.getBytes(StandardCharsets.US_ASCII);
      this.silence = silence.getBytes(StandardCharsets.US_ASCII);
    }
  }

  private final Form form;
  private final HttpExchange exchange;
  private final SlowReaders readers;
  private final long end; // of the time that the answer has
  private final Runnable gone;
  private final ReentrantLock lock = new ReentrantLock();
  private final Thread heart;
  private volatile long written = System.nanoTime();
  private volatile boolean open = true;
  private volatile boolean begun;

  /// @param gone told once if the client goes away
  EventStream(Form form, HttpExchange exchange, SlowReaders readers, Duration time, Runnable gone) {
    this.form = form;
    this.exchange = exchange;
    this.readers = readers;
    this.end = System.nanoTime() + time.toNanos();
    this.gone = gone;
    heart = Thread.ofVirtual().name("sgl-heartbeat").start(this::beat);
  }

  private void begin() throws IOException {
    begun = true;
    exchange.getResponseHeaders().set("Content-Type", form.type);
    exchange.getResponseHeaders().set("Cache-Control", "no-cache");
    exchange.getResponseHeaders().set("X-Accel-Buffering", "no");
    exchange.sendResponseHeaders(200, 0);
  }

  /// Whether the answer's time is over.
  boolean isOver() {
    return System.nanoTime() - end > 0;
  }

  /// Whether the status has gone out; if not, it never will.
  boolean endUnlessBegun() {
    lock.lock();
    try {
      open &= begun;
      return begun;
    } finally {
      lock.unlock();
    }
  }

  /// Sends an event without a name.
  ///
  /// @throws IOException if the client is gone
  public void send(JsonNode data) throws IOException {
    send("", data);
  }

  /// Sends an event from a callback, which cannot raise an [IOException]; the exception ends the
  /// work that called back.
  ///
  /// @throws UncheckedIOException if the client is gone
  public void report(String event, JsonNode data) {
    try {
      send(event, data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Sends an event without a name from a callback, as [#report(String, JsonNode)].
  ///
  /// @throws UncheckedIOException if the client is gone
  public void report(JsonNode data) {
    report("", data);
  }

  /// Sends an event; one with an empty name has none.
  ///
  /// @throws IOException if the client is gone
  public void send(String event, JsonNode data) throws IOException {
    send(event, Json.bytes(data));
  }

  /// Sends an event whose data is JSON already.
  ///
  /// @throws IOException if the client is gone
  public void send(String event, byte[] json) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    if (!event.isEmpty()) {
      bytes.writeBytes(("event: " + event + "\n").getBytes(StandardCharsets.UTF_8));
    }
    bytes.writeBytes(form.begin);
    bytes.writeBytes(json);
    bytes.writeBytes(form.end);
    write(bytes.toByteArray());
  }

  /// Says that there is no more, as OpenAI's API does.
  ///
  /// @throws IOException if the client is gone
  public void done() throws IOException {
    write("data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII));
  }

  private void write(byte[] bytes) throws IOException {
    lock.lock();
    try {
      if (!open) {
        throw new IOException("the client is gone");
      }
      readers.write(
          () -> {
            if (!begun) {
              begin();
            }
            OutputStream out = exchange.getResponseBody();
            out.write(bytes);
            out.flush();
          });
      written = System.nanoTime();
    } catch (IOException e) {
      leave();
      throw e;
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    if (open) {
      open = false;
      gone.run();
    }
  }

  private void beat() {
    while (open) {
      try {
        Thread.sleep(BEAT);
        long now = System.nanoTime();
        if (isOver()) {
          gone.run();
          return;
        }
        if (!lock.isLocked() && (!begun || now - written > SILENCE.toNanos())) {
          write(form.silence);
        }
      } catch (IOException e) {
        return; // it was told
      } catch (InterruptedException e) {
        return; // the end
      }
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      open = false;
    } finally {
      lock.unlock();
    }
    heart.interrupt();
  }

  /// Sends what ends the answer.
  void finish() throws IOException {
    readers.write(
        () -> {
          if (!begun) { // there was no event
            begin();
          }
          exchange.getResponseBody().close();
        });
  }
}
