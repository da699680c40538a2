package dev.sgl.constraint.machine;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.regex.Term;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// How many characters of one kind a form needs at least to its end.
///
/// A form and the repeat of the characters are followed side by side. Results are kept, since
/// they are the same for all limits on the length.
final class FewestCharacters {
  /// The number where there is no end.
  static final int NEVER = Integer.MAX_VALUE;

  /// A state of the product of both automata.
  private record ProductState(DfaState form, DfaState any) {}

  /// A state on the way from the beginning of a search.
  private record Step(ProductState state, int characters, Optional<Step> before) {}

  private final Map<ProductState, Integer> found = new HashMap<>();
  private final Term character;
  private final Budget budget;

  FewestCharacters(Term character, Budget budget) {
    this.character = character;
    this.budget = budget;
  }

  /// Whether a character has just ended in a state of the repeat.
  boolean isBetween(DfaState any) {
    return any.term() instanceof Term.Concat(_, Term.Repeat repeat, _)
        && repeat.item() == character;
  }

  /// The characters from `form` and `any` to the end of both, one that has begun included; [#NEVER]
  /// if there is no end.
  int toEnd(DfaState form, DfaState any) {
    if (form.isDead() || any.isDead()) {
      return NEVER;
    }
    ProductState state = new ProductState(form, any);
    Integer known = found.get(state);
    return known == null ? search(state) : known;
  }

  /// Breadth first by characters: the last byte of one costs one, the other bytes cost
  /// nothing. Ends at states from which the rest is known, and keeps the result of every state
  /// on the way.
  private int search(ProductState from) {
    Set<ProductState> seen = new HashSet<>();
    ArrayDeque<Step> open = new ArrayDeque<>();
    open.add(new Step(from, 0, Optional.empty()));
    Optional<Step> end = Optional.empty();
    int best = NEVER;
    while (!open.isEmpty() && open.getFirst().characters() < best) {
      Step here = open.removeFirst();
      if (!seen.add(here.state())) {
        continue;
      }
      boolean ends = here.state().form().isNullable() && here.state().any().isNullable();
      Integer rest = ends ? Integer.valueOf(0) : found.get(here.state());
      if (rest == null) {
        expand(here, open);
      } else if (rest != NEVER && here.characters() + rest < best) {
        best = here.characters() + rest;
        end = Optional.of(here);
      }
    }
    budget.keep(1);
    found.put(from, best);
    if (best == NEVER) {
      seen.forEach(state -> found.put(state, NEVER));
    }
    for (Optional<Step> step = end; step.isPresent(); step = step.get().before()) {
      found.put(step.get().state(), best - step.get().characters());
    }
    return best;
  }

  private void expand(Step here, ArrayDeque<Step> open) {
    budget.spend(1);
    DfaState[] forms = here.state().form().row();
    DfaState[] repeats = here.state().any().row();
    for (int i = 0; i < forms.length; i++) {
      boolean isSame = i > 0 && forms[i] == forms[i - 1] && repeats[i] == repeats[i - 1];
      if (isSame || forms[i].isDead() || repeats[i].isDead()) {
        continue;
      }
      ProductState next = new ProductState(forms[i], repeats[i]);
      if (isBetween(repeats[i])) {
        open.addLast(new Step(next, here.characters() + 1, Optional.of(here)));
      } else {
        open.addFirst(new Step(next, here.characters(), Optional.of(here)));
      }
    }
  }
}
