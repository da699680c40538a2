package dev.sgl.interpreter;

import java.util.concurrent.atomic.AtomicInteger;

/// Tokens that the values of a `with (budget: …)` may still take, all together. Generations that
/// run at the same time each see what was left when they began.
final class Budget {
  private final AtomicInteger left;

  Budget(int tokens) {
    left = new AtomicInteger(tokens);
  }

  int left() {
    return Math.max(0, left.get());
  }

  void spend(int tokens) {
    left.addAndGet(-tokens);
  }
}
