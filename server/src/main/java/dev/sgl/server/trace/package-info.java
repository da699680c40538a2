/// Traces of calls, for OpenTelemetry.
@NullMarked
package dev.sgl.server.trace;

import org.jspecify.annotations.NullMarked;
