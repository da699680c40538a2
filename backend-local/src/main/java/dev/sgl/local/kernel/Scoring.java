package dev.sgl.local.kernel;

/// How the products of queries and keys become scores.
///
/// @param scale their factor
/// @param cap the bound of the scores, which become `cap · tanh(score / cap)`; [#UNCAPPED] for none
public record Scoring(float scale, float cap) {
  /// No bound.
  public static final float UNCAPPED = Float.POSITIVE_INFINITY;

  /// Scores of heads of `dim` numbers as most models have them (Vaswani et al., 2017).
  public static Scoring usual(int dim) {
    return new Scoring((float) (1 / Math.sqrt(dim)), UNCAPPED);
  }

  /// Whether scores have a bound.
  public boolean isCapped() {
    return cap < UNCAPPED;
  }
}
