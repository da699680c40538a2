package dev.sgl.server.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.sgl.server.keys.Caller;
import dev.sgl.server.keys.TooMuch;
import dev.sgl.server.tls.TlsFiles;
import dev.sgl.server.trace.Tracing;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/// The JDK's web server with a virtual thread for each call.
public final class HttpService implements AutoCloseable {
  /// Paths that need no key.
  private static final Set<String> OPEN = Set.of("/health", "/ping");

  /// Paths that are answered however much there is to do.
  private static final Set<String> ALWAYS =
      Set.of("/health", "/ping", "/metrics", "/abort_request");

  /// Routes for POST that ask nothing of the model, so that no rate limits them.
  private static final Set<String> FREE =
      Set.of(
          "/abort_request",
          "/api/show",
          "/detokenize",
          "/flush_cache",
          "/playground/check",
          "/playground/complete",
          "/playground/hover",
          "/tokenize",
          "/v1/detokenize",
          "/v1/messages/count_tokens",
          "/v1/responses/input_tokens",
          "/v1/responses/{id}/cancel",
          "/v1/tokenize");

  private static final int BACKLOG = 1024;
  private static final int SECONDS_FOR_A_REQUEST = 120;
  private static final int CONNECTIONS = 1 << 14;
  private static final int LEFT = 64 << 20; // of a body that nobody read

  private final HttpServer server;
  private final int connections;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Router router;
  private final Guard guard;
  private final Access access;
  private final Limits limits;
  private final Records records;
  private final SlowReaders readers;
  private final Bodies bodies = new Bodies();
  private final AtomicInteger calls = new AtomicInteger();
  private volatile boolean draining;

  /// Where calls are recorded.
  public record Records(MeterRegistry meters, RequestLog log, Tracing tracing) {}

  private HttpService(
      HttpServer server,
      int connections,
      Router router,
      Guard guard,
      Access access,
      Records records,
      Limits limits) {
    this.access = access;
    this.records = records;
    this.server = server;
    this.connections = connections;
    this.router = router;
    this.guard = guard;
    this.limits = limits;
    this.readers = new SlowReaders(limits.patience());
    Gauge.builder("sgl.http.calls.open", calls, AtomicInteger::get)
        .description("Calls that are being answered")
        .register(records.meters());
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /// Begins to listen.
  ///
  /// @throws IOException if it cannot listen there, or may hardly have connections
  public static HttpService open(
      InetSocketAddress address,
      Router router,
      Guard guard,
      Access access,
      Records records,
      Limits limits)
      throws IOException {
    // with assertions its dispatcher dies of an answer to a body that breaks off
    ClassLoader.getPlatformClassLoader().setPackageAssertionStatus("sun.net.httpserver", false);
    // read once, when the first server of the process is made
    standard("sun.net.httpserver.nodelay", "true");
    standard("sun.net.httpserver.maxReqTime", "" + SECONDS_FOR_A_REQUEST);
    standard("sun.net.httpserver.maxIdleConnections", "" + BACKLOG);
    int connections = OpenFiles.now().connections(CONNECTIONS);
    standard("jdk.httpserver.maxConnections", "" + connections);
    // who is refused while it sends would not see the answer
    standard("sun.net.httpserver.drainAmount", "" + LEFT);
    HttpServer server =
        access.tls().isPresent()
            ? encrypted(address, access.tls().get())
            : HttpServer.create(address, BACKLOG);
    return new HttpService(server, connections, router, guard, access, records, limits);
  }

  private static HttpServer encrypted(InetSocketAddress address, TlsFiles files)
      throws IOException {
    SSLContext context = files.context();
    HttpsServer server = HttpsServer.create(address, BACKLOG);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    return server;
  }

  private static void standard(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /// Where it listens.
  public InetSocketAddress address() {
    return server.getAddress();
  }

  /// Connections that may be open at the same time.
  public int connections() {
    return connections;
  }

  private void handle(HttpExchange exchange) {
    Call call = new Call(exchange, limits, readers, bodies, access);
    long start = System.nanoTime();
    try {
      if (!ALWAYS.contains(call.path())) {
        call.in(records.tracing().call(call.method(), call.path(), call::header));
      }
      call.write(router.errors(call.path()));
      if (guard.isPreflight(call)) {
        call.answer(204, "text/plain", new byte[0]);
      } else {
        call.of(guard.check(call, OPEN.contains(call.path())));
        counted(call);
      }
    } catch (IOException e) {
      call.close(); // the client is gone
    } catch (RuntimeException | Error e) {
      refuse(call, Errors.of(e)); // which reads what is left of its body, so it is not counted
    } finally {
      try {
        record(call, start);
      } finally {
        call.close(); // also where there is no memory even to record it: the client must not wait
      }
    }
  }

  private void record(Call call, long start) {
    Tracing.end(call.trace(), call.method(), call.route(), call.status());
    Timer.builder("sgl.http")
        .description("Calls, to the end of their answers")
        .tags("route", call.route(), "status", "" + call.status())
        .register(records.meters())
        .record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
    if (!call.caller().name().isEmpty()) {
      record(call.caller(), call.status());
    }
    records.log().add(call, System.nanoTime() - start);
  }

  private void record(Caller caller, int status) {
    Counter.builder("sgl.key.calls")
        .description("Calls with a key")
        .tags("key", caller.name(), "status", "" + status)
        .register(records.meters())
        .increment();
    FunctionCounter.builder("sgl.key.tokens", caller, Caller::spent)
        .description("Tokens of prompts and answers of the calls with a key")
        .tags("key", caller.name())
        .register(records.meters());
  }

  private void counted(Call call) throws IOException {
    boolean isCounted = !ALWAYS.contains(call.path());
    try {
      if (isCounted && calls.incrementAndGet() > limits.calls()) {
        call.set("Retry-After", "1");
        throw ApiException.unavailable("the server has too much to do; try again later");
      }
      limited(call);
    } finally {
      if (isCounted) {
        calls.decrementAndGet();
      }
    }
  }

  /// Answers a call if there is such a route, and its caller has any requests and tokens left.
  private void limited(Call call) throws IOException {
    if (draining && !call.path().equals("/metrics")) {
      call.set("Connection", "close");
      throw ApiException.unavailable("the server is shutting down");
    }
    Router.Found found = router.find(call);
    call.found(found);
    if (!call.method().equals("POST") || FREE.contains(found.route())) {
      found.handler().handle(call);
      return;
    }
    try (Caller.Visit visit = call.caller().visit()) {
      call.caller().headers().forEach(call::set);
      if (visit.refused().isPresent()) {
        TooMuch refused = visit.refused().get();
        call.set("Retry-After", "" + Math.max(1, refused.pause().plusMillis(999).toSeconds()));
        throw ApiException.tooMuch(refused);
      }
      found.handler().handle(call);
    }
  }

  private static void refuse(Call call, ApiException error) {
    try {
      if (call.status() == 0) {
        call.refuse(error);
      }
    } catch (IOException e) {
      call.close(); // the client is gone
    }
  }

  /// Takes no new calls, and waits for those that are being answered.
  ///
  /// @return whether all were answered in time
  public boolean drain(Duration time) throws InterruptedException {
    draining = true;
    long end = System.nanoTime() + time.toNanos();
    while (calls.get() > 0 && System.nanoTime() < end) {
      Thread.sleep(20);
    }
    return calls.get() == 0;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    readers.close();
  }
}
