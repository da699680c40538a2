package dev.sgl.compiler;

import java.util.Set;

/// The words that begin a statement: candidates for what a misspelt one meant.
final class Keywords {
  static final Set<String> STATEMENTS =
      Set.of(
          "system",
          "user",
          "assistant",
          "gen",
          "select",
          "fork",
          "join",
          "scratch",
          "retry",
          "check",
          "fail",
          "image",
          "think",
          "with",
          "let",
          "if",
          "for",
          "while",
          "match",
          "break",
          "continue",
          "return",
          "log");

  private Keywords() {}
}
