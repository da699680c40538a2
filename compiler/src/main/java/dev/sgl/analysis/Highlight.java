package dev.sgl.analysis;

import dev.sgl.program.Span;

/// A piece of a text that is shown in a colour of its own. Pieces do not overlap, and stand in one
/// line each.
public record Highlight(Span place, Kind kind) {
  /// The kinds of words that have a colour.
  public enum Kind {
    KEYWORD,
    FUNCTION,
    TYPE,
    MODULE,
    VARIABLE,
    PARAMETER,
    PROPERTY,
    STRING,
    NUMBER,
    PATTERN,
    COMMENT,
    OPERATOR
  }
}
