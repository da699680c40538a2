package dev.sgl.server.keys;

import io.opentelemetry.context.Context;

/// The id of a request, whose it is, and the trace to which it belongs.
public record RequestId(String text, Caller caller, Context trace) {
  @Override
  public String toString() {
    return text;
  }
}
