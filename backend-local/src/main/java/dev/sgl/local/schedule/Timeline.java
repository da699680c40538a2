package dev.sgl.local.schedule;

/// What happened to one request, and when: nanoseconds of [System#nanoTime], 0 for never.
public final class Timeline {
  private long submitted;
  private long admitted;
  private long firstToken;
  private long finished;
  private int cachedTokens;
  private int retractions;
  private int forcedTokens;
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

  /// Tokens were taken without asking the model.
  public void forced(int tokens) {
    forcedTokens += tokens;
  }

  /// A text was cut, or the value was closed, because it was too long.
  public void cut() {
    cuts++;
  }

  public long submitted() {
    return submitted;
  }

  /// When it first got pages.
  public long admitted() {
    return admitted;
  }

  public long firstToken() {
    return firstToken;
  }

  public long finished() {
    return finished;
  }

  /// How long it waited until it was first admitted.
  public double queuedMillis() {
    return millis(admitted);
  }

  /// Milliseconds from when it came to `time`; 0 if `time` is.
  public double millis(long time) {
    return time == 0 ? 0 : (time - submitted) / 1e6;
  }

  /// Tokens of the prompt that were in the cache when it was first admitted.
  public int cachedTokens() {
    return cachedTokens;
  }

  /// Tokens that had to come, so that the model was not asked.
  public int forcedTokens() {
    return forcedTokens;
  }

  /// How many texts were cut, and whether the value was closed, because it was too long.
  public int cuts() {
    return cuts;
  }

  public int retractions() {
    return retractions;
  }
}
