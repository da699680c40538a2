package dev.sgl.conversation;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/// The options of the `with` blocks around a statement, those of the innermost first.
record Defaults(Map<String, Object> options, Optional<Budget> budget) {
  public static final Defaults NONE = new Defaults(Map.of(), Optional.empty());

  public Defaults {
    options = Map.copyOf(options);
  }

  /// These, and the options of one more block.
  public Defaults with(Map<String, Object> more) {
    Map<String, Object> all = new LinkedHashMap<>(options);
    all.putAll(more);
    Object tokens = all.remove("budget");
    Optional<Budget> own =
        tokens instanceof Long count
            ? Optional.of(new Budget((int) Math.min(count, Integer.MAX_VALUE), budget))
            : budget;
    return new Defaults(all, own);
  }

  /// These, less the option `name`.
  Defaults without(String name) {
    Map<String, Object> all = new LinkedHashMap<>(options);
    all.remove(name);
    return new Defaults(all, budget);
  }

  /// Tokens that the values of a `with (budget: …)` may still take, all together, within the
  /// budget around it. Generations that run at the same time each see the tokens that were
  /// left when they began.
  static final class Budget {
    private final AtomicInteger left;
    private final Optional<Budget> outer;

    private Budget(int tokens, Optional<Budget> outer) {
      this.left = new AtomicInteger(tokens);
      this.outer = outer;
    }

    int left() {
      int own = Math.max(0, left.get());
      return outer.map(around -> Math.min(own, around.left())).orElse(own);
    }

    void spend(int tokens) {
      left.addAndGet(-tokens);
      outer.ifPresent(around -> around.spend(tokens));
    }
  }
}
