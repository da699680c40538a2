package dev.sgl.constraint.machine;

import dev.sgl.constraint.regex.ByteSet;
import dev.sgl.constraint.regex.Term;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A state of a lazily built [Dfa]; a regular rule is one.
public final class DfaState implements Node {
  /// How many states are looked at for a loop.
  private static final int MAX_LOOKED_AT = 32;

  private final Dfa dfa;
  private final Term term;
  private final boolean nullable; // asked for in every step
  private DfaState[] row = {}; // by byte, once it is asked for
  private Optional<DfaState> unlimited = Optional.empty();
  private Optional<Boolean> surelyInfinite = Optional.empty();

  DfaState(Dfa dfa, Term term) {
    this.dfa = dfa;
    this.term = term;
    nullable = term.isNullable();
  }

  /// What may still come.
  Term term() {
    return term;
  }

  Dfa dfa() {
    return dfa;
  }

  /// Whether no text leads from here to an end.
  public boolean isDead() {
    return this == dfa.dead();
  }

  @Override
  public boolean isNullable() {
    return nullable;
  }

  /// The state in which texts have no limits of length.
  DfaState unlimited() {
    if (unlimited.isEmpty()) {
      unlimited = Optional.of(dfa.state(dfa.terms().unlimited(term)));
    }
    return unlimited.get();
  }

  /// Whether infinitely many texts may follow for sure: the term says so, or a state that leads to
  /// itself is near. If not, they may nevertheless.
  public boolean isSurelyInfinite() {
    if (surelyInfinite.isEmpty()) {
      surelyInfinite = Optional.of(term.isInfinite() || isLoopNear());
    }
    return surelyInfinite.get();
  }

  private boolean isLoopNear() {
    Set<DfaState> seen = new HashSet<>(List.of(this));
    List<DfaState> open = new ArrayList<>(seen);
    for (int i = 0; i < open.size() && i < MAX_LOOKED_AT; i++) {
      for (DfaState next : new HashSet<>(List.of(open.get(i).row()))) {
        if (next == open.get(i) && !next.isDead()) {
          return true;
        }
        if (!next.isDead() && seen.add(next)) {
          open.add(next);
        }
      }
    }
    return false;
  }

  /// The state after `value` (0 to 255).
  public DfaState next(int value) {
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
