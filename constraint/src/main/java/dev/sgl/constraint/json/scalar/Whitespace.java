package dev.sgl.constraint.json.scalar;

import dev.sgl.constraint.regex.ByteSet;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;

/// White space as a writer of JSON uses it: a blank, or a line end with an indentation. It is
/// bounded by the depth of nesting, so that every run of it ends.
public final class Whitespace {
  /// The bytes with which it begins.
  public static final ByteSet STARTS = ByteSet.of(' ').or(ByteSet.of('\n'));

  private static final int BLANKS_PER_LEVEL = 4;

  /// Deeper values are indented as those of this depth.
  private static final int MAX_LEVELS = 16;

  private final Terms terms;
  private final Term[] some = new Term[MAX_LEVELS + 1]; // by level, made when first asked for

  /// White space as terms of `terms`.
  public Whitespace(Terms terms) {
    this.terms = terms;
  }

  /// A blank or a line end, inside of `levels` arrays and objects.
  public Term some(int levels) {
    int known = Math.min(levels, MAX_LEVELS);
    if (some[known] == null) {
      Term blank = terms.text(" ");
      Term blanks = terms.repeat(blank, 0, BLANKS_PER_LEVEL * known);
      Term tabs = terms.repeat(terms.text("\t"), 1, known);
      Term line = terms.concat(terms.text("\n"), terms.either(blanks, tabs));
      some[known] = terms.either(blank, line);
    }
    return some[known];
  }

  /// The same or nothing.
  public Term any(int levels) {
    return terms.optional(some(levels));
  }
}
