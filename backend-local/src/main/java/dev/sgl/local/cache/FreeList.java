package dev.sgl.local.cache;

import java.util.BitSet;

/// The pages, or slots, without an owner, as a stack: the page that was freed last is taken first.
final class FreeList {
  private final int[] stack;
  private int count;

  /// @param all the count of pages or slots, whose numbers begin with 0
  FreeList(int all) {
    stack = new int[all];
    for (int number = all - 1; number >= 0; number--) {
      stack[count++] = number;
    }
  }

  int count() {
    return count;
  }

  /// The one that is taken next.
  int next() {
    return stack[count - 1];
  }

  int take() {
    return stack[--count];
  }

  void give(int number) {
    stack[count++] = number;
  }

  BitSet all() {
    BitSet all = new BitSet();
    for (int i = 0; i < count; i++) {
      all.set(stack[i]);
    }
    return all;
  }
}
