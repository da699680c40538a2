package dev.sgl.remote;

/// What a million tokens cost, in any currency.
///
/// @param prompt that had to be computed
/// @param cached that were there already
public record Prices(double prompt, double cached, double generated) {

  /// What some tokens cost.
  double of(Spent spent) {
    return ((spent.promptTokens() - spent.cachedTokens()) * prompt
            + spent.cachedTokens() * cached
            + spent.generatedTokens() * generated)
        / 1e6;
  }
}
