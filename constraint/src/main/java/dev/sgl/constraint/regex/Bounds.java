package dev.sgl.constraint.regex;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/// How often the repeats of a term may still come. Terms that differ in large bounds alone allow
/// the same tokens, as long as no token counts such a bound down to its end.
///
/// Terms with an intersection, a complement or a machine are taken as they are.
public final class Bounds {
  private static final int LARGE = 8;

  /// Replaces any large bound; no other repeat has it.
  private static final int SOME_LARGE = Regex.UNBOUNDED - 1;

  private final Map<Integer, Integer> least = new HashMap<>(); // by the id of what is repeated
  private final Map<Integer, Integer> greatestLarge = new HashMap<>();
  private final Term term;
  private int leastLarge = Regex.UNBOUNDED;

  /// The bounds of the repeats in `term`.
  public Bounds(Term term) {
    this.term = term;
    if (!term.mark().searched()) {
      collect(term, new BitSet());
    }
  }

  private void collect(Term part, BitSet seen) {
    if (seen.get(part.id())) {
      return;
    }
    seen.set(part.id());
    switch (part) {
      case Term.Concat(_, var head, var tail) -> {
        collect(head, seen);
        collect(tail, seen);
      }
      case Term.Either(_, var choices) -> choices.forEach(choice -> collect(choice, seen));
      case Term.Repeat(_, var item, _, int max, _) when max != Regex.UNBOUNDED -> {
        least.merge(item.id(), max, Math::min);
        if (max >= LARGE) {
          greatestLarge.merge(item.id(), max, Math::max);
          leastLarge = Math.min(leastLarge, max);
        }
      }
      case Term.Nothing _, Term.Empty _, Term.Bytes _, Term.Repeat _ -> {}
      case Term.Both _, Term.Not _, Term.Run _ -> throw new AssertionError("searched");
    }
  }

  /// The term with one bound in place of all large ones: the same for terms that differ in them.
  public Term general(Terms terms) {
    return leastLarge == Regex.UNBOUNDED ? term : general(term, terms, new HashMap<>());
  }

  private static Term general(Term part, Terms terms, Map<Integer, Term> done) {
    Term known = done.get(part.id());
    if (known == null) {
      known =
          switch (part) {
            case Term.Concat(_, var head, var tail) ->
                terms.concat(general(head, terms, done), general(tail, terms, done));
            case Term.Either(_, var choices) ->
                terms.either(choices.stream().map(c -> general(c, terms, done)).toList());
            case Term.Repeat(_, var item, int min, int max, _)
                when max >= LARGE && max != Regex.UNBOUNDED ->
                terms.repeat(item, min, SOME_LARGE);
            case Term.Nothing _, Term.Empty _, Term.Bytes _, Term.Repeat _ -> part;
            case Term.Both _, Term.Not _, Term.Run _ -> throw new AssertionError("searched");
          };
      done.put(part.id(), known);
    }
    return known;
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
