package dev.sgl.local.tokens.bpe;

import java.util.Arrays;

/// The merges of a vocabulary: which two neighbouring tokens become which token, and which merge
/// comes first. A hash table with open addressing.
final class Merges {
  private static final long FREE = -1;
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final long[] pairs;
  private final int[] ranks; // of each pair
  private final int[] merged; // the token by its rank
  private final int shift;

  /// @param size most merges that will be put in
  Merges(int size) {
    int bits = 64 - Long.numberOfLeadingZeros(2L * Math.max(size, 8) - 1);
    pairs = new long[1 << bits];
    Arrays.fill(pairs, FREE);
    ranks = new int[pairs.length];
    merged = new int[size];
    shift = 64 - bits;
  }

  /// Adds a merge. A later merge of the same two tokens takes the place of an earlier one.
  ///
  /// @param rank below the size; each only once
  void put(int left, int right, int rank, int token) {
    int slot = slot(left, right);
    pairs[slot] = pair(left, right);
    ranks[slot] = rank;
    merged[rank] = token;
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }

  private int slot(int left, int right) {
    long pair = pair(left, right);
    int slot = (int) (pair * MIX >>> shift);
    while (pairs[slot] != FREE && pairs[slot] != pair) {
      slot = slot + 1 & pairs.length - 1;
    }
    return slot;
  }

  /// The rank of the merge of two tokens, the first to be applied is 0; -1 if they do not merge.
  int rank(int left, int right) {
    int slot = slot(left, right);
    return pairs[slot] == FREE ? -1 : ranks[slot];
  }

  /// The token that a merge makes.
  int token(int rank) {
    return merged[rank];
  }
}
