package dev.sgl.program;

import java.util.Locale;

/// Who speaks in a message.
public enum Role {
  SYSTEM,
  USER,
  ASSISTANT,
  /// A tool that answers a call: only in conversations that come from outside, never in a program.
  TOOL;

  /// The name of the role in source, templates and protocols.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
