package dev.sgl.local.kernel;

/// What a device answers to a [Draw].
///
/// @param token that was drawn, or [#NONE] or [#NO_NUMBER]
/// @param logprob of the token, under the model's own distribution; only if candidates were asked
///     for
/// @param candidates the likeliest tokens under the model's own distribution, the likeliest first
/// @param candidateLogprobs theirs
/// @param scores the log-probability of each token that was to be scored
public record Picked(
    int token, double logprob, int[] candidates, double[] candidateLogprobs, double[] scores) {
  /// The answer to a draw that asks for nothing.
  public static final Picked NOTHING = new Picked(-1, 0, new int[0], new double[0], new double[0]);

  /// No token is allowed, or none was requested.
  public static final int NONE = -1;

  /// A logit is not a number (NaN).
  public static final int NO_NUMBER = -2;
}
