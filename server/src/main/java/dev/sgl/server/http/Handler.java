package dev.sgl.server.http;

import java.io.IOException;

/// What answers a call, on a virtual thread of its own.
@FunctionalInterface
public interface Handler {
  /// Answers one call.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  void handle(Call call) throws IOException;
}
