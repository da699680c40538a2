package dev.sgl.local.engine;

/// What an engine has done so far, and what it holds at the moment.
///
/// @param requests that ended: answered, failed or cancelled
/// @param running sequences that take part in batches
/// @param waiting sequences that do not yet
/// @param promptTokens of all requests that were admitted
/// @param cachedTokens those of them that were in the cache
/// @param computedPromptTokens rows of batches that computed tokens of prompts
/// @param recomputedTokens rows that computed again what was lost when a sequence was retracted
/// @param generatedTokens chosen by the model
/// @param forcedTokens that had to come, so that the model was not asked
/// @param batches forward passes
/// @param rows of all batches
/// @param evictedPages taken from the cache because pages were needed
/// @param retractions running sequences that were sent back to wait
/// @param freePages that hold nothing
/// @param cachedPages that hold what nobody uses at the moment
/// @param pages in all
public record EngineStats(
    long requests,
    int running,
    int waiting,
    long promptTokens,
    long cachedTokens,
    long computedPromptTokens,
    long recomputedTokens,
    long generatedTokens,
    long forcedTokens,
    long batches,
    long rows,
    long evictedPages,
    long retractions,
    int freePages,
    int cachedPages,
    int pages) {

  /// Nothing yet.
  static final EngineStats NONE = new EngineStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /// The part of the prompts' tokens that did not have to be computed.
  public double hitRate() {
    return promptTokens == 0 ? 0 : (double) cachedTokens / promptTokens;
  }
}
