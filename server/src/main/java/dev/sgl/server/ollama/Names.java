package dev.sgl.server.ollama;

import dev.sgl.server.turn.Served;

/// Names of models, which may have a tag.
final class Names {
  private static final String LATEST = ":latest";

  private Names() {}

  /// Checks the name of the model in a request; the tag `latest` may be left out, or added.
  ///
  /// @throws dev.sgl.server.http.ApiException if a client asks for another model
  static void require(String asked, Served served) {
    String other =
        asked.endsWith(LATEST)
            ? asked.substring(0, asked.length() - LATEST.length())
            : asked + LATEST;
    served.requireName(served.names().contains(other) ? other : asked);
  }
}
