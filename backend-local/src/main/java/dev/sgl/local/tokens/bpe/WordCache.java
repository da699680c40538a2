package dev.sgl.local.tokens.bpe;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The tokens of words that were met before: one word at each place, by its hash; the last one
/// stays. Safe for many threads without a lock, because an entry never changes, and a place that
/// another thread has not seen yet only costs time.
final class WordCache {
  private static final int PLACES = 1 << 16;
  private static final int MOST_CHARACTERS = 64;

  private final @Nullable Entry[] entries = new @Nullable Entry[PLACES];

  private record Entry(char[] word, int[] tokens) {}

  /// The hash of a part of a text.
  static int hash(char[] text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i];
    }
    return hash;
  }

  private static int place(int hash) {
    return (hash * 0x9E3779B9) >>> 16;
  }

  /// The tokens of a word, which are not to be changed; null if they are not here.
  int @Nullable [] find(char[] text, int from, int to, int hash) {
    Entry entry = entries[place(hash)];
    return entry != null && Arrays.equals(entry.word, 0, entry.word.length, text, from, to)
        ? entry.tokens
        : null;
  }

  /// Keeps the tokens of a word, unless it is long.
  void put(char[] text, int from, int to, int hash, int[] tokens) {
    if (to - from <= MOST_CHARACTERS) {
      entries[place(hash)] = new Entry(Arrays.copyOfRange(text, from, to), tokens);
    }
  }
}
