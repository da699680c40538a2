package dev.sgl.server.trace;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Spans of calls and of the work for them. A call belongs to the trace that its header
/// `traceparent` names. No prompt, no answer and no key is in a span.
///
/// Reference: OpenTelemetry, semantic conventions for HTTP spans and for generative AI spans; W3C,
/// Trace Context.
public final class Tracing {
  /// No spans.
  public static final Tracing NONE = new Tracing(OpenTelemetry.noop());

  private static final int FIRST_SERVER_ERROR = 500;

  private final OpenTelemetry telemetry;
  private final Tracer tracer;

  /// Spans that `telemetry` exports.
  public Tracing(OpenTelemetry telemetry) {
    this.telemetry = telemetry;
    this.tracer = telemetry.getTracer("dev.sgl.server");
  }

  /// The beginning of a call.
  ///
  /// @param header the first value of a header by its name
  public Context call(String method, String path, Function<String, Optional<String>> header) {
    Context from =
        telemetry
            .getPropagators()
            .getTextMapPropagator()
            .extract(Context.root(), header, new Headers());
    Span span =
        tracer
            .spanBuilder(method)
            .setParent(from)
            .setSpanKind(SpanKind.SERVER)
            .setAttribute("http.request.method", method)
            .setAttribute("url.path", path)
            .startSpan();
    return from.with(span);
  }

  private static final class Headers implements TextMapGetter<Function<String, Optional<String>>> {
    @Override
    public @Nullable String get(@Nullable Function<String, Optional<String>> headers, String name) {
      return headers == null ? null : headers.apply(name).orElse(null);
    }
  }

  /// The end of a call.
  ///
  /// @param route the path as it was registered
  public static void end(Context call, String method, String route, int status) {
    Span span = Span.fromContext(call);
    span.updateName(method + " " + route);
    span.setAttribute("http.route", route);
    span.setAttribute("http.response.status_code", status);
    if (status >= FIRST_SERVER_ERROR) {
      span.setAttribute("error.type", "" + status);
      span.setStatus(StatusCode.ERROR);
    }
    span.end();
  }

  /// The beginning of work for a call.
  public Work work(Context call, String name) {
    return new Work(tracer.spanBuilder(name).setParent(call).startSpan());
  }

  /// Work that began a while ago.
  public Work work(Context call, String name, Duration ago) {
    Instant begin = Instant.now().minus(ago);
    return new Work(tracer.spanBuilder(name).setParent(call).setStartTimestamp(begin).startSpan());
  }
}
