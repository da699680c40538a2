package dev.sgl.remote;

import dev.sgl.backend.Reply;
import java.util.Optional;

/// What all requests to an endpoint have cost so far, those that were made again included.
///
/// @param requests that were made, whatever came of them
/// @param repeated those of them that were made again
/// @param cost by the prices that are known; 0 without any
public record Spent(
    long requests,
    long repeated,
    long promptTokens,
    long cachedTokens,
    long generatedTokens,
    double cost) {
  static final Spent NOTHING = new Spent(0, 0, 0, 0, 0, 0);

  /// With another request.
  Spent asked(boolean isRepeated) {
    return new Spent(
        requests + 1,
        repeated + (isRepeated ? 1 : 0),
        promptTokens,
        cachedTokens,
        generatedTokens,
        cost);
  }

  /// The sum of this and the tokens of a request.
  Spent plus(Reply.Usage usage, Optional<Prices> prices) {
    return new Spent(
        requests,
        repeated,
        promptTokens + usage.promptTokens(),
        cachedTokens + usage.cachedTokens(),
        generatedTokens + usage.generatedTokens(),
        cost + prices.map(p -> p.of(usage)).orElse(0.0));
  }

  /// Requests, tokens and costs in words.
  public String words() {
    return "used %,d prompt tokens (%,d cached) and %,d generated in %d request%s%s%s"
        .formatted(
            promptTokens,
            cachedTokens,
            generatedTokens,
            requests,
            requests == 1 ? "" : "s",
            repeated > 0 ? ", " + repeated + " of them again" : "",
            cost > 0 ? ", for %.3g by your prices".formatted(cost) : "");
  }
}
