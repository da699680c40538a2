package dev.sgl.bench;

import dev.sgl.backend.Prompt;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.program.Type;
import java.util.List;

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
        Sampling.DEFAULT
            .withLength(Sampling.Length.most(count))
            .withStops(new Sampling.Stops(List.of(), List.of(), true))
            .withChoice(Sampling.Choice.temperature(0.6));
    return new Request(
        new Prompt.Raw(List.of(new Prompt.Part.Tokens(prompt))),
        type,
        sampling,
        Scheduling.DEFAULT);
  }
}
