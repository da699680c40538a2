package dev.sgl.local.kernel;

/// The result of a [Draw].
///
/// @param token that was drawn, or [#NONE] or [#NO_NUMBER]
/// @param logprob of the token, under the model's own distribution; 0 unless the draw reports the
///     picked token
/// @param candidates the likeliest tokens under the model's own distribution, the likeliest first
/// @param candidateLogprobs the log-probabilities of the candidates
/// @param scores the log-probability of each token that was to be scored
public record Picked(
    int token, double logprob, int[] candidates, double[] candidateLogprobs, double[] scores) {
  /// The result of a draw that needs no logits.
  public static final Picked NOTHING = new Picked(-1, 0, new int[0], new double[0], new double[0]);

  /// No token is allowed, or none was requested.
  public static final int NONE = -1;

  /// A logit is not a number (NaN).
  public static final int NO_NUMBER = -2;
}
