package dev.sgl.check;

import dev.sgl.program.Expr;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Finds the names of variables that a text holds in two braces, as templates of other languages
/// have them: `{{name}}` is the text `{name}` here.
final class LiteralBraces {
  private static final Pattern NAME = Pattern.compile("\\{\\s*([\\p{L}_][\\p{L}\\p{N}_]*)\\s*}");

  private LiteralBraces() {}

  /// The first name of a variable of `scope` that stands so in a text that is said.
  static Optional<String> variable(Expr text, Scope scope) {
    List<Expr> parts = text instanceof Expr.Text(var several, _) ? several : List.of(text);
    for (Expr part : parts) {
      if (part instanceof Expr.Constant(String constant, _)) {
        Matcher names = NAME.matcher(constant);
        while (names.find()) {
          if (scope.find(names.group(1)).isPresent()) {
            return Optional.of(names.group(1));
          }
        }
      }
    }
    return Optional.empty();
  }
}
