package dev.sgl.remote.regex;

import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Types as regular expressions, as far as their values are plain text.
public final class Regexes {
  private static final String SPECIAL = "\\.[]{}()*+?^$|/-";

  private Regexes() {}

  /// The expression that the texts of a type match; empty if they are JSON.
  public static Optional<String> of(Type type) {
    return switch (type) {
      case Type.Pattern(String regex) -> Optional.of(regex);
      case Type.Literal(String text) -> Optional.of(quote(text));
      case Type.Str(int min, int max) ->
          Optional.of("[\\s\\S]{" + min + "," + (max == Type.UNBOUNDED ? "" : max) + "}");
      case Type.OneOf(var choices) -> oneOf(choices);
      case Type.Bool() -> Optional.of("true|false");
      case Type.Int(long min, long max) -> Optional.of(IntegerRegex.of(min, max));
      case Type.Text _, Type.Float _, Type.Literal _, Type.Rec _, Type.Array _ -> Optional.empty();
      case Type.MapOf _, Type.Call _, Type.Schema _, Type.Grammar _, Type.Recursive _ ->
          Optional.empty();
      case Type.Ref _, Type.Any _ -> Optional.empty();
    };
  }

  private static Optional<String> oneOf(List<Type> choices) {
    List<String> parts = new ArrayList<>();
    for (Type choice : choices) {
      Optional<String> part = of(choice);
      if (part.isEmpty()) {
        return Optional.empty();
      }
      parts.add("(?:" + part.get() + ")");
    }
    return Optional.of(String.join("|", parts));
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        default -> quoted.append(SPECIAL.indexOf(c) >= 0 ? "\\" : "").append(c);
      }
    }
    return quoted.toString();
  }
}
