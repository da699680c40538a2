package dev.sgl.local.kernel;

/// How a token is chosen by the probabilities of all tokens.
///
/// @param temperature that logits are divided by; 0 takes the likeliest token
/// @param topK number of likeliest tokens; 0 is all
/// @param topP smallest set of likeliest tokens with this much probability; 1 is all
/// @param minP least probability, relative to the likeliest token's; 0 is all
public record Choice(double temperature, int topK, double topP, double minP) {
  /// The likeliest token.
  public static final Choice GREEDY = new Choice(0, 0, 1, 0);

  /// Whether tokens are left out before the choice.
  public boolean cuts() {
    return topK > 0 || topP < 1 || minP > 0;
  }
}
