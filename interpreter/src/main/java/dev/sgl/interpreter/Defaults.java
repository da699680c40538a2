package dev.sgl.interpreter;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The options of the `with` blocks around a statement, those of the innermost first.
record Defaults(Map<String, Object> options, Optional<Budget> budget) {
  static final Defaults NONE = new Defaults(Map.of(), Optional.empty());

  Defaults {
    options = Map.copyOf(options);
  }

  /// These, and the options of one more block.
  Defaults with(Map<String, Object> more) {
    Map<String, Object> all = new LinkedHashMap<>(options);
    all.putAll(more);
    Object tokens = all.remove("budget");
    Optional<Budget> own =
        tokens instanceof Long count
            ? Optional.of(new Budget((int) Math.min(count, Integer.MAX_VALUE)))
            : budget;
    return new Defaults(all, own);
  }
}
