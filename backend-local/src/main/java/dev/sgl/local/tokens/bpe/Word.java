package dev.sgl.local.tokens.bpe;

import java.util.Arrays;

/// The tokens of one word while they are merged: a list whose neighbours are merged by rank, from
/// left to right within a rank, with the merges that are possible in a heap. Used again for the
/// next word, by one thread.
///
/// The order is that of the library `tokenizers` in all cases: a merge that is in the heap stays
/// valid if other tokens at its place make the same token.
final class Word {
  private static final int NONE = -1;
  private static final int GONE = -1;

  private final Merges merges;
  private int[] tokens = new int[64];
  private int[] before = new int[64];
  private int[] after = new int[64];
  private long[] heap = new long[64]; // rank and place
  private int heapSize;
  private int size;

  Word(Merges merges) {
    this.merges = merges;
  }

  /// Empties the word.
  void clear() {
    size = 0;
  }

  /// Adds a token to the end.
  void add(int token) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
      before = Arrays.copyOf(before, 2 * size);
      after = Arrays.copyOf(after, 2 * size);
    }
    tokens[size++] = token;
  }

  /// Applies all merges; the tokens that are left.
  int[] merge() {
    heapSize = 0;
    for (int i = 0; i < size; i++) {
      before[i] = i - 1;
      after[i] = i + 1 < size ? i + 1 : NONE;
    }
    for (int i = 0; i + 1 < size; i++) {
      offer(i, i + 1);
    }
    int left = size;
    while (heapSize > 0) {
      long top = poll();
      int at = (int) top;
      int token = merges.token((int) (top >>> 32));
      if (tokens[at] != GONE && after[at] != NONE && isStillMerge(at, token)) {
        replace(at, token);
        left--;
      }
    }
    return left(left);
  }

  private boolean isStillMerge(int at, int token) {
    int rank = merges.rank(tokens[at], tokens[after[at]]);
    return rank >= 0 && merges.token(rank) == token;
  }

  private void replace(int at, int token) {
    int right = after[at];
    tokens[at] = token;
    after[at] = after[right];
    tokens[right] = GONE;
    if (after[at] != NONE) {
      before[after[at]] = at;
      offer(at, after[at]);
    }
    if (before[at] != NONE) {
      offer(before[at], at);
    }
  }

  private int[] left(int count) {
    int[] out = new int[count];
    for (int i = 0, n = 0; n < count; i = after[i], n++) {
      out[n] = tokens[i];
    }
    return out;
  }

  /// Puts the merge of two neighbours into the heap if there is one.
  private void offer(int left, int right) {
    int rank = merges.rank(tokens[left], tokens[right]);
    if (rank < 0) {
      return;
    }
    if (heapSize == heap.length) {
      heap = Arrays.copyOf(heap, 2 * heapSize);
    }
    long entry = (long) rank << 32 | left;
    int i = heapSize++;
    while (i > 0 && heap[(i - 1) / 2] > entry) {
      heap[i] = heap[(i - 1) / 2];
      i = (i - 1) / 2;
    }
    heap[i] = entry;
  }

  private long poll() {
    long top = heap[0];
    long last = heap[--heapSize];
    int i = 0;
    for (int child = 1; child < heapSize; child = 2 * i + 1) {
      if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= last) {
        break;
      }
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return top;
  }
}
