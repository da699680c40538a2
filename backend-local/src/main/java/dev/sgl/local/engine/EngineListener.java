package dev.sgl.local.engine;

import java.util.OptionalLong;

/// Callbacks of an engine, called on its own threads, one after the other: a slow callback delays
/// the next batch. Times are nanoseconds of [System#nanoTime].
public interface EngineListener {
  /// A batch was computed, or, on an asynchronous device, launched.
  default void batch(BatchReport report) {}

  /// An asynchronous device has computed the `layers` of a batch, or picked its `tokens`. Intervals
  /// are reported in the order of time.
  default void busy(String what, long start, long end) {}

  /// A request has ended.
  default void request(RequestReport report) {}

  /// How a request ended.
  enum Outcome {
    ANSWERED,
    FAILED,
    /// The caller gave the answer up.
    CANCELLED
  }

  /// One forward pass.
  ///
  /// @param sequences that took part
  /// @param promptRows tokens of prompts, or tokens that were computed again after a retraction
  /// @param decodeRows the other tokens
  record BatchReport(
      long start, long end, int sequences, int promptRows, int decodeRows, EngineStats stats) {}

  /// One request, from its arrival to its end.
  ///
  /// @param scored whether tokens were scored and not generated
  /// @param cutOff whether it was answered, but its tokens came to an end before the model ended it
  /// @param cuts texts that were cut, and the value if it was closed, because it was too long
  /// @param retractions how often its running sequence was sent back to wait
  record RequestReport(
      Outcome outcome,
      boolean scored,
      boolean cutOff,
      Times times,
      Tokens tokens,
      int cuts,
      int retractions) {

    /// The mean nanoseconds between two tokens that the model chose, if it chose several.
    public OptionalLong betweenTokens() {
      int gaps = tokens.generated() - tokens.forced() - 1;
      return times.firstToken() > 0 && gaps > 0
          ? OptionalLong.of((times.finished() - times.firstToken()) / gaps)
          : OptionalLong.empty();
    }

    /// Nanoseconds of [System#nanoTime].
    ///
    /// @param submitted when the request arrived
    /// @param admitted when the request first got pages; 0 if it never did
    /// @param firstToken when the first token was chosen; 0 if none was
    /// @param finished when the request ended
    public record Times(long submitted, long admitted, long firstToken, long finished) {}

    /// Tokens of one request.
    ///
    /// @param prompt tokens of the prompt
    /// @param cached tokens of the prompt that were in the cache
    /// @param generated tokens after the prompt, with the forced ones
    /// @param forced tokens that the model did not have to choose
    public record Tokens(int prompt, int cached, int generated, int forced) {}
  }
}
