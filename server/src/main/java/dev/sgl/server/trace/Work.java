package dev.sgl.server.trace;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import java.util.List;

/// A span of work for a call, until it is closed.
public final class Work implements AutoCloseable {
  private final Span span;

  Work(Span span) {
    this.span = span;
  }

  /// Adds an attribute.
  public Work with(String name, String value) {
    span.setAttribute(name, value);
    return this;
  }

  /// Adds an attribute.
  public Work with(String name, long value) {
    span.setAttribute(name, value);
    return this;
  }

  /// Adds an attribute.
  public Work with(String name, double value) {
    span.setAttribute(name, value);
    return this;
  }

  /// Adds an attribute.
  public Work with(String name, List<String> values) {
    span.setAttribute(AttributeKey.stringArrayKey(name), values);
    return this;
  }

  /// The work fails. The message stays out of the span, since it may quote a prompt.
  public void failed(Throwable error) {
    span.setAttribute("error.type", error.getClass().getName());
    span.setStatus(StatusCode.ERROR);
  }

  @Override
  public void close() {
    span.end();
  }
}
