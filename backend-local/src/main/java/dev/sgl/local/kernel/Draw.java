package dev.sgl.local.kernel;

/// The use of one row of a batch, and the way from its logits to a token.
///
/// The order is that of `transformers`: penalties and bias, mask, temperature, top-k, top-p, min-p.
/// Of equal logits the token with the smaller id comes first.
///
/// @param wanted the use of the row
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
    Wanted wanted,
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
  /// The uses of a row.
  public enum Wanted {
    /// The row is computed for the keys and values of its token alone.
    NOTHING,
    /// Its hidden state, and nothing of its logits.
    STATE,
    /// Log-probabilities.
    SCORES,
    /// A token, and perhaps log-probabilities.
    TOKEN
  }

  /// Not even the log-probability of the token that is picked.
  public static final int NO_LOGPROBS = -1;

  private static final int[] NO_TOKENS = {};

  /// The draw of a row in the midst of a prompt.
  public static final Draw NOTHING = without(Wanted.NOTHING, NO_TOKENS, NO_LOGPROBS);

  /// The draw of a row whose hidden state is an embedding.
  public static final Draw STATE = without(Wanted.STATE, NO_TOKENS, NO_LOGPROBS);

  /// Takes the likeliest token.
  public static Draw greedy(long[] allowed, int candidates) {
    return new Draw(
        Wanted.TOKEN,
        0,
        0,
        1,
        0,
        1,
        NO_TOKENS,
        NO_TOKENS,
        new float[0],
        allowed,
        0,
        candidates,
        NO_TOKENS);
  }

  /// Asks for log-probabilities only.
  public static Draw score(int[] scored) {
    return score(scored, NO_LOGPROBS);
  }

  /// Asks for the log-probabilities of some tokens, and of the likeliest `candidates`.
  public static Draw score(int[] scored, int candidates) {
    return without(Wanted.SCORES, scored, candidates);
  }

  /// A draw that takes no token.
  private static Draw without(Wanted wanted, int[] scored, int candidates) {
    return new Draw(
        wanted,
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

  /// Whether a token is wanted.
  public boolean picks() {
    return wanted == Wanted.TOKEN;
  }

  /// Whether the row's logits are needed.
  public boolean asks() {
    return picks() || candidates >= 0 || scored.length > 0;
  }

  /// Whether something is cut off before the draw.
  public boolean cuts() {
    return topK > 0 || topP < 1 || minP > 0;
  }
}
