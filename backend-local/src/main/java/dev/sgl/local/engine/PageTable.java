package dev.sgl.local.engine;

import dev.sgl.local.kernel.KvPool;
import java.util.ArrayDeque;
import java.util.Arrays;

/// Which pages of the pool are free. Owned by the engine's thread.
final class PageTable {
  private final KvPool pool;
  private final ArrayDeque<Integer> free = new ArrayDeque<>();

  PageTable(KvPool pool) {
    this.pool = pool;
    for (int page = 0; page < pool.pages(); page++) {
      free.add(page);
    }
  }

  int freePages() {
    return free.size();
  }

  int pagesFor(int tokens) {
    return (tokens + pool.pageSize() - 1) / pool.pageSize();
  }

  /// Gives the sequence pages for `tokens` tokens; false, and nothing changed, if there are too
  /// few.
  boolean grow(Sequence sequence, int tokens) {
    int more = pagesFor(tokens) - sequence.pages.length;
    if (more > free.size()) {
      return false;
    }
    if (more > 0) {
      int old = sequence.pages.length;
      sequence.pages = Arrays.copyOf(sequence.pages, old + more);
      for (int i = old; i < sequence.pages.length; i++) {
        int page = free.pop();
        pool.prepare(page);
        sequence.pages[i] = page;
      }
    }
    return true;
  }

  /// Takes the sequence's pages back; it has nothing computed then.
  void release(Sequence sequence) {
    for (int page : sequence.pages) {
      free.push(page);
    }
    sequence.pages = new int[0];
    sequence.computed = 0;
  }
}
