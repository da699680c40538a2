package dev.sgl.constraint.machine;

import dev.sgl.constraint.regex.ByteSet;
import dev.sgl.constraint.regex.Regex;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.util.List;
import java.util.Optional;

/// A string of some form that has a limit on its length besides.
///
/// @param form all that is asked except the limit
/// @param any any number of characters, as many as must come at least, and the closing quote
/// @param character the texts that count as one character
/// @param max how many characters may follow at most
/// @param isBetween whether no character has begun
record LengthLimit(Term form, Term any, Term character, int max, boolean isBetween) {

  /// The limit in `term`, if there is one.
  static Optional<LengthLimit> of(Term term, Terms terms) {
    return term instanceof Term.Both(_, var parts)
        ? parts.stream().flatMap(part -> of(part, parts, terms).stream()).findFirst()
        : Optional.empty();
  }

  private static Optional<LengthLimit> of(Term part, List<Term> parts, Terms terms) {
    Term begun = terms.empty; // the rest of a character
    Term repeat = part;
    while (repeat instanceof Term.Concat(_, var head, Term.Concat rest)
        && !(head instanceof Term.Repeat r && terms.isCharacter(r.item()))) {
      begun = terms.concat(begun, head);
      repeat = rest;
    }
    if (!(repeat instanceof Term.Concat(_, Term.Repeat limit, var quote))
        || limit.max() == Regex.UNBOUNDED
        || !terms.isCharacter(limit.item())
        || quote != terms.bytes(ByteSet.of('"'))
        || terms.derive(limit.item(), '"') != terms.nothing) {
      return Optional.empty();
    }
    Term form = terms.both(parts.stream().filter(p -> p != part).toList());
    Term more = terms.concat(terms.repeat(limit.item(), limit.min(), Regex.UNBOUNDED), quote);
    boolean isBetween = begun == terms.empty;
    if (!isBetween && !terms.search().isBegun(begun, limit.item())) {
      return Optional.empty();
    }
    int max = isBetween ? limit.max() : limit.max() + 1;
    Term any = terms.concat(begun, more);
    return Optional.of(new LengthLimit(form, any, limit.item(), max, isBetween));
  }
}
