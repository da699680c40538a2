package dev.sgl.local.quantized;

import dev.sgl.local.weights.ModelException;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Names of modules: one name, or a regular expression that a name begins with, as Python's
/// `re.match` has it.
final class ModulePattern {
  private static final int LONGEST = 1000;
  private static final int STEPS = 1_000_000;

  private final String text;
  private final Optional<Pattern> regex;

  private ModulePattern(String text, Optional<Pattern> regex) {
    this.text = text;
    this.regex = regex;
  }

  /// A regular expression; empty if it is none.
  static Optional<ModulePattern> regex(String text) {
    try {
      return text.length() > LONGEST
          ? Optional.empty()
          : Optional.of(new ModulePattern(text, Optional.of(Pattern.compile(text))));
    } catch (PatternSyntaxException _) {
      return Optional.empty();
    }
  }

  /// A name, or after `re:` a regular expression; empty if it is none.
  static Optional<ModulePattern> of(String text) {
    return text.startsWith("re:")
        ? regex(text.substring("re:".length()))
        : Optional.of(new ModulePattern(text, Optional.empty()));
  }

  boolean isRegex() {
    return regex.isPresent();
  }

  String text() {
    return text;
  }

  /// @throws ModelException if that takes too many steps
  boolean matches(String name) {
    if (regex.isEmpty()) {
      return text.equals(name);
    }
    if (name.length() > LONGEST) {
      throw new ModelException("config.json: a name is too long for the pattern " + text);
    }
    try {
      return regex.get().matcher(new Counted(name, text)).lookingAt();
    } catch (StackOverflowError e) {
      throw new ModelException("config.json: the pattern " + text + " takes too long", e);
    }
  }

  /// A name whose characters are read only so often: patterns from outside may backtrack for
  /// ever.
  private static final class Counted implements CharSequence {
    private final String name;
    private final String pattern;
    private int steps;

    Counted(String name, String pattern) {
      this.name = name;
      this.pattern = pattern;
    }

    @Override
    public char charAt(int index) {
      if (steps++ > STEPS) {
        throw new ModelException("config.json: the pattern " + pattern + " takes too long");
      }
      return name.charAt(index);
    }

    @Override
    public int length() {
      return name.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return name.subSequence(start, end);
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
