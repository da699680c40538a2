package dev.sgl.local.cache;

import dev.sgl.local.kernel.KvPool;

/// A pool whose device fails.
///
/// @param prepares runs before a page gets its memory, and may throw
/// @param copies runs before a page is copied, and may throw
public record FailingPool(KvPool pool, Runnable prepares, Runnable copies) implements KvPool {
  @Override
  public int pages() {
    return pool.pages();
  }

  @Override
  public int pageSize() {
    return pool.pageSize();
  }

  @Override
  public int slots() {
    return pool.slots();
  }

  @Override
  public void prepare(int page) {
    prepares.run();
    pool.prepare(page);
  }

  @Override
  public void copy(int from, int to, int tokens) {
    copies.run();
    pool.copy(from, to, tokens);
  }
}
