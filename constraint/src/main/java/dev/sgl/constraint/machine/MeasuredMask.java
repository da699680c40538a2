package dev.sgl.constraint.machine;

import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.regex.Bounds;
import dev.sgl.constraint.regex.Regex;
import java.util.HashSet;
import java.util.Set;

/// What a vocabulary can do in a state of a regular rule without a limit on the length, and how
/// many characters each token needs: its own, and those of the shortest end behind it. So it tells
/// what any limit leaves.
///
/// Tokens that need few characters are not told apart: near its end a limit is followed exactly.
final class MeasuredMask {
  /// Limits from here on are told apart.
  static final int FEW = 24;

  /// A repeat with a bound of one, or none, may no longer be seen as a repeat.
  private static final int UNSEEN = 2;

  private final long[] inside; // the tokens that need few characters
  private final int[] longer; // the nodes of the others
  private final int[] needs; // of `longer`
  private final int[] exits;
  private final int[] characters; // before each of `exits`
  private final int used;

  /// @param form the state of the rule
  /// @param any the state of any characters and the quote that ends them
  /// @param fewest what forms need to their ends
  /// @param root the node of the vocabulary below which the tokens are meant
  MeasuredMask(
      DfaState form, DfaState any, FewestCharacters fewest, Vocabulary vocabulary, int root) {
    Bounds bounds = new Bounds(form.term());
    Set<DfaState> seen = new HashSet<>();
    int most = 0;
    Ints longNodes = new Ints();
    Ints longNeeds = new Ints();
    Ints exitNodes = new Ints();
    Ints before = new Ints();
    DfaState[] forms = new DfaState[vocabulary.longest() + 1]; // by depth
    DfaState[] lengths = new DfaState[forms.length];
    int[] counts = new int[forms.length]; // whole characters
    inside = new long[vocabulary.words()];
    forms[vocabulary.depth(root)] = form;
    lengths[vocabulary.depth(root)] = any;
    for (int node = root + 1; node < vocabulary.end(root); ) {
      int depth = vocabulary.depth(node);
      DfaState state = forms[depth - 1].next(vocabulary.label(node));
      DfaState length = lengths[depth - 1].next(vocabulary.label(node));
      int least = fewest.toEnd(state, length);
      if (least == FewestCharacters.NEVER) {
        node = vocabulary.end(node);
        continue;
      }
      if (bounds.leastLarge() != Regex.UNBOUNDED && seen.add(state)) {
        most = Math.max(most, bounds.usedIn(new Bounds(state.term())));
      }
      forms[depth] = state;
      lengths[depth] = length;
      counts[depth] = counts[depth - 1] + (fewest.isBetween(length) ? 1 : 0);
      if (vocabulary.hasToken(node)) {
        int need = counts[depth] + least;
        if (need <= FEW) {
          vocabulary.mark(node, inside);
        } else {
          longNodes.add(node);
          longNeeds.add(need);
        }
      }
      if (state.isNullable() && length.isNullable() && vocabulary.end(node) > node + 1) {
        exitNodes.add(node);
        before.add(counts[depth]);
      }
      node++;
    }
    longer = longNodes.copy(0);
    needs = longNeeds.copy(0);
    exits = exitNodes.copy(0);
    characters = before.copy(0);
    used = most;
  }

  /// Whether a form that differs from this one in its large bounds alone, of which `least` is the
  /// least, allows the same: no token counts any of them down to where it would show.
  boolean holdsFor(int least) {
    return used + UNSEEN < least;
  }

  /// Adds what may come if at most `max` characters may: tokens to `mask` and exits to `to`.
  ///
  /// @param max at least [#FEW]
  void add(int max, Vocabulary vocabulary, long[] mask, Ints to) {
    for (int i = 0; i < inside.length; i++) {
      mask[i] |= inside[i];
    }
    for (int i = 0; i < longer.length; i++) {
      if (needs[i] <= max) {
        vocabulary.mark(longer[i], mask);
      }
    }
    for (int i = 0; i < exits.length; i++) {
      if (characters[i] <= max) {
        to.add(exits[i]);
      }
    }
  }

  int bytes() {
    return 128 + 8 * inside.length + 8 * (longer.length + exits.length);
  }
}
