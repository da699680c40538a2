package dev.sgl.constraint.regex;

import java.util.HashMap;
import java.util.Map;

/// How often the repeats of a term may still come. Terms that differ in large bounds alone allow
/// the same tokens, as long as no token counts such a bound down to its end.
///
/// Terms with an intersection, a complement or a machine are taken as they are.
public final class Bounds {
  private static final int LARGE = 8;

  /// Stands for any large bound; no other repeat has it.
  private static final int SOME_LARGE = Regex.UNBOUNDED - 1;

  private final Map<Integer, Integer> least = new HashMap<>(); // by the id of what is repeated
  private final Map<Integer, Integer> greatestLarge = new HashMap<>();
  private final Map<Integer, Term> general = new HashMap<>(); // by the term
  private final Terms terms;
  private final Term whole;
  private int leastLarge = Regex.UNBOUNDED;

  public Bounds(Term term, Terms terms) {
    this.terms = terms;
    whole = term.mark().searched() ? term : general(term);
  }

  private Term general(Term term) {
    Term known = general.get(term.id());
    if (known == null) {
      known =
          switch (term) {
            case Term.Concat(_, var head, var tail) -> terms.concat(general(head), general(tail));
            case Term.Either(_, var choices) ->
                terms.either(choices.stream().map(this::general).toList());
            case Term.Repeat repeat when repeat.max() != Regex.UNBOUNDED -> general(repeat);
            default -> term;
          };
      general.put(term.id(), known);
    }
    return known;
  }

  private Term general(Term.Repeat repeat) {
    least.merge(repeat.item().id(), repeat.max(), Math::min);
    if (repeat.max() < LARGE) {
      return repeat;
    }
    leastLarge = Math.min(leastLarge, repeat.max());
    greatestLarge.merge(repeat.item().id(), repeat.max(), Math::max);
    return terms.repeat(repeat.item(), repeat.min(), SOME_LARGE);
  }

  /// The term with one bound in place of all large ones: the same for terms that differ in them.
  public Term general() {
    return whole;
  }

  /// The least of its large bounds, [Regex#UNBOUNDED] if there are none.
  public int leastLarge() {
    return leastLarge;
  }

  /// How far the large bounds have at most been counted down in `later`, a derivative.
  public int usedIn(Bounds later) {
    int used = 0;
    for (Map.Entry<Integer, Integer> first : greatestLarge.entrySet()) {
      int left = later.least.getOrDefault(first.getKey(), first.getValue());
      used = Math.max(used, first.getValue() - left);
    }
    return used;
  }
}
