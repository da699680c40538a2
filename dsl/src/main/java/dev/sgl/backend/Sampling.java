package dev.sgl.backend;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/// How tokens are chosen. Empty values are the model's own defaults: those of its
/// `generation_config.json`, or of the endpoint.
///
/// @param logprobs how many of the likeliest tokens to report at each place; empty reports none
public record Sampling(
    Length length,
    Stops stops,
    Choice choice,
    Penalties penalties,
    Words words,
    OptionalInt logprobs) {

  /// The number of tokens.
  ///
  /// @param maxTokens most tokens to generate
  /// @param budget tokens after which a typed value is closed as soon as its type allows, and free
  ///     text ends; unlike `maxTokens` it cuts no value off
  /// @param minTokens tokens before which the text may not end
  public record Length(OptionalInt maxTokens, OptionalInt budget, int minTokens) {
    /// Until the model ends.
    public static final Length FREE = new Length(OptionalInt.empty(), OptionalInt.empty(), 0);

    /// At most `tokens` tokens.
    public static Length most(int tokens) {
      return FREE.withMaxTokens(tokens);
    }

    /// The same with another largest number of tokens.
    public Length withMaxTokens(int tokens) {
      return new Length(OptionalInt.of(tokens), budget, minTokens);
    }
  }

  /// Where generation ends, besides the model's own ends.
  ///
  /// @param texts at which generation ends; they are not part of the result
  /// @param patterns regular expressions: generation ends at the first match of one, which is not
  ///     part of the result
  /// @param tokens ids of tokens at which generation ends, too
  /// @param ignoreEos whether generation continues after the model's end-of-text token
  public record Stops(
      List<String> texts, List<String> patterns, List<Integer> tokens, boolean ignoreEos) {
    /// Where the model ends.
    public static final Stops NONE = new Stops(List.of(), List.of(), List.of(), false);

    public Stops {
      texts = List.copyOf(texts);
      patterns = List.copyOf(patterns);
      tokens = List.copyOf(tokens);
    }

    /// Stops without patterns.
    public Stops(List<String> texts, List<Integer> tokens, boolean ignoreEos) {
      this(texts, List.of(), tokens, ignoreEos);
    }
  }

  /// How a token is chosen by the probabilities of all tokens.
  ///
  /// @param temperature 0 takes the likeliest token
  /// @param topP smallest set of likeliest tokens with this much probability
  /// @param topK number of likeliest tokens; 0 is all
  /// @param minP least probability, relative to the likeliest token's
  /// @param seed makes the choice repeatable
  public record Choice(
      OptionalDouble temperature,
      OptionalDouble topP,
      OptionalInt topK,
      OptionalDouble minP,
      OptionalLong seed) {
    /// As the model has it.
    public static final Choice DEFAULT = plain(OptionalDouble.empty());

    /// The likeliest token, always.
    public static final Choice GREEDY = temperature(0);

    /// The model's own choice at a temperature.
    public static Choice temperature(double value) {
      return plain(OptionalDouble.of(value));
    }

    private static Choice plain(OptionalDouble temperature) {
      return new Choice(
          temperature,
          OptionalDouble.empty(),
          OptionalInt.empty(),
          OptionalDouble.empty(),
          OptionalLong.empty());
    }

    /// The same with another seed.
    public Choice withSeed(OptionalLong value) {
      return new Choice(temperature, topP, topK, minP, value);
    }
  }

  /// Changes of the logits of tokens.
  ///
  /// @param frequency subtracted from a token's logit for each time it was generated
  /// @param presence subtracted once from each generated token's logit
  /// @param repetition divides positive and multiplies negative logits of tokens seen, prompt
  ///     included
  /// @param logitBias added to the logits of tokens, by token id
  public record Penalties(
      double frequency,
      double presence,
      OptionalDouble repetition,
      Map<Integer, Double> logitBias) {
    /// As the model has it.
    public static final Penalties DEFAULT = new Penalties(0, 0, OptionalDouble.empty(), Map.of());

    public Penalties {
      logitBias = Map.copyOf(logitBias);
    }
  }

  /// Limits of free text to some tokens.
  ///
  /// @param allowed ids of the only tokens that may come, ends included; empty allows all
  /// @param banned texts that are not generated
  public record Words(Set<Integer> allowed, List<String> banned) {
    /// All words.
    public static final Words ALL = new Words(Set.of(), List.of());

    public Words {
      allowed = Set.copyOf(allowed);
      banned = List.copyOf(banned);
    }

    /// Whether all words may come.
    public boolean areAll() {
      return allowed.isEmpty() && banned.isEmpty();
    }
  }

  /// Everything as the model has it.
  public static final Sampling DEFAULT =
      new Sampling(Length.FREE, Stops.NONE, Choice.DEFAULT, Penalties.DEFAULT, OptionalInt.empty());

  /// A sampling of all words.
  public Sampling(
      Length length, Stops stops, Choice choice, Penalties penalties, OptionalInt logprobs) {
    this(length, stops, choice, penalties, Words.ALL, logprobs);
  }

  /// The likeliest token, always.
  public static final Sampling GREEDY = DEFAULT.withChoice(Choice.GREEDY);

  /// The same with another number of tokens.
  public Sampling withLength(Length value) {
    return new Sampling(value, stops, choice, penalties, words, logprobs);
  }

  /// The same with at most `tokens` tokens.
  public Sampling withMaxTokens(int tokens) {
    return withLength(length.withMaxTokens(tokens));
  }

  /// The same with other stops.
  public Sampling withStops(Stops value) {
    return new Sampling(length, value, choice, penalties, words, logprobs);
  }

  /// The same without stops of the caller's own.
  public Sampling withoutStops() {
    return withStops(new Stops(List.of(), List.of(), stops.ignoreEos()));
  }

  /// The same with other stop texts and stop tokens.
  public Sampling withStops(List<String> texts, List<Integer> tokens) {
    return withStops(new Stops(texts, stops.patterns(), tokens, stops.ignoreEos()));
  }

  /// The same with another choice.
  public Sampling withChoice(Choice value) {
    return new Sampling(length, stops, value, penalties, words, logprobs);
  }

  /// The same with other penalties.
  public Sampling withPenalties(Penalties value) {
    return new Sampling(length, stops, choice, value, words, logprobs);
  }

  /// The same with other words.
  public Sampling withWords(Words value) {
    return new Sampling(length, stops, choice, penalties, value, logprobs);
  }

  /// The same with or without log-probabilities.
  public Sampling withLogprobs(OptionalInt value) {
    return new Sampling(length, stops, choice, penalties, words, value);
  }
}
