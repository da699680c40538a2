package dev.sgl.local.schedule;

import java.util.Collection;

/// The estimate of the tokens that running sequences still need: a part of their limits.
///
/// The part shrinks with every batch that retracts no sequence, so that more sequences run
/// together. When pages run out, the part grows to the share that was used, plus a reserve (like
/// SGLang's `new_token_ratio`).
final class Reservation {
  private static final double FIRST = 0.7;
  private static final double LEAST = 0.1;
  private static final double SHRINK = (FIRST - LEAST) / 600;

  /// Steps for which sequences have room after pages ran out.
  private static final int STEPS_AHEAD = 20;

  /// The most tokens that are reserved for one sequence: few sequences reach their limits.
  private static final int MOST = 4096;

  private double part = FIRST;

  /// Tokens to keep for `sequence` beyond those that it has.
  int tokens(Sequence sequence) {
    return (int) Math.ceil(part * Math.min(MOST, sequence.terms().most() - sequence.length()));
  }

  /// A batch has retracted no sequence.
  void shrink() {
    part = Math.max(LEAST, part - SHRINK);
  }

  /// Pages have run out, with these sequences running.
  void grow(Collection<Sequence> running) {
    double used = 0;
    double asked = 1;
    for (Sequence sequence : running) {
      used += sequence.length() - sequence.promptLength() + STEPS_AHEAD;
      asked += Math.min(MOST, sequence.terms().most() - sequence.promptLength());
    }
    part = Math.clamp(used / asked, part, 1);
  }
}
