package dev.sgl.local.cache;

import java.util.BitSet;

/// The pages that nobody owns, as a stack: what was freed last is used first.
final class FreePages {
  private final int[] stack;
  private int count;

  FreePages(int pages) {
    stack = new int[pages];
    for (int page = pages - 1; page >= 0; page--) {
      stack[count++] = page;
    }
  }

  int count() {
    return count;
  }

  /// The page that is taken next.
  int next() {
    return stack[count - 1];
  }

  int take() {
    return stack[--count];
  }

  void give(int page) {
    stack[count++] = page;
  }

  BitSet all() {
    BitSet all = new BitSet();
    for (int i = 0; i < count; i++) {
      all.set(stack[i]);
    }
    return all;
  }
}
