package dev.sgl.constraint.machine;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;

/// The deterministic automata of all regular rules of a constraint, built state by state when they
/// are first reached. States from which no text can be completed are dead.
public final class Dfa {
  private static final int ROW_OBJECTS = 20; // what a row costs, in terms

  private final Terms terms;
  private final Budget budget;
  private final Map<Term, DfaState> states = new IdentityHashMap<>();
  private final DfaState dead;

  public Dfa(Terms terms, Budget budget) {
    this.terms = terms;
    this.budget = budget;
    dead = new DfaState(this, terms.nothing);
    states.put(terms.nothing, dead);
  }

  DfaState dead() {
    return dead;
  }

  Terms terms() {
    return terms;
  }

  /// The state in which `term` may still come.
  public DfaState state(Term term) {
    DfaState known = states.get(term);
    if (known != null) {
      return known;
    }
    DfaState state = terms.isEmpty(term) ? dead : new DfaState(this, term);
    states.put(term, state);
    return state;
  }

  DfaState[] row(Term term) {
    budget.keep(ROW_OBJECTS);
    byte[] classes = terms.classes(term);
    DfaState[] byClass = new DfaState[256];
    DfaState[] row = new DfaState[256];
    Arrays.fill(row, dead);
    for (int i = 0; i < 256; i++) {
      int number = classes[i] & 0xff;
      if (byClass[number] == null) {
        byClass[number] = state(terms.derive(term, i));
      }
      row[i] = byClass[number];
    }
    return row;
  }
}
