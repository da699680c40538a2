package dev.sgl.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A constraint as a deterministic automaton over bytes, its states built when first reached.
///
/// Underneath lies a nondeterministic automaton (Thompson, "Regular expression search algorithm",
/// CACM 1968) with bounded repeats written out; a deterministic state is a set of its states
/// (Rabin and Scott, 1959). Every state can still reach the end of a legal text, because every part
/// of a constraint matches something. Owned by one thread at a time.
public final class Automaton {
  /// The state from which nothing is legal.
  public static final int DEAD = -1;

  /// The state before the first byte.
  public static final int START = 0;

  private static final int MAX_NODES = 400_000;
  private static final int MAX_STATES = 100_000;
  private static final int UNKNOWN = -2;
  private static final int NONE = -1;

  // node i: from[i]..to[i] is its byte range and next[i] where it leads, or it is silent and leads
  // to next[i] and other[i]
  private int[] from = new int[64];
  private int[] to = new int[64];
  private int[] next = new int[64];
  private int[] other = new int[64];
  private int nodes;
  private final int end;

  private final Map<List<Integer>, Integer> known = new HashMap<>();
  private final List<int[]> members = new ArrayList<>();
  private final List<int[]> moves = new ArrayList<>();
  private final BitSet accepting = new BitSet();

  private Automaton(Constraint constraint) {
    end = silent(NONE, NONE);
    int start = build(constraint, end);
    state(closure(new int[] {start}));
  }

  /// Compiles `constraint`.
  ///
  /// @throws ConstraintException if it needs more states than the limit
  public static Automaton of(Constraint constraint) {
    return new Automaton(constraint);
  }

  /// The state after `value` (0 to 255) in `state`, or [#DEAD].
  public int step(int state, int value) {
    int[] row = moves.get(state);
    int target = row[value];
    if (target == UNKNOWN) {
      target = move(members.get(state), value);
      row[value] = target;
    }
    return target;
  }

  /// The state after all of `bytes`, or [#DEAD].
  public int step(int state, byte[] bytes) {
    for (int i = 0; i < bytes.length && state != DEAD; i++) {
      state = step(state, bytes[i] & 0xff);
    }
    return state;
  }

  /// Whether the text may end in `state`.
  public boolean accepts(int state) {
    return state != DEAD && accepting.get(state);
  }

  /// Whether the text must end in `state`: it may, and no byte may follow.
  public boolean isFinal(int state) {
    return accepts(state) && Arrays.stream(members.get(state)).allMatch(node -> next[node] == NONE);
  }

  /// Whether `text` as a whole is legal.
  public boolean matches(String text) {
    return accepts(step(START, text.getBytes(StandardCharsets.UTF_8)));
  }

  // --- from constraint to nodes, each built towards the node that follows it

  private int build(Constraint constraint, int after) {
    return switch (constraint) {
      case Constraint.Text(var text) -> bytes(text.getBytes(StandardCharsets.UTF_8), after);
      case Constraint.AnyChar() -> either(range(0, 0x7f, after), multiByte(after));
      case Constraint.JsonChar() -> jsonChar(after);
      case Constraint.IntRange(long min, long max) -> integers(min, max, after);
      case Constraint.Sequence(var parts) -> {
        int node = after;
        for (Constraint part : parts.reversed()) {
          node = build(part, node);
        }
        yield node;
      }
      case Constraint.OneOf(var choices) -> {
        int node = NONE;
        for (Constraint choice : choices.reversed()) {
          node = either(build(choice, after), node);
        }
        yield node;
      }
      case Constraint.Repeat(var item, int min, int max) -> repeat(item, min, max, after);
    };
  }

  private int repeat(Constraint item, int min, int max, int after) {
    int node = after;
    if (max == Constraint.UNBOUNDED) {
      node = silent(NONE, after);
      next[node] = build(item, node);
    } else {
      for (int i = min; i < max; i++) {
        node = either(build(item, node), after);
      }
    }
    for (int i = 0; i < min; i++) {
      node = build(item, node);
    }
    return node;
  }

  /// The byte sequences of the characters from U+0080 on (The Unicode Standard, table 3-7).
  private int multiByte(int after) {
    int one = range(0x80, 0xbf, after);
    int two = range(0x80, 0xbf, one);
    int three = range(0x80, 0xbf, two);
    int node = range(0xc2, 0xdf, one);
    node = either(node, range(0xe0, 0xe0, range(0xa0, 0xbf, one)));
    node = either(node, range(0xe1, 0xec, two));
    node = either(node, range(0xed, 0xed, range(0x80, 0x9f, one)));
    node = either(node, range(0xee, 0xef, two));
    node = either(node, range(0xf0, 0xf0, range(0x90, 0xbf, two)));
    node = either(node, range(0xf1, 0xf3, three));
    return either(node, range(0xf4, 0xf4, range(0x80, 0x8f, two)));
  }

  /// RFC 8259, section 7. Escapes of surrogates are left out: such characters are written raw.
  private int jsonChar(int after) {
    int plain =
        either(
            range(0x20, 0x21, after), either(range(0x23, 0x5b, after), range(0x5d, 0x7f, after)));
    int letters = NONE;
    for (char escaped : "\"\\/bfnrt".toCharArray()) {
      letters = either(range(escaped, escaped, after), letters);
    }
    int low = hex(hex(after));
    int tail = hex(low);
    int first = either(range('0', '9', tail), either(range('a', 'c', tail), range('A', 'C', tail)));
    first = either(first, either(range('e', 'f', tail), range('E', 'F', tail)));
    int below = range('0', '7', low);
    first = either(first, either(range('d', 'd', below), range('D', 'D', below)));
    int escape = range('\\', '\\', either(letters, range('u', 'u', first)));
    return either(plain, either(escape, multiByte(after)));
  }

  private int hex(int after) {
    return either(range('0', '9', after), either(range('a', 'f', after), range('A', 'F', after)));
  }

  private int integers(long min, long max, int after) {
    int node = NONE;
    if (max >= 0) {
      node = naturals(Long.toString(Math.max(min, 0)), Long.toString(max), after);
    }
    if (min < 0) {
      String high = Long.toString(min).substring(1);
      String low = Long.toString(Math.min(max, -1)).substring(1);
      node = either(range('-', '-', naturals(low, high, after)), node);
    }
    return node;
  }

  /// The decimal numbers from `low` to `high`, split by their count of digits.
  private int naturals(String low, String high, int after) {
    int node = NONE;
    for (int digits = low.length(); digits <= high.length(); digits++) {
      String from = digits == low.length() ? low : "1" + "0".repeat(digits - 1);
      String to = digits == high.length() ? high : "9".repeat(digits);
      node = either(sameLength(from, to, after), node);
    }
    return node;
  }

  private int sameLength(String low, String high, int after) {
    if (low.isEmpty()) {
      return after;
    }
    char first = low.charAt(0);
    char last = high.charAt(0);
    String lowRest = low.substring(1);
    String highRest = high.substring(1);
    if (first == last) {
      return range(first, last, sameLength(lowRest, highRest, after));
    }
    String zeros = "0".repeat(lowRest.length());
    String nines = "9".repeat(lowRest.length());
    if (low.equals("0" + zeros) && high.equals("9" + nines)) {
      return range('0', '9', sameLength(zeros, nines, after)); // any digits: one way, not three
    }
    int node = range(first, first, sameLength(lowRest, nines, after));
    node = either(node, range(last, last, sameLength(zeros, highRest, after)));
    if (last - first > 1) {
      node = either(node, range(first + 1, last - 1, sameLength(zeros, nines, after)));
    }
    return node;
  }

  private int bytes(byte[] bytes, int after) {
    int node = after;
    for (int i = bytes.length - 1; i >= 0; i--) {
      node = range(bytes[i] & 0xff, bytes[i] & 0xff, node);
    }
    return node;
  }

  private int range(int low, int high, int after) {
    return node(low, high, after, NONE);
  }

  private int either(int one, int two) {
    return two == NONE ? one : silent(one, two);
  }

  private int silent(int one, int two) {
    return node(NONE, NONE, one, two);
  }

  private int node(int low, int high, int one, int two) {
    if (nodes == MAX_NODES) {
      throw new ConstraintException(
          "the type is too large: it needs more than " + MAX_NODES + " states");
    }
    if (nodes == from.length) {
      from = Arrays.copyOf(from, nodes * 2);
      to = Arrays.copyOf(to, nodes * 2);
      next = Arrays.copyOf(next, nodes * 2);
      other = Arrays.copyOf(other, nodes * 2);
    }
    from[nodes] = low;
    to[nodes] = high;
    next[nodes] = one;
    other[nodes] = two;
    return nodes++;
  }

  // --- from nodes to states

  private int move(int[] set, int value) {
    int[] targets = new int[set.length];
    int count = 0;
    for (int node : set) {
      if (from[node] <= value && value <= to[node]) {
        targets[count++] = next[node];
      }
    }
    return count == 0 ? DEAD : state(closure(Arrays.copyOf(targets, count)));
  }

  /// The nodes with bytes, and the end, that silence leads to; sorted, each once.
  private int[] closure(int[] seeds) {
    BitSet seen = new BitSet();
    int[] stack = Arrays.copyOf(seeds, Math.max(16, seeds.length));
    int depth = seeds.length;
    List<Integer> kept = new ArrayList<>();
    while (depth > 0) {
      int node = stack[--depth];
      if (node == NONE || seen.get(node)) {
        continue;
      }
      seen.set(node);
      if (from[node] != NONE || node == end) {
        kept.add(node);
        continue;
      }
      if (depth + 2 > stack.length) {
        stack = Arrays.copyOf(stack, stack.length * 2);
      }
      stack[depth++] = next[node];
      stack[depth++] = other[node];
    }
    return kept.stream().mapToInt(Integer::intValue).sorted().toArray();
  }

  private int state(int[] set) {
    List<Integer> key = Arrays.stream(set).boxed().toList();
    Integer found = known.get(key);
    if (found != null) {
      return found;
    }
    int state = members.size();
    if (state == MAX_STATES) {
      throw new ConstraintException(
          "the type is too large: it needs more than " + MAX_STATES + " states");
    }
    int[] row = new int[256];
    Arrays.fill(row, UNKNOWN);
    known.put(key, state);
    members.add(set);
    moves.add(row);
    accepting.set(state, Arrays.binarySearch(set, end) >= 0);
    return state;
  }
}
