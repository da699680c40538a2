package dev.sgl.local.engine;

import dev.sgl.local.schedule.ScheduleOptions;
import java.util.OptionalInt;

/// How a local model runs.
///
/// @param threads that compute; by default as many as there are processors, at most 16
/// @param context most tokens of a sequence; by default the model's
/// @param jumpForward whether text that must come is taken without asking the model
/// @param cache the pages of keys and values
/// @param schedule how requests share the model
public record LocalOptions(
    int threads,
    OptionalInt context,
    boolean jumpForward,
    CacheOptions cache,
    ScheduleOptions schedule) {
  public static final LocalOptions DEFAULT =
      new LocalOptions(
          Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 16),
          OptionalInt.empty(),
          true,
          CacheOptions.DEFAULT,
          ScheduleOptions.DEFAULT);

  public LocalOptions withThreads(int value) {
    return new LocalOptions(value, context, jumpForward, cache, schedule);
  }

  public LocalOptions withContext(OptionalInt value) {
    return new LocalOptions(threads, value, jumpForward, cache, schedule);
  }

  public LocalOptions withJumpForward(boolean value) {
    return new LocalOptions(threads, context, value, cache, schedule);
  }

  public LocalOptions withCache(CacheOptions value) {
    return new LocalOptions(threads, context, jumpForward, value, schedule);
  }

  public LocalOptions withSchedule(ScheduleOptions value) {
    return new LocalOptions(threads, context, jumpForward, cache, value);
  }

  /// The pages of keys and values.
  ///
  /// @param pageSize tokens of a page
  /// @param tokens that all pages hold together; by default enough for some sequences of full
  ///     length
  /// @param shares whether what one request computed is kept for others
  public record CacheOptions(int pageSize, OptionalInt tokens, boolean shares) {
    public static final CacheOptions DEFAULT = new CacheOptions(16, OptionalInt.empty(), true);

    public CacheOptions {
      if (pageSize < 1) {
        throw new IllegalArgumentException("a page of " + pageSize + " tokens");
      }
    }
  }
}
