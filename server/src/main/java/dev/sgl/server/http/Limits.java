package dev.sgl.server.http;

import java.time.Duration;

/// What a server takes at most.
///
/// @param bodyBytes of a call; the bodies of all calls together take a part of the memory, and who
///     comes later waits
/// @param calls that are answered at the same time; more are refused
/// @param time after which a call that is not answered is ended
/// @param patience with a client that does not read its answer; it is cut off then
public record Limits(int bodyBytes, int calls, Duration time, Duration patience) {
  /// 16 MiB for a body, 4096 calls, an hour for each, and a minute for a client to read.
  public static final Limits DEFAULT =
      new Limits(16 << 20, 4096, Duration.ofHours(1), Duration.ofMinutes(1));
}
