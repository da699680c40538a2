package dev.sgl.server.ollama;

import dev.sgl.server.turn.Served;

/// Names of models, which may have a tag.
final class Names {
  private static final String LATEST = ":latest";

  private Names() {}

  /// Checks the name of the model in a request; the tag `latest` may be left out, or added.
  ///
  /// @return the name as the server has it
  /// @throws dev.sgl.server.http.ApiException if a client asks for another model
  static String require(String asked, Served served) {
    String other =
        asked.endsWith(LATEST)
            ? asked.substring(0, asked.length() - LATEST.length())
            : asked + LATEST;
    String name = served.names().contains(other) ? other : asked;
    served.requireName(name);
    return name;
  }
}
