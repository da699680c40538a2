package dev.sgl.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import dev.sgl.server.keys.Caller;
import io.opentelemetry.context.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// One call of a client, and its answer.
public final class Call {
  /// Bytes of a body that is too large which are read nevertheless.
  private static final long DRAINED = 256 << 20;

  private static final int PIECE = 1 << 16; // that is read at a time
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final HttpExchange exchange;
  private final Limits limits;
  private final SlowReaders readers;
  private final Bodies bodies;
  private final Access access;
  private int taken; // of the room for bodies
  private Map<String, String> variables = Map.of();
  private String route = "unknown";
  private Caller caller = Caller.ANYONE;
  private Context trace = Context.root();
  private int status;
  private ErrorShape shape = ErrorShape.OPENAI;

  Call(HttpExchange exchange, Limits limits, SlowReaders readers, Bodies bodies, Access access) {
    this.access = access;
    this.exchange = exchange;
    this.limits = limits;
    this.readers = readers;
    this.bodies = bodies;
  }

  /// Errors are written in this shape from now on.
  void write(ErrorShape errors) {
    shape = errors;
  }

  void found(Router.Found found) {
    variables = found.variables();
    route = found.route();
  }

  void of(Caller whose) {
    caller = whose;
  }

  /// The owner of the call's key.
  public Caller caller() {
    return caller;
  }

  void in(Context span) {
    trace = span;
  }

  /// The span of the call.
  public Context trace() {
    return trace;
  }

  /// @throws ApiException if the caller may not do what concerns all callers
  public void requireAdmin() {
    if (!caller.isAdmin()) {
      throw new ApiException(
          403,
          "permission_error",
          "",
          "admin_key_required",
          path() + " concerns all callers; it needs a key for administration");
    }
  }

  /// The HTTP method, such as `POST`.
  public String method() {
    return exchange.getRequestMethod();
  }

  /// The path of the URL, decoded, without the query and without the root path of a proxy.
  public String path() {
    return access.inner(exchange.getRequestURI().getPath());
  }

  /// The address of the client, or of the proxy before it.
  String client() {
    return exchange.getRemoteAddress().getAddress().getHostAddress();
  }

  /// The id of the request, if its answer has one.
  Optional<String> id() {
    return Optional.ofNullable(exchange.getResponseHeaders().getFirst("X-Request-Id"));
  }

  /// The path as it was registered.
  String route() {
    return route;
  }

  /// The status of the answer; 0 if there is none yet.
  int status() {
    return status;
  }

  /// The first value of a header of the request, whatever the case of its name.
  public Optional<String> header(String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
  }

  /// What the segment `{name}` of the path is.
  public String variable(String name) {
    String value = variables.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the path has no {" + name + "}");
    }
    return value;
  }

  /// The first value of a parameter of the URL's query.
  public Optional<String> query(String name) {
    String query = exchange.getRequestURI().getRawQuery();
    return Stream.of(query == null ? new String[0] : query.split("&"))
        .map(pair -> pair.split("=", 2))
        .filter(pair -> decoded(pair[0]).equals(name))
        .map(pair -> pair.length < 2 ? "" : decoded(pair[1]))
        .findFirst();
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) { // of a percent sign
      return text;
    }
  }

  /// The body as JSON.
  ///
  /// @throws ApiException if it is none, or too large
  public JsonNode json() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try {
      read(body);
      taken += bodies.take(body.size());
      return Json.read(body.toByteArray());
    } finally {
      bodies.gone(body.size());
    }
  }

  /// The members of the body.
  ///
  /// @throws ApiException if it is no object
  public Fields fields() throws IOException {
    return Fields.of(json());
  }

  private void read(ByteArrayOutputStream body) throws IOException {
    try (InputStream in = exchange.getRequestBody()) {
      while (true) {
        byte[] piece = piece(in);
        if (body.size() + piece.length > limits.bodyBytes()) {
          bodies.gone(body.size());
          body.reset();
          drain(in); // a client that still sends would not see the answer
          throw new ApiException(
              413,
              "invalid_request_error",
              "",
              "body_too_large",
              "the body has more than " + limits.bodyBytes() + " bytes");
        }
        bodies.come(piece.length);
        body.writeBytes(piece);
        if (piece.length < PIECE) {
          return;
        }
      }
    }
  }

  /// The next bytes of a body; fewer than a piece at its end.
  ///
  /// @throws ApiException if the body does not follow HTTP, or the client is gone and does not hear
  private byte[] piece(InputStream in) {
    try {
      return in.readNBytes(PIECE);
    } catch (IOException e) {
      set("Connection", "close"); // nobody knows where the next request would begin
      throw ApiException.invalid(
          "",
          "the body cannot be read: %s; chunks must have their sizes and no trailer fields may follow them"
              .formatted(e.getMessage()));
    }
  }

  private static void drain(InputStream in) throws IOException {
    for (long left = DRAINED; left > 0; ) {
      int read = in.readNBytes(PIECE).length;
      left = read == 0 ? 0 : left - read;
    }
  }

  /// Answers with JSON and status 200.
  ///
  /// @throws IOException if the client is gone
  public void answer(JsonNode json) throws IOException {
    answer(200, "application/json", Json.bytes(json));
  }

  /// Answers with a status and a body; an empty body is not sent.
  ///
  /// @param type the media type of the body
  /// @throws IOException if the client is gone
  public void answer(int code, String type, byte[] body) throws IOException {
    status = code;
    exchange.getResponseHeaders().set("Content-Type", type);
    boolean empty = body.length == 0 || method().equals("HEAD");
    readers.write(
        () -> {
          exchange.sendResponseHeaders(code, empty ? -1 : body.length);
          if (!empty) {
            try (OutputStream out = exchange.getResponseBody()) {
              out.write(body);
            }
          }
        });
  }

  /// Sets a header of the answer.
  public void set(String header, String value) {
    exchange.getResponseHeaders().set(header, value);
  }

  /// Answers with what `work` gives, however long it takes.
  ///
  /// @param gone ends the work; called if the client goes away
  private void answer(Supplier<JsonNode> work, Duration patience, Runnable gone)
      throws IOException {
    try (Waiting waiting = new Waiting(exchange, readers, patience, limits.time(), gone)) {
      JsonNode answer;
      try {
        answer = work.get();
      } catch (RuntimeException | Error e) {
        Thread.interrupted(); // it was meant for the work
        if (waiting.end()) {
          status = 200;
          cut();
          throw new IOException("the answer failed after it began: " + e.getMessage(), e);
        }
        throw waiting.isOver() ? late() : Errors.of(e);
      }
      if (waiting.end()) {
        status = 200;
        waiting.finish(Json.bytes(answer));
      } else {
        answer(answer);
      }
    }
  }

  /// Writes the events of an answer.
  @FunctionalInterface
  public interface Source {
    void write(EventStream events) throws IOException;
  }

  /// Answers with what `work` gives; the work's thread is interrupted if the client goes away.
  public void answer(Supplier<JsonNode> work) throws IOException {
    answer(work, PATIENCE);
  }

  /// The same for work that may fail late: a failure has a status of its own for as long as
  /// `patience` lasts, and a client that goes away is noticed only then.
  public void answer(Supplier<JsonNode> work, Duration patience) throws IOException {
    answer(work, patience, Thread.currentThread()::interrupt);
  }

  /// Ends a stream that has begun, and that failed.
  @FunctionalInterface
  public interface Failed {
    void write(EventStream events, ApiException error) throws IOException;
  }

  /// Answers with events. What fails before the first of them is refused; what fails later is an
  /// event of its own.
  ///
  /// @param gone ends the source; called if the client goes away
  public void stream(Source source, Runnable gone) throws IOException {
    stream(EventStream.Form.EVENTS, source, gone, this::fail);
  }

  /// Answers with events, as [#stream(Source, Runnable)].
  ///
  /// @param failed writes the last event of a stream that failed after its first
  public void stream(Source source, Runnable gone, Failed failed) throws IOException {
    stream(EventStream.Form.EVENTS, source, gone, failed);
  }

  /// Answers with JSON objects, each on a line of its own, as [#stream(Source, Runnable)].
  public void lines(Source source, Runnable gone) throws IOException {
    stream(EventStream.Form.LINES, source, gone, this::fail);
  }

  private static void fail(Failed failed, EventStream events, ApiException error)
      throws IOException {
    try {
      failed.write(events, error);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void fail(EventStream events, ApiException error) throws IOException {
    events.send(shape.event(), shape.json(error));
  }

  private void stream(EventStream.Form form, Source source, Runnable gone, Failed failed)
      throws IOException {
    try (EventStream events = new EventStream(form, exchange, readers, limits.time(), gone)) {
      try {
        source.write(events);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      } catch (RuntimeException | Error e) {
        Thread.interrupted(); // it was meant for the source
        if (!events.endUnlessBegun()) {
          throw Errors.of(e);
        }
        fail(failed, events, events.isOver() ? late() : Errors.of(e));
      }
      status = 200;
      events.finish();
    }
  }

  private ApiException late() {
    return new ApiException(
        504,
        "server_error",
        "",
        "timeout",
        "the call was not answered within " + limits.time().toSeconds() + " s");
  }

  void refuse(ApiException error) throws IOException {
    answer(error.status(), "application/json", Json.bytes(shape.json(error)));
  }

  /// Breaks the connection off, so that no client takes a part of an answer for the whole: an
  /// interrupted thread that writes to a channel closes it.
  private void cut() {
    Thread.currentThread().interrupt();
    try {
      exchange.getResponseBody().write(' ');
      exchange.getResponseBody().flush();
    } catch (IOException e) {
      return; // as it should be
    } finally {
      Thread.interrupted();
    }
  }

  /// Gives the connection back, or up.
  void close() {
    bodies.give(taken);
    taken = 0;
    try {
      readers.write(exchange::close);
    } catch (IOException e) {
      return; // the client is gone
    }
  }
}
