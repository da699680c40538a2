package dev.sgl.server.request;

import dev.sgl.server.keys.Caller;
import io.opentelemetry.context.Context;

/// The context of a request: its id, the owner of its key, and the trace to which it belongs.
public record RequestContext(String id, Caller caller, Context trace) {}
