package dev.sgl.constraint;

import java.util.List;

/// A regular set of UTF-8 texts: what a generated value may be.
///
/// The set is closed; [Automaton] switches over it without a `default`. Every constraint matches at
/// least one text: compact constructors refuse those that match none.
public sealed interface Constraint {

  /// No upper bound of a [Repeat].
  int UNBOUNDED = Integer.MAX_VALUE;

  /// Exactly this text.
  record Text(String text) implements Constraint {}

  /// One Unicode character, raw.
  record AnyChar() implements Constraint {}

  /// One Unicode character as it may stand inside a JSON string, escaped or not.
  record JsonChar() implements Constraint {}

  /// A decimal integer from `min` to `max`, both included, without leading zeros.
  record IntRange(long min, long max) implements Constraint {
    public IntRange {
      if (min > max) {
        throw new IllegalArgumentException("no integer lies from " + min + " to " + max);
      }
    }
  }

  /// All parts, one after the other.
  record Sequence(List<Constraint> parts) implements Constraint {
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  /// One of the choices.
  record OneOf(List<Constraint> choices) implements Constraint {
    public OneOf {
      choices = List.copyOf(choices);
      if (choices.isEmpty()) {
        throw new IllegalArgumentException("a choice needs at least one alternative");
      }
    }
  }

  /// `item`, `min` to `max` times.
  record Repeat(Constraint item, int min, int max) implements Constraint {
    public Repeat {
      if (min < 0 || min > max) {
        throw new IllegalArgumentException("no count lies from " + min + " to " + max);
      }
    }
  }

  static Constraint text(String text) {
    return new Text(text);
  }

  static Constraint sequence(Constraint... parts) {
    return new Sequence(List.of(parts));
  }
}
