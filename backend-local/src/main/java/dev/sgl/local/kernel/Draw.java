package dev.sgl.local.kernel;

/// How the logits of one row become a token.
///
/// The order is that of `transformers`: penalties and bias, mask, temperature, top-k, top-p, min-p.
/// Of equal logits the token with the smaller id comes first.
///
/// @param picks whether a token is wanted
/// @param temperature 0 takes the likeliest token
/// @param topK 0 keeps all
/// @param repetition what the logits of `repeated` are divided by, or multiplied by if they are
///     negative
/// @param shifts what is added to the logits of `shifted`
/// @param allowed the tokens that may be picked as a bit set; empty is all
/// @param uniform where the draw falls, from 0 up to 1
/// @param candidates how many of the likeliest tokens to report with their log-probabilities, or
///     [#NO_LOGPROBS]
/// @param scored tokens whose log-probabilities are wanted
public record Draw(
    boolean picks,
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetition,
    int[] repeated,
    int[] shifted,
    float[] shifts,
    long[] allowed,
    double uniform,
    int candidates,
    int[] scored) {
  /// Not even the log-probability of the token that is picked.
  public static final int NO_LOGPROBS = -1;

  private static final int[] NO_TOKENS = {};

  /// Asks for nothing.
  public static final Draw NOTHING = score(NO_TOKENS);

  /// Asks for the hidden state of the row, and for nothing of its logits.
  public static final Draw STATE = score(NO_TOKENS);

  /// Takes the likeliest token.
  public static Draw greedy(long[] allowed, int candidates) {
    return new Draw(
        true, 0, 0, 1, 0, 1, NO_TOKENS, NO_TOKENS, new float[0], allowed, 0, candidates, NO_TOKENS);
  }

  /// Asks for log-probabilities only.
  public static Draw score(int[] scored) {
    return score(scored, NO_LOGPROBS);
  }

  /// Asks for the log-probabilities of some tokens, and of the likeliest `candidates`.
  public static Draw score(int[] scored, int candidates) {
    return new Draw(
        false,
        0,
        0,
        1,
        0,
        1,
        NO_TOKENS,
        NO_TOKENS,
        new float[0],
        new long[0],
        0,
        candidates,
        scored);
  }

  /// Whether the row's logits are needed.
  public boolean asks() {
    return picks || candidates >= 0 || scored.length > 0;
  }

  /// Whether something is cut off before the draw.
  public boolean cuts() {
    return topK > 0 || topP < 1 || minP > 0;
  }
}
