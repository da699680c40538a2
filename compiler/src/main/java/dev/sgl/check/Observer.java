package dev.sgl.check;

import dev.sgl.program.Span;
import dev.sgl.program.Type;

/// Sees what the checker finds out of variables, for tools that show it.
public interface Observer {
  /// Sees nothing.
  Observer NONE = new Observer() {};

  /// A variable is bound somewhere in `span`.
  default void bound(String name, Type type, Span span) {}

  /// A variable is read, or assigned again, somewhere in `span`; `definition` is the place
  /// where it is bound.
  default void read(String name, Type type, Span span, Span definition) {}
}
