package dev.sgl.server.responses;

import java.util.UUID;

/// Names that no two things have.
final class Ids {
  private Ids() {}

  /// A new one.
  ///
  /// @param prefix of the kind of thing, such as `msg_`
  static String next(String prefix) {
    return prefix + UUID.randomUUID().toString().replace("-", "");
  }
}
