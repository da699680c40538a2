package dev.sgl.local.kernel;

import java.util.OptionalInt;

/// The use of one sampled row of a batch.
public sealed interface Draw {
  /// The draw of a row in the midst of a prompt.
  Draw NOTHING = new Nothing();

  /// The draw of a row whose hidden state is an embedding.
  Draw STATE = new HiddenState();

  /// The row is computed for the keys and values of its token alone.
  record Nothing() implements Draw {
    @Override
    public Logprobs logprobs() {
      return Logprobs.NONE;
    }
  }

  /// Its hidden state, and nothing of its logits.
  record HiddenState() implements Draw {
    @Override
    public Logprobs logprobs() {
      return Logprobs.NONE;
    }
  }

  /// Log-probabilities, and no token.
  record Scores(Logprobs logprobs) implements Draw {}

  /// A token.
  ///
  /// The order is that of `transformers`: penalties and bias, mask, temperature, top-k, top-p,
  /// min-p. Of equal logits the token with the smaller id comes first.
  ///
  /// @param shifts of the logits
  /// @param allowed the tokens that may be picked as a bit set; empty is all
  /// @param uniform the random number of the draw, from 0 up to 1
  /// @param logprobs under the model's own distribution
  record Token(Shifts shifts, long[] allowed, Choice choice, double uniform, Logprobs logprobs)
      implements Draw {}

  /// Log-probabilities that are reported.
  ///
  /// @param candidates number of the likeliest tokens; empty reports not even the token that is
  ///     picked
  /// @param scored tokens that are reported besides
  record Logprobs(OptionalInt candidates, int[] scored) {
    /// None.
    public static final Logprobs NONE = new Logprobs(OptionalInt.empty(), new int[0]);

    /// Those of the token that is picked and of the likeliest.
    public static Logprobs likeliest(int candidates) {
      return new Logprobs(OptionalInt.of(candidates), new int[0]);
    }

    /// Whether the token that is picked is reported.
    public boolean ofPicked() {
      return candidates.isPresent();
    }

    /// How many of the likeliest tokens are reported.
    public int count() {
      return candidates.orElse(0);
    }

    /// Whether any are reported.
    public boolean areWanted() {
      return ofPicked() || scored.length > 0;
    }
  }

  /// Changes of logits before a token is picked.
  ///
  /// @param repetition the divisor of positive logits of `repeated`; the factor of negative ones
  /// @param by the summands for the logits of `shifted`
  record Shifts(double repetition, int[] repeated, int[] shifted, float[] by) {
    /// No change.
    public static final Shifts NONE = new Shifts(1, new int[0], new int[0], new float[0]);
  }

  /// Takes the likeliest of the allowed tokens.
  static Token greedy(long[] allowed, Logprobs logprobs) {
    return new Token(Shifts.NONE, allowed, Choice.GREEDY, 0, logprobs);
  }

  /// Reports the log-probabilities of some tokens.
  static Draw score(int[] scored) {
    return new Scores(new Logprobs(OptionalInt.empty(), scored));
  }

  /// The log-probabilities that are reported.
  Logprobs logprobs();

  /// Whether a token is picked.
  default boolean picks() {
    return switch (this) {
      case Nothing(), HiddenState(), Scores _ -> false;
      case Token _ -> true;
    };
  }

  /// Whether the row's logits are needed.
  default boolean needsLogits() {
    return picks() || logprobs().areWanted();
  }
}
