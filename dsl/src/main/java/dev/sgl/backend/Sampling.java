package dev.sgl.backend;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// How tokens are chosen. What is empty is the model's own default: the values of its
/// `generation_config.json`, or those of the endpoint.
///
/// @param maxTokens most tokens to generate
/// @param budget tokens after which a typed value is closed as soon as its type allows, and free
///     text ends; unlike `maxTokens` it cuts no value off
/// @param minTokens tokens before which the text may not end
/// @param temperature 0 takes the likeliest token
/// @param topP smallest set of likeliest tokens with this much probability
/// @param topK number of likeliest tokens; 0 is all
/// @param minP least probability, relative to the likeliest token's
/// @param stop texts at which generation ends; they are not part of the result
/// @param stopTokens token ids at which generation ends, too
/// @param seed makes the choice repeatable
/// @param frequencyPenalty subtracted from a token's logit for each time it was generated
/// @param presencePenalty subtracted once from each generated token's logit
/// @param repetitionPenalty divides positive and multiplies negative logits of tokens seen, prompt
///     included
/// @param logitBias added to the logits of tokens, by token id
/// @param ignoreEos whether the model's end-of-text token is passed over
/// @param logprobs how many of the likeliest tokens to report at each place; empty reports none
public record Sampling(
    OptionalInt maxTokens,
    OptionalInt budget,
    int minTokens,
    OptionalDouble temperature,
    OptionalDouble topP,
    OptionalInt topK,
    OptionalDouble minP,
    List<String> stop,
    List<Integer> stopTokens,
    OptionalLong seed,
    double frequencyPenalty,
    double presencePenalty,
    OptionalDouble repetitionPenalty,
    Map<Integer, Double> logitBias,
    boolean ignoreEos,
    OptionalInt logprobs) {

  /// Everything as the model has it.
  public static final Sampling DEFAULT = plain(OptionalDouble.empty());

  /// The likeliest token, always.
  public static final Sampling GREEDY = plain(OptionalDouble.of(0));

  public Sampling {
    stop = List.copyOf(stop);
    stopTokens = List.copyOf(stopTokens);
    logitBias = Map.copyOf(logitBias);
  }

  /// The same with at most so many tokens.
  public Sampling withMaxTokens(int value) {
    return with(OptionalInt.of(value), minTokens, stop, stopTokens, seed, logprobs);
  }

  /// The same with other tokens before which the text may not end.
  public Sampling withMinTokens(int value) {
    return with(maxTokens, value, stop, stopTokens, seed, logprobs);
  }

  /// The same with other stop texts and stop tokens.
  public Sampling withStops(List<String> texts, List<Integer> tokens) {
    return with(maxTokens, minTokens, texts, tokens, seed, logprobs);
  }

  /// The same with another seed.
  public Sampling withSeed(OptionalLong value) {
    return with(maxTokens, minTokens, stop, stopTokens, value, logprobs);
  }

  /// The same with or without log-probabilities.
  public Sampling withLogprobs(OptionalInt value) {
    return with(maxTokens, minTokens, stop, stopTokens, seed, value);
  }

  private Sampling with(
      OptionalInt most,
      int least,
      List<String> texts,
      List<Integer> tokens,
      OptionalLong otherSeed,
      OptionalInt probabilities) {
    return new Sampling(
        most,
        budget,
        least,
        temperature,
        topP,
        topK,
        minP,
        texts,
        tokens,
        otherSeed,
        frequencyPenalty,
        presencePenalty,
        repetitionPenalty,
        logitBias,
        ignoreEos,
        probabilities);
  }

  private static Sampling plain(OptionalDouble temperature) {
    return new Sampling(
        OptionalInt.empty(),
        OptionalInt.empty(),
        0,
        temperature,
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
        false,
        OptionalInt.empty());
  }
}
