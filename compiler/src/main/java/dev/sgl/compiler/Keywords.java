package dev.sgl.compiler;

import java.util.Set;

/// Words that begin something, and types that have names of their own.
public final class Keywords {
  /// What statements begin with.
  public static final Set<String> STATEMENTS =
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

  /// What definitions begin with.
  public static final Set<String> DEFINITIONS =
      Set.of("program", "fragment", "fn", "type", "tool", "model", "use", "test");

  /// Types that need no definition.
  public static final Set<String> TYPES =
      Set.of("text", "string", "int", "float", "bool", "json", "any");

  private Keywords() {}
}
