package dev.sgl.local.schedule;

/// The times of one request, in nanoseconds of [System#nanoTime], 0 for never; and its counts.
public final class Timeline {
  private long submitted;
  private long admitted;
  private long firstToken;
  private long finished;
  private int cachedTokens;
  private int retractions;
  private int forcedTokens;
  private int counted;
  private int countedForced;
  private int cuts;

  void submitted(long now) {
    submitted = now;
  }

  void admitted(long now, int cached) {
    admitted = now;
    cachedTokens = cached;
  }

  void retracted() {
    retractions++;
  }

  /// The first token was chosen; later calls change nothing.
  public void token(long now) {
    if (firstToken == 0) {
      firstToken = now;
    }
  }

  /// The request was answered.
  public void finished(long now) {
    finished = now;
  }

  /// Adds forced tokens, which were appended without logits.
  public void forced(int tokens) {
    forcedTokens += tokens;
  }

  /// A text was cut, or the value was closed, because it was too long.
  public void cut() {
    cuts++;
  }

  /// When the request was submitted, in nanoseconds.
  public long submitted() {
    return submitted;
  }

  /// When the request first got pages, in nanoseconds; 0 if it never did.
  public long admitted() {
    return admitted;
  }

  /// When the first token was chosen, in nanoseconds; 0 if none was.
  public long firstToken() {
    return firstToken;
  }

  /// When the request ended, in nanoseconds; 0 while it runs.
  public long finished() {
    return finished;
  }

  /// Milliseconds until the request was first admitted; 0 if it never was.
  public double queuedMillis() {
    return millis(admitted);
  }

  /// Milliseconds from the submission to `time`; 0 if `time` is 0.
  public double millis(long time) {
    return time == 0 ? 0 : (time - submitted) / 1e6;
  }

  /// Tokens of the prompt that were in the cache when it was first admitted.
  public int cachedTokens() {
    return cachedTokens;
  }

  /// Forced tokens, which were appended without logits.
  public int forcedTokens() {
    return forcedTokens;
  }

  /// Generated tokens that the engine has counted.
  public int counted() {
    return counted;
  }

  /// Those of them that were forced.
  public int countedForced() {
    return countedForced;
  }

  /// The engine has counted all tokens so far.
  public void count(int generated) {
    counted = generated;
    countedForced = forcedTokens;
  }

  /// How many texts were cut, and whether the value was closed, because it was too long.
  public int cuts() {
    return cuts;
  }

  /// How often its running sequence was sent back to wait.
  public int retractions() {
    return retractions;
  }
}
