package dev.sgl.local.family.config;

import java.util.List;

/// LongRoPE (Ding et al., 2024): the frequency of each pair of numbers has a divisor of its own,
/// one for contexts of up to those that a model was trained with at first, and one for longer
/// ones.
///
/// A model is loaded with the first, for as many positions, unless a user wants more: then all
/// texts get the second, as `transformers` has it for texts that are longer.
final class LongRope {
  static final String TYPE = "longrope";

  private static final String ORIGINAL = "original_max_position_embeddings";

  private final Config config;
  private final Config scaling;
  private final int named;

  /// @param named positions by the file
  LongRope(Config config, Config scaling, int named) {
    this.config = config;
    this.scaling = scaling;
    this.named = named;
  }

  /// Positions that the model was trained with at first; the number outside of the scaling counts.
  private int original() {
    return config
        .count(ORIGINAL)
        .or(() -> scaling.count(ORIGINAL))
        .orElseThrow(() -> scaling.wrong(ORIGINAL, "is missing"));
  }

  private boolean isLong() {
    return config.context().orElse(0) > original();
  }

  /// The most positions.
  int context() {
    return isLong() ? named : Math.min(named, original());
  }

  /// The divisor of the frequency of a pair.
  ///
  /// @param pairs that are turned
  double divisor(int pair, int pairs) {
    List<Double> shorts = factors("short_factor", pairs);
    List<Double> longs = factors("long_factor", pairs);
    return (isLong() ? longs : shorts).get(pair);
  }

  private List<Double> factors(String key, int pairs) {
    List<Double> factors = scaling.numbers(key);
    if (factors.size() != pairs || factors.stream().anyMatch(factor -> factor <= 0)) {
      throw scaling.wrong(key, "has no number above 0 for each of " + pairs + " pairs");
    }
    return factors;
  }

  /// By how much attention is sharpened.
  float stretch() {
    double factor = scaling.positive("factor", (double) named / original());
    double standard = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original()));
    return (float) scaling.positive("attention_factor", standard);
  }
}
