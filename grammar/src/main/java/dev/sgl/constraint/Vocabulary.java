package dev.sgl.constraint;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// The texts of a model's tokens as bytes, ordered so that tokens with a common beginning are
/// walked together.
public final class Vocabulary {
  private final byte[][] tokens;
  private final int[] sorted; // token ids by their bytes
  private final int[] shared; // bytes that sorted[i] has in common with sorted[i - 1]

  /// @param tokens the bytes of each token by id; empty for tokens that have no text
  public Vocabulary(byte[][] tokens) {
    this.tokens = tokens.clone();
    sorted =
        IntStream.range(0, tokens.length)
            .filter(id -> tokens[id].length > 0)
            .boxed()
            .sorted(Comparator.comparing(id -> tokens[id], Arrays::compareUnsigned))
            .mapToInt(Integer::intValue)
            .toArray();
    shared = new int[sorted.length];
    for (int i = 1; i < sorted.length; i++) {
      byte[] before = tokens[sorted[i - 1]];
      byte[] here = tokens[sorted[i]];
      int mismatch = Arrays.mismatch(before, here);
      shared[i] = mismatch < 0 ? here.length : mismatch;
    }
  }

  /// How many tokens there are, with or without text.
  public int size() {
    return tokens.length;
  }

  /// The bytes of token `id`; not to be changed.
  public byte[] bytes(int id) {
    return tokens[id];
  }

  /// The tokens that `automaton` allows in `state`, as a bit set of [#size] bits.
  public long[] mask(Automaton automaton, int state) {
    long[] mask = new long[(tokens.length + 63) >>> 6];
    int[] states = new int[64];
    states[0] = state;
    int alive = 0; // states[0..alive] are those after the bytes of the last token
    for (int i = 0; i < sorted.length; i++) {
      if (shared[i] > alive) {
        continue; // it begins with the byte that was refused
      }
      byte[] token = tokens[sorted[i]];
      if (states.length <= token.length) {
        states = Arrays.copyOf(states, token.length * 2);
      }
      alive = shared[i];
      while (alive < token.length) {
        int next = automaton.step(states[alive], token[alive] & 0xff);
        if (next == Automaton.DEAD) {
          break;
        }
        states[++alive] = next;
      }
      if (alive == token.length) {
        mask[sorted[i] >>> 6] |= 1L << sorted[i];
      }
    }
    return mask;
  }
}
