package dev.sgl.local.engine;

/// The counters of an engine since its start, and its current load.
///
/// @param requests that have ended: answered, failed or cancelled
/// @param batches forward passes
/// @param rows tokens of all batches
public record EngineStats(
    long requests, Sequences sequences, Tokens tokens, long batches, long rows, Pages pages) {

  /// The counters of an engine that has just started.
  static final EngineStats NONE =
      new EngineStats(
          0, new Sequences(0, 0, 0), new Tokens(0, 0, 0, 0, 0, 0), 0, 0, new Pages(0, 0, 0, 0));

  /// The sequences of the requests that have not ended.
  ///
  /// @param running sequences that take part in batches
  /// @param waiting sequences that have no pages yet, or have lost them
  /// @param retractions running sequences that were sent back to wait, since the start
  public record Sequences(int running, int waiting, long retractions) {}

  /// Tokens since the start.
  ///
  /// @param prompt tokens of the prompts of all requests that were admitted
  /// @param cached tokens of these prompts that were in the cache
  /// @param computedPrompt tokens of these prompts that batches computed
  /// @param recomputed tokens that were computed again after their sequence was retracted
  /// @param generated tokens that the model chose
  /// @param forced tokens that the constraint left no choice about, so the model did not choose
  public record Tokens(
      long prompt, long cached, long computedPrompt, long recomputed, long generated, long forced) {

    /// All tokens behind prompts.
    public long all() {
      return generated + forced;
    }

    /// The part of the prompts' tokens that the cache held, from 0 to 1; 0 before the first prompt.
    public double hitRate() {
      return prompt == 0 ? 0 : (double) cached / prompt;
    }
  }

  /// The pages of keys and values.
  ///
  /// @param all pages of the pool
  /// @param free pages that hold nothing
  /// @param cached pages that are kept for later requests, and that no sequence uses at the moment
  /// @param evicted pages that the cache has given up since the start because others needed them
  public record Pages(int all, int free, int cached, long evicted) {
    /// Pages that sequences use at the moment.
    public int used() {
      return all - free - cached;
    }

    /// The part of the pages that sequences use, from 0 to 1.
    public double usage() {
      return all == 0 ? 0 : (double) used() / all;
    }
  }
}
