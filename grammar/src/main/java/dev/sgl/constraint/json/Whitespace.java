package dev.sgl.constraint.json;

import dev.sgl.constraint.machine.Dfa;
import dev.sgl.constraint.machine.Node;
import dev.sgl.constraint.regex.ByteSet;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.util.function.IntFunction;

/// White space as a writer of JSON uses it: a blank, or a line end with an indentation. It is
/// bounded by the depth of nesting, so that no run of it goes on without end.
final class Whitespace {
  /// The bytes with which it begins.
  static final ByteSet STARTS = ByteSet.of(' ').or(ByteSet.of('\n'));

  private static final int BLANKS_PER_LEVEL = 4;

  /// Deeper values are indented as those of this depth.
  private static final int MAX_DEPTH = 15;

  private final Dfa dfa;
  private final Node[] some = new Node[MAX_DEPTH + 1]; // by depth, made when first asked for
  private final Node[] any = new Node[MAX_DEPTH + 1];

  Whitespace(Dfa dfa) {
    this.dfa = dfa;
  }

  /// A blank or a line end, inside of a value that so many others contain.
  IntFunction<Node> some() {
    return depth -> rule(some, Math.min(depth, MAX_DEPTH), false);
  }

  /// The same or nothing.
  IntFunction<Node> any() {
    return depth -> rule(any, Math.min(depth, MAX_DEPTH), true);
  }

  private Node rule(Node[] known, int depth, boolean nullable) {
    if (known[depth] == null) {
      Terms terms = dfa.terms();
      Term space = space(terms, depth + 1);
      known[depth] = dfa.state(nullable ? terms.optional(space) : space);
    }
    return known[depth];
  }

  private static Term space(Terms terms, int levels) {
    Term blank = terms.text(" ");
    Term indentation =
        terms.either(
            terms.repeat(blank, 0, BLANKS_PER_LEVEL * levels),
            terms.repeat(terms.text("\t"), 1, levels));
    return terms.either(blank, terms.concat(terms.text("\n"), indentation));
  }
}
