package dev.sgl.constraint.machine;

import dev.sgl.constraint.Vocabulary;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What a vocabulary can do in a repeat of one kind of character, for all bounds of the repeat.
///
/// Every token is walked once; its number of characters then tells which bounds allow it.
final class CountedMasks {
  /// Tokens with more characters than this are kept in a list.
  private static final int SHORT = 24;

  private final long[][] upTo = new long[SHORT + 1][]; // tokens of at most so many characters
  private final int[] longNodes; // nodes of tokens with more
  private final int[] longCounts;
  private final int[] others; // the first nodes that are no such characters
  private final int[] nodes; // where a character ends and tokens go on
  private final int[] counts; // the characters up to there
  private final Map<Integer, Exits> byByte = new ConcurrentHashMap<>();

  /// @param loop the state of the repeat without bounds, between two characters
  CountedMasks(DfaState loop, Vocabulary vocabulary) {
    Ints more = new Ints();
    Ints moreCounts = new Ints();
    Ints ends = new Ints();
    Ints dead = new Ints();
    Ints endCounts = new Ints();
    Arrays.setAll(upTo, _ -> new long[vocabulary.words()]);
    DfaState[] states = new DfaState[vocabulary.longest() + 1];
    int[] characters = new int[vocabulary.longest() + 1]; // whole ones, by depth
    states[0] = loop;
    for (int node = 1; node < vocabulary.nodes(); ) {
      int depth = vocabulary.depth(node);
      DfaState state = states[depth - 1].next(vocabulary.label(node));
      if (state.isDead()) {
        dead.add(node);
        node = vocabulary.end(node);
        continue;
      }
      boolean whole = state.isNullable();
      states[depth] = state;
      characters[depth] = characters[depth - 1] + (whole ? 1 : 0);
      int needed = characters[depth] + (whole ? 0 : 1);
      if (vocabulary.hasToken(node)) {
        if (needed <= SHORT) {
          vocabulary.mark(node, upTo[needed]);
        } else {
          more.add(node);
          moreCounts.add(needed);
        }
      }
      if (whole && vocabulary.end(node) > node + 1) {
        ends.add(node);
        endCounts.add(needed);
      }
      node++;
    }
    for (int i = 1; i <= SHORT; i++) {
      for (int w = 0; w < upTo[i].length; w++) {
        upTo[i][w] |= upTo[i - 1][w];
      }
    }
    longNodes = more.copy(0);
    longCounts = moreCounts.copy(0);
    others = dead.copy(0);
    nodes = ends.copy(0);
    counts = endCounts.copy(0);
  }

  /// Adds the tokens of at most `max` characters to `mask`.
  void add(int max, Vocabulary vocabulary, long[] mask) {
    long[] some = upTo[Math.min(max, SHORT)];
    for (int i = 0; i < some.length; i++) {
      mask[i] |= some[i];
    }
    for (int i = 0; i < longNodes.length; i++) {
      if (longCounts[i] <= max) {
        vocabulary.mark(longNodes[i], mask);
      }
    }
  }

  /// The nodes whose bytes are no such characters, but those before them are.
  int[] others() {
    return others;
  }

  /// Where a character ends and `value` comes next.
  ///
  /// @param nodes behind `value`
  /// @param counts the characters before it
  record Exits(int[] nodes, int[] counts) {}

  /// The exits with `value`, found once.
  Exits exits(int value, Vocabulary vocabulary) {
    return byByte.computeIfAbsent(
        value,
        v -> {
          Ints children = new Ints();
          Ints before = new Ints();
          for (int i = 0; i < nodes.length; i++) {
            int end = vocabulary.end(nodes[i]);
            for (int child = nodes[i] + 1; child < end; child = vocabulary.end(child)) {
              if (vocabulary.label(child) == v) {
                children.add(child);
                before.add(counts[i]);
              }
            }
          }
          return new Exits(children.copy(0), before.copy(0));
        });
  }

  /// How many places there are where a character ends and tokens go on.
  int ends() {
    return nodes.length;
  }

  int node(int end) {
    return nodes[end];
  }

  int count(int end) {
    return counts[end];
  }

  /// The memory that it takes, in bytes, with the exits that will be found: few for each node.
  int bytes() {
    int lists = 8 * (nodes.length + longNodes.length) + 4 * others.length;
    return 64 + 8 * upTo.length * upTo[0].length + lists + 16 * nodes.length;
  }
}
