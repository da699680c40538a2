package dev.sgl.constraint.regex;

/// A deterministic automaton over bytes, written by hand where a pattern would be too large: the
/// multiples of a number, for instance.
public interface ByteMachine {
  /// The state from which no accepting one is reached; others may be so too.
  long DEAD = -1;

  /// The state before the first byte.
  long start();

  /// The state after `value` (0 to 255), or [#DEAD].
  long next(long state, int value);

  /// Whether a text may end in `state`, which is not [#DEAD].
  boolean accepts(long state);

  /// A text that probably leads from `state` to an accepting one, or the empty text where that is
  /// not easily told.
  default byte[] guess(long state) {
    return new byte[0];
  }

  /// Equal for machines with equal behaviour.
  String key();
}
