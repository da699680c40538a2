package dev.sgl.remote;

import dev.sgl.backend.Reply;

/// What a million tokens cost, in any currency.
///
/// @param prompt that had to be computed
/// @param cached that were there already
public record Prices(double prompt, double cached, double generated) {
  public Prices {
    if (!(prompt >= 0 && cached >= 0 && generated >= 0)) {
      throw new IllegalArgumentException("prices must be at least 0");
    }
  }

  /// What some tokens cost.
  double of(Reply.Usage usage) {
    return ((usage.promptTokens() - usage.cachedTokens()) * prompt
            + usage.cachedTokens() * cached
            + usage.generatedTokens() * generated)
        / 1e6;
  }
}
