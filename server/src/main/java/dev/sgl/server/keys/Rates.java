package dev.sgl.server.keys;

import java.util.OptionalInt;
import java.util.OptionalLong;

/// The most that a caller may ask for. Tokens are those of prompts and of answers.
///
/// @param tokensPerDay from one midnight to the next, in UTC
/// @param parallel calls at the same time
public record Rates(
    OptionalInt requestsPerMinute,
    OptionalLong tokensPerMinute,
    OptionalLong tokensPerDay,
    OptionalInt parallel) {
  /// As much as there is room for.
  public static final Rates NONE =
      new Rates(
          OptionalInt.empty(), OptionalLong.empty(), OptionalLong.empty(), OptionalInt.empty());
}
