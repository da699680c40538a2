package dev.sgl.backend;

import java.util.List;
import java.util.Optional;

/// A finished generation.
///
/// @param text the generated text, without the stop text
/// @param tokens its token ids, where the backend knows them
/// @param healed characters at the prompt's end that the first of these tokens spell, too
/// @param stop the stop text that came, or the name of the stop token
/// @param cuts texts and values that ended early because they were too long
/// @param logprobs for each token, if the request wanted them
/// @param generated all tokens that came, those of a stop text and of the end included, where the
///     backend knows them
public record Reply(
    String text,
    List<Integer> tokens,
    int healed,
    Finish finish,
    Optional<String> stop,
    Cuts cuts,
    Usage usage,
    Timing timing,
    List<Logprob> logprobs,
    List<Integer> generated) {
  public Reply {
    tokens = List.copyOf(tokens);
    logprobs = List.copyOf(logprobs);
    generated = List.copyOf(generated);
  }

  /// A reply of a backend that knows no tokens.
  public Reply(
      String text,
      List<Integer> tokens,
      int healed,
      Finish finish,
      Optional<String> stop,
      Cuts cuts,
      Usage usage,
      Timing timing,
      List<Logprob> logprobs) {
    this(text, tokens, healed, finish, stop, cuts, usage, timing, logprobs, List.of());
  }

  /// A reply of which nothing was left out.
  public Reply(
      String text,
      List<Integer> tokens,
      int healed,
      Finish finish,
      Optional<String> stop,
      Usage usage,
      Timing timing,
      List<Logprob> logprobs) {
    this(text, tokens, healed, finish, stop, Cuts.NONE, usage, timing, logprobs);
  }

  /// Whether there is more of the text than the model had room for, so that it is no value.
  public boolean isCutOff() {
    return finish == Finish.LENGTH && !cuts.closed();
  }

  /// The parts of a typed value that ended early because they were too long.
  ///
  /// @param strings how many texts in it end where they reached the length that their types allow
  /// @param closed whether the value was closed because the tokens that it might take came to an
  ///     end
  public record Cuts(int strings, boolean closed) {
    public static final Cuts NONE = new Cuts(0, false);
  }

  /// Why a generation ended.
  public enum Finish {
    /// The model ended it, or the type allowed no more.
    END,
    /// A stop text came.
    STOP,
    /// `max_tokens` or the context's length was reached.
    LENGTH
  }

  /// What a request cost, in tokens.
  ///
  /// @param cachedTokens those of the prompt that did not have to be computed
  /// @param generatedTokens all of the text, those that had to come included
  /// @param forcedTokens those of them for which the model was not asked
  /// @param endTokens that the model generated behind the text, to end it
  public record Usage(
      int promptTokens, int cachedTokens, int generatedTokens, int forcedTokens, int endTokens) {
    public static final Usage NONE = new Usage(0, 0, 0, 0, 0);

    /// A text without a token that ended it.
    public Usage(int promptTokens, int cachedTokens, int generatedTokens, int forcedTokens) {
      this(promptTokens, cachedTokens, generatedTokens, forcedTokens, 0);
    }

    /// The sum of both.
    public Usage plus(Usage more) {
      return new Usage(
          promptTokens + more.promptTokens,
          cachedTokens + more.cachedTokens,
          generatedTokens + more.generatedTokens,
          forcedTokens + more.forcedTokens,
          endTokens + more.endTokens);
    }
  }

  /// How long a request took, in milliseconds from when it was made.
  ///
  /// @param queued until it was first worked on; 0 where the backend does not know
  /// @param firstToken until its first token; 0 if there was none
  public record Timing(double queued, double firstToken, double total) {
    public static final Timing NONE = new Timing(0, 0, 0);
  }

  /// A token without an id: the backend does not know it.
  public static final int NO_ID = -1;

  /// A token of a text, its log-probability, and those of the likeliest tokens in its place.
  public record Logprob(int id, String token, double logprob, List<Candidate> top) {
    public Logprob {
      top = List.copyOf(top);
    }
  }

  /// A token that could have been chosen.
  public record Candidate(int id, String token, double logprob) {}
}
