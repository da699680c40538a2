package dev.sgl.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/// A line of JSON for each call, when it is over: who called which route, and how it ended. No
/// body, no query and no header of a request but its id is in it, so no prompt and of no key more
/// than its name.
public final class RequestLog {
  /// Writes nothing.
  public static final RequestLog NONE = new RequestLog(Writer.nullWriter());

  private final Writer lines;

  /// A log that is flushed after each line.
  public RequestLog(Writer lines) {
    this.lines = lines;
  }

  /// Adds a call that is over.
  synchronized void add(Call call, long nanoseconds) {
    ObjectNode line = Json.object().put("time", Instant.now().toString());
    line.put("client", call.client()).put("method", call.method()).put("path", call.path());
    line.put("status", call.status()).put("seconds", Math.round(nanoseconds / 1e6) / 1e3);
    call.id().ifPresent(id -> line.put("id", id));
    if (!call.caller().name().isEmpty()) {
      line.put("key", call.caller().name());
    }
    try {
      lines.write(new String(Json.bytes(line), StandardCharsets.UTF_8) + "\n");
      lines.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the log of requests cannot be written", e);
    }
  }
}
