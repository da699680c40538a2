package dev.sgl.local.schedule;

import java.time.Duration;

/// How requests share a model.
///
/// @param batchTokens most tokens of one forward pass; longer prompts are computed in chunks
/// @param maxRunning most sequences that run at the same time
/// @param order of the requests that wait
/// @param patience time after which a waiting request counts as if it had one more priority, and
///     comes before all of that priority that have waited less
/// @param whole whether all tokens of a sequence have to be in one forward pass
public record ScheduleOptions(
    int batchTokens, int maxRunning, Order order, Duration patience, boolean whole) {
  /// For a processor.
  public static final ScheduleOptions DEFAULT =
      new ScheduleOptions(256, 64, Order.LONGEST_PREFIX, Duration.ofSeconds(2));

  /// For a GPU, which computes thousands of rows as fast as one.
  public static final ScheduleOptions GPU =
      new ScheduleOptions(8192, 256, Order.LONGEST_PREFIX, Duration.ofSeconds(2));

  public ScheduleOptions {
    if (batchTokens < 1 || maxRunning < 1 || !patience.isPositive()) {
      throw new IllegalArgumentException(
          "a batch of %d tokens, %d running sequences, a patience of %s"
              .formatted(batchTokens, maxRunning, patience));
    }
    maxRunning = Math.min(maxRunning, batchTokens); // each gets a token in every batch
  }

  /// Longer prompts are computed in chunks.
  public ScheduleOptions(int batchTokens, int maxRunning, Order order, Duration patience) {
    this(batchTokens, maxRunning, order, patience, false);
  }

  /// The same where all tokens of a sequence, at most `context`, have to be in one forward pass.
  public ScheduleOptions whole(int context) {
    return new ScheduleOptions(Math.max(batchTokens, context), maxRunning, order, patience, true);
  }

  /// The same with another number of sequences that run at the same time.
  public ScheduleOptions withMaxRunning(int value) {
    return new ScheduleOptions(batchTokens, value, order, patience, whole);
  }
}
