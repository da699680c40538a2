package dev.sgl.local.engine;

import java.util.OptionalInt;

/// How a local model runs.
///
/// @param threads that compute; by default as many as there are processors, at most 16
/// @param context most tokens of a sequence; by default the model's
/// @param pageSize tokens of a page of keys and values
/// @param jumpForward whether text that must come is taken without asking the model
public record LocalOptions(int threads, OptionalInt context, int pageSize, boolean jumpForward) {
  public static final LocalOptions DEFAULT =
      new LocalOptions(
          Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 16),
          OptionalInt.empty(),
          16,
          true);
}
