package dev.sgl.constraint.machine;

import dev.sgl.constraint.regex.ByteSet;
import dev.sgl.constraint.regex.Term;
import java.util.Optional;

/// A state of a lazily built [Dfa]; a regular rule is one.
public final class DfaState implements Node {
  private final Dfa dfa;
  private final Term term;
  private DfaState[] row = {}; // by byte, once it is asked for
  private Optional<DfaState> unlimited = Optional.empty();

  DfaState(Dfa dfa, Term term) {
    this.dfa = dfa;
    this.term = term;
  }

  /// What may still come.
  Term term() {
    return term;
  }

  Dfa dfa() {
    return dfa;
  }

  boolean isDead() {
    return this == dfa.dead();
  }

  @Override
  public boolean isNullable() {
    return term.isNullable();
  }

  /// The state in which texts have no limits of length.
  DfaState unlimited() {
    if (unlimited.isEmpty()) {
      unlimited = Optional.of(dfa.state(dfa.terms().unlimited(term)));
    }
    return unlimited.get();
  }

  /// The state after `value` (0 to 255).
  DfaState next(int value) {
    return row()[value];
  }

  DfaState[] row() {
    if (row.length == 0) {
      row = dfa.row(term);
    }
    return row;
  }

  /// The bytes that lead on.
  ByteSet bytes() {
    ByteSet set = ByteSet.NONE;
    for (int i = 0; i < 256; i++) {
      if (!next(i).isDead()) {
        set = set.or(ByteSet.of(i));
      }
    }
    return set;
  }
}
