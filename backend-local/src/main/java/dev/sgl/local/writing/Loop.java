package dev.sgl.local.writing;

/// Tells whether a model repeats itself without end: small models often do in lists and in long
/// texts, once nothing but a limit ends them.
final class Loop {
  /// Tokens that have to repeat the tokens before them. Shorter repeats may be meant: the
  /// zeros of a matrix, the refrain of a song.
  private static final int SPAN = 64;

  private static final int LEAST_REPEATS = 3;
  private static final int MAX_PERIOD = SPAN;

  private Loop() {}

  /// The period of a loop at the end of a text: the number of tokens that are repeated again and
  /// again.
  ///
  /// @param tokens of which those from `from` to `end` are the text
  /// @return 0 if there is no loop
  static int period(int[] tokens, int from, int end) {
    for (int period = 1; period <= MAX_PERIOD; period++) {
      int span = Math.max(SPAN, LEAST_REPEATS * period);
      int repeated = 0;
      while (repeated < span
          && end - 1 - repeated - period >= from
          && tokens[end - 1 - repeated] == tokens[end - 1 - repeated - period]) {
        repeated++;
      }
      if (repeated == span) {
        return period;
      }
    }
    return 0;
  }
}
