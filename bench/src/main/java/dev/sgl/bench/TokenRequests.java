package dev.sgl.bench;

import dev.sgl.backend.Prompt;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.program.Type;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// Requests of tokens for tokens, which no end of text ends.
final class TokenRequests {
  private TokenRequests() {}

  /// Asks for exactly `count` tokens behind a prompt.
  static Request of(List<Integer> prompt, int count) {
    return of(prompt, Type.TEXT, count);
  }

  /// Asks for `count` tokens of a value, which is cut off behind them.
  static Request of(List<Integer> prompt, Type type, int count) {
    Sampling sampling =
        new Sampling(
            OptionalInt.of(count),
            OptionalInt.empty(),
            0,
            OptionalDouble.of(0.6),
            OptionalDouble.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty(),
            List.of(),
            List.of(),
            OptionalLong.empty(),
            0,
            0,
            OptionalDouble.empty(),
            Map.of(),
            true,
            OptionalInt.empty());
    return new Request(
        new Prompt.Raw(List.of(new Prompt.Part.Tokens(prompt))),
        type,
        sampling,
        Scheduling.DEFAULT);
  }
}
