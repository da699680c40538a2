package dev.sgl.local.schedule;

/// The counters of a scheduler since its start.
public final class Counters {
  private long promptTokens;
  private long cachedTokens;
  private long computedPromptTokens;
  private long recomputedTokens;
  private long batches;
  private long rows;
  private long retractions;

  void admitted(int prompt, int cached) {
    promptTokens += prompt;
    cachedTokens += cached;
  }

  void batch() {
    batches++;
  }

  /// @param again rows that had been computed once before
  /// @param ofPrompt rows of a prompt that were computed for the first time
  void computed(int all, int again, int ofPrompt) {
    rows += all;
    recomputedTokens += again;
    computedPromptTokens += ofPrompt;
  }

  void retracted() {
    retractions++;
  }

  /// Tokens of the prompts that were admitted.
  public long promptTokens() {
    return promptTokens;
  }

  /// Tokens of these prompts that were in the cache.
  public long cachedTokens() {
    return cachedTokens;
  }

  /// Tokens of prompts that were computed, each once a sequence.
  public long computedPromptTokens() {
    return computedPromptTokens;
  }

  /// Tokens that were computed again after a retraction.
  public long recomputedTokens() {
    return recomputedTokens;
  }

  /// Batches that were planned.
  public long batches() {
    return batches;
  }

  /// Tokens of all batches.
  public long rows() {
    return rows;
  }

  /// Running sequences that were sent back to wait.
  public long retractions() {
    return retractions;
  }
}
