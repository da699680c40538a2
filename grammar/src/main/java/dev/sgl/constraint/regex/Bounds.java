package dev.sgl.constraint.regex;

import java.util.HashMap;
import java.util.Map;

/// The bounds of the repeats with which a term begins, or may go on without a text in between: how
/// often something may still come. Terms that differ in large bounds alone allow the same for a
/// while.
///
/// Of terms in which something is denied or asked besides, nothing is known: what is left of them
/// may end with a bound.
public final class Bounds {
  private static final int LARGE = 8;

  private final Map<Integer, Integer> least = new HashMap<>(); // by the id of what is repeated
  private final Map<Integer, Integer> greatest = new HashMap<>();
  private final Map<Integer, Term> without = new HashMap<>(); // by the term
  private final Terms terms;
  private final Term free;

  public Bounds(Term term, Terms terms) {
    this.terms = terms;
    free = term.mark().searched() ? term : without(term);
  }

  private Term without(Term term) {
    Term known = without.get(term.id());
    if (known == null) {
      known =
          switch (term) {
            case Term.Concat(_, var head, var tail) -> terms.concat(without(head), without(tail));
            case Term.Either(_, var choices) ->
                terms.either(choices.stream().map(this::without).toList());
            case Term.Repeat repeat when repeat.max() != Regex.UNBOUNDED -> without(repeat);
            default -> term;
          };
      without.put(term.id(), known);
    }
    return known;
  }

  private Term without(Term.Repeat repeat) {
    least.merge(repeat.item().id(), repeat.max(), Math::min);
    greatest.merge(repeat.item().id(), repeat.max(), Math::max);
    return repeat.max() < LARGE
        ? repeat
        : terms.repeat(repeat.item(), repeat.min(), Regex.UNBOUNDED);
  }

  /// The term without its large bounds.
  public Term free() {
    return free;
  }

  /// The least of its large bounds, [Regex#UNBOUNDED] if there are none.
  public int leastLarge() {
    return least.values().stream().filter(b -> b >= LARGE).reduce(Regex.UNBOUNDED, Math::min);
  }

  /// How far the large bounds have at most been counted down in `later`, a derivative.
  public int usedIn(Bounds later) {
    int used = 0;
    for (Map.Entry<Integer, Integer> bound : later.least.entrySet()) {
      int first = greatest.getOrDefault(bound.getKey(), 0);
      used = first < LARGE ? used : Math.max(used, first - bound.getValue());
    }
    return used;
  }
}
