package dev.sgl.program;

import java.util.Locale;

/// Who speaks in a message.
public enum Role {
  SYSTEM,
  USER,
  ASSISTANT;

  /// The name of the role in source, templates and protocols.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
