package dev.sgl.program;

/// A place in a source text: from character `start` up to `end`, which begins on `line` and
/// `column`, both counted from 1.
public record Span(String file, int start, int end, int line, int column) {
  /// No place: of a part that was not written in a source.
  public static final Span NONE = new Span("", 0, 0, 0, 0);

  @Override
  public String toString() {
    return file.isEmpty() ? "?" : file + ":" + line + ":" + column;
  }
}
