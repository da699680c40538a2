package dev.sgl.analysis;

import dev.sgl.program.Span;

/// Something that has a name.
///
/// @param place of the name where it is defined
/// @param whole the definition
/// @param shown its head as people write it, such as `program tips(topic: string) -> Tip`, or its
///     name and type
/// @param documentation the text of its `///` lines
public record Symbol(
    Kind kind, String name, Span place, Span whole, String shown, String documentation) {
  /// The kinds of definitions.
  public enum Kind {
    PROGRAM,
    FRAGMENT,
    FN,
    TOOL,
    TYPE,
    MODULE,
    MODEL,
    TEST,
    PARAMETER,
    VARIABLE;

    /// Whether it can be called.
    public boolean isRoutine() {
      return this == PROGRAM || this == FRAGMENT || this == FN || this == TOOL;
    }
  }
}
