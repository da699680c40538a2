package dev.sgl.constraint.regex;

import java.util.List;

/// A regular expression over characters, as read from a pattern or a grammar.
///
/// The set is closed; [RegexCompiler] switches over it without a `default`.
public sealed interface Regex {

  /// No upper bound of a [Repeat].
  int UNBOUNDED = Integer.MAX_VALUE;

  /// The empty text alone.
  Regex EMPTY = new Concat(List.of());

  /// Any number of any characters.
  Regex ANYTHING = new Repeat(new Chars(CodePoints.ALL), 0, UNBOUNDED);

  /// One character of a set.
  record Chars(CodePoints set) implements Regex {}

  /// All parts, one after the other.
  record Concat(List<Regex> parts) implements Regex {
    public Concat {
      parts = List.copyOf(parts);
    }
  }

  /// One of the choices.
  record Either(List<Regex> choices) implements Regex {
    public Either {
      choices = List.copyOf(choices);
    }
  }

  /// `item`, `min` to `max` times. Lazy repeats are the same: only whole matches count.
  record Repeat(Regex item, int min, int max) implements Regex {}

  /// A place in the text, of no length.
  record Assert(Assertion assertion) implements Regex {}

  /// A place in the text behind which comes a match of `inside`, or behind which comes none.
  record LookAhead(Regex inside, boolean denied) implements Regex {}

  /// A text of the rule `name` of a grammar. No pattern has one.
  record Rule(String name) implements Regex {}

  /// What may be said of a place in the text.
  enum Assertion {
    TEXT_START,
    TEXT_END,
    LINE_START,
    LINE_END,
    WORD_BOUNDARY,
    NO_WORD_BOUNDARY
  }

  /// Only `text`.
  static Regex text(String text) {
    return new Concat(
        text.codePoints().mapToObj(c -> (Regex) new Chars(CodePoints.range(c, c))).toList());
  }

  /// All parts, one after the other.
  static Regex concat(Regex... parts) {
    return new Concat(List.of(parts));
  }

  /// One of the choices.
  static Regex either(Regex... choices) {
    return new Either(List.of(choices));
  }

  /// Whether it says something of the text around a place.
  default boolean looksAround() {
    return switch (this) {
      case Chars _, Rule _ -> false;
      case Concat(var parts) -> parts.stream().anyMatch(Regex::looksAround);
      case Either(var choices) -> choices.stream().anyMatch(Regex::looksAround);
      case Repeat(var item, _, _) -> item.looksAround();
      case Assert _, LookAhead _ -> true;
    };
  }

  /// The texts that contain a match of this, as a pattern in a JSON Schema is meant.
  default Regex searched() {
    return concat(ANYTHING, this, ANYTHING);
  }
}
