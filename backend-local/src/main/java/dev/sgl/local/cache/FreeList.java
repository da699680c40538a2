package dev.sgl.local.cache;

import java.util.BitSet;

/// The pages, or slots, that have no owner, as a stack: the last that was freed is taken first.
final class FreeList {
  private final int[] stack;
  private int count;

  /// @param all of them, with the numbers from 0 on
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
