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

  /// The states after each byte.
  default long[] row(long state) {
    long[] row = new long[256];
    for (int value = 0; value < row.length; value++) {
      row[value] = next(state, value);
    }
    return row;
  }

  /// Whether a text may end in `state`, which is not [#DEAD].
  boolean accepts(long state);

  /// A text that probably leads from `state` to an accepting one, or the empty text where that is
  /// not easily told.
  default byte[] guess(long state) {
    return new byte[0];
  }

  /// Whether no text is shorter than those that are guessed.
  default boolean guessesShortest() {
    return false;
  }

  /// Numbers that tell what follows in `state`: the same for all machines with this key in this
  /// process.
  default long[] meaning(long state) {
    return new long[] {state};
  }

  /// Machines with equal keys behave alike in states of equal [meaning][#meaning].
  String key();
}
