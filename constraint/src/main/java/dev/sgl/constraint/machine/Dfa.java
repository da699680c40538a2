package dev.sgl.constraint.machine;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The deterministic automata of all regular rules of a constraint, built state by state when they
/// are first reached. States from which no text can be completed are dead.
public final class Dfa {
  private static final int ROW_OBJECTS = 20; // what a row costs, in terms

  private final Terms terms;
  private final Budget budget;
  private final Map<Term, DfaState> states = new IdentityHashMap<>();
  private final Map<Integer, FewestCharacters> fewest = new HashMap<>(); // by character
  private final DfaState dead;

  /// An automaton without states. Each state takes a term of `terms` and room of `budget`.
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
    boolean isEmpty = term instanceof Term.Both both ? isIntersectionEmpty(both) : isEmpty(term);
    DfaState state = isEmpty ? dead : new DfaState(this, term);
    states.put(term, state);
    return state;
  }

  /// Whether no text is in `term`.
  public boolean isEmpty(Term term) {
    return !terms.search().isFound(term)
        && switch (term) {
          case Term.Either(_, var choices) -> choices.stream().allMatch(this::isEmpty);
          case Term.Concat concat -> isAnyEmpty(concat);
          case Term.Both both -> state(both).isDead();
          case Term.Nothing _, Term.Empty _, Term.Bytes _, Term.Not _, Term.Repeat _, Term.Run _ ->
              terms.search().isEmpty(term);
        };
  }

  /// Whether a part of `concat` is empty.
  private boolean isAnyEmpty(Term.Concat concat) {
    Term rest = concat;
    while (rest instanceof Term.Concat(_, var head, var tail)) {
      if (isEmpty(head)) {
        return true;
      }
      rest = tail;
    }
    return isEmpty(rest);
  }

  private boolean isIntersectionEmpty(Term.Both both) {
    Optional<LengthLimit> limit = LengthLimit.of(both, terms);
    if (limit.isEmpty()) {
      return terms.search().isEmpty(both);
    }
    DfaState form = state(limit.get().form());
    DfaState any = state(limit.get().any());
    return fewest(limit.get().character()).toEnd(form, any) > limit.get().max();
  }

  /// How many of `character` forms need at least to their ends.
  FewestCharacters fewest(Term character) {
    return fewest.computeIfAbsent(character.id(), _ -> new FewestCharacters(character, budget));
  }

  /// The states after each byte in the state of `term`.
  DfaState[] row(Term term) {
    budget.keep(ROW_OBJECTS);
    if (term instanceof Term.Both(_, var parts)) {
      return product(parts);
    }
    Term[] after = terms.row(term);
    DfaState[] row = new DfaState[after.length];
    row[0] = state(after[0]);
    for (int i = 1; i < row.length; i++) {
      row[i] = after[i] == after[i - 1] ? row[i - 1] : state(after[i]);
    }
    return row;
  }

  /// The row of the intersection of `parts`, from the rows of each.
  private DfaState[] product(List<Term> parts) {
    List<DfaState[]> rows = parts.stream().map(part -> state(unnegated(part)).row()).toList();
    Map<List<DfaState>, DfaState> made = new HashMap<>();
    DfaState[] row = new DfaState[256];
    List<DfaState> before = List.of();
    for (int i = 0; i < row.length; i++) {
      int value = i;
      List<DfaState> here = rows.stream().map(r -> r[value]).toList();
      row[i] = here.equals(before) ? row[i - 1] : made.computeIfAbsent(here, h -> both(parts, h));
      before = here;
    }
    return row;
  }

  /// @param after the states after some byte, in `parts` without their negations
  private DfaState both(List<Term> parts, List<DfaState> after) {
    List<Term> members = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      Term term = after.get(i).term();
      members.add(parts.get(i) instanceof Term.Not ? terms.not(term) : term);
    }
    return state(terms.both(members));
  }

  private static Term unnegated(Term term) {
    return term instanceof Term.Not(_, var inner) ? inner : term;
  }
}
