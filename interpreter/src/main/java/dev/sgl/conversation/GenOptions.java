package dev.sgl.conversation;

import dev.sgl.backend.Sampling;
import dev.sgl.backend.Writing;
import dev.sgl.backend.Writing.OnLength;
import dev.sgl.constraint.JsonStyle.Layout;
import dev.sgl.program.TypeException;
import dev.sgl.program.Values;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// The options of a `gen` with their values.
final class GenOptions {
  private final Map<String, Object> given = new HashMap<>();
  private final OptionalLong derivedSeed;
  private final Optional<Defaults.Budget> budget;

  private GenOptions(OptionalLong derivedSeed, Optional<Defaults.Budget> budget) {
    this.derivedSeed = derivedSeed;
    this.budget = budget;
  }

  /// @param given options of the statement, by name
  /// @param seed the run's; a generation without a seed of its own takes one from it that depends
  ///     on its branch and its place there, not on what else runs
  static GenOptions of(
      Map<String, Object> given, OptionalLong seed, Conversation conversation, Defaults defaults) {
    long place = 31L * conversation.branch().hashCode() + conversation.nextGeneration();
    GenOptions options =
        new GenOptions(
            seed.isPresent() ? OptionalLong.of(mix(seed.getAsLong(), place)) : OptionalLong.empty(),
            defaults.budget());
    options.given.putAll(defaults.options());
    options.given.putAll(given);
    return options;
  }

  /// The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
  private static long mix(long seed, long place) {
    long z = seed + place * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /// Counts tokens that were generated.
  void spend(int tokens) {
    budget.ifPresent(b -> b.spend(tokens));
  }

  /// Whether `n` was given, so that the value is a list.
  boolean several() {
    return given.containsKey("n");
  }

  OptionalInt maxTokens() {
    return integer("max_tokens", 1, Integer.MAX_VALUE);
  }

  /// Whether the budget of a `with` has no tokens left.
  boolean isBudgetSpent() {
    return budget.isPresent() && budget.get().left() == 0;
  }

  int count() {
    return integer("n", 1, 128).orElse(1);
  }

  /// The sampling of the generation `index` of [#count].
  Sampling sampling(int index) {
    OptionalLong seed =
        given.containsKey("seed")
            ? OptionalLong.of(number("seed").orElseThrow().longValue())
            : derivedSeed;
    return new Sampling(
        new Sampling.Length(
            maxTokens(),
            budget.isPresent() ? OptionalInt.of(budget.get().left()) : OptionalInt.empty(),
            integer("min_tokens", 0, Integer.MAX_VALUE).orElse(0)),
        new Sampling.Stops(stop(), List.of(), Boolean.TRUE.equals(given.get("ignore_eos"))),
        new Sampling.Choice(
            real("temperature", 0, Double.MAX_VALUE),
            real("top_p", Double.MIN_VALUE, 1),
            integer("top_k", 0, Integer.MAX_VALUE),
            real("min_p", 0, 1),
            seed.isPresent() ? OptionalLong.of(seed.getAsLong() + index) : seed),
        new Sampling.Penalties(
            real("frequency_penalty", -2, 2).orElse(0),
            real("presence_penalty", -2, 2).orElse(0),
            real("repetition_penalty", Double.MIN_VALUE, Double.MAX_VALUE),
            bias()),
        integer("logprobs", 0, 20));
  }

  /// How a typed value is written.
  Writing writing() {
    Optional<Layout> layout = one("json", Layout.values());
    return new Writing(layout, one("on_length", OnLength.values()));
  }

  /// The constant of `all` that the option `name` names, if it is given.
  private <E extends Enum<E>> Optional<E> one(String name, E[] all) {
    Object value = given.get(name);
    if (value == null) {
      return Optional.empty();
    }
    for (E constant : all) {
      if (constant.name().toLowerCase(Locale.ROOT).equals(value)) {
        return Optional.of(constant);
      }
    }
    throw new TypeException("the option `" + name + "` cannot be " + Values.json(value));
  }

  private Optional<Number> number(String name) {
    return switch (given.get(name)) {
      case null -> Optional.empty();
      case Number number -> Optional.of(number);
      case Object other ->
          throw new TypeException(
              "the option `" + name + "` must be a number, not " + Values.kind(other));
    };
  }

  private OptionalInt integer(String name, int low, int high) {
    Optional<Number> number = number(name);
    if (number.isEmpty()) {
      return OptionalInt.empty();
    }
    if (!(number.get() instanceof Long value) || value < low || value > high) {
      throw new TypeException(
          "the option `"
              + name
              + "` must be an integer from "
              + low
              + " to "
              + high
              + ", not "
              + number.get());
    }
    return OptionalInt.of(value.intValue());
  }

  private OptionalDouble real(String name, double low, double high) {
    Optional<Number> number = number(name);
    if (number.isEmpty()) {
      return OptionalDouble.empty();
    }
    double value = number.get().doubleValue();
    if (!(value >= low && value <= high)) {
      throw new TypeException("the option `" + name + "` is out of range: " + value);
    }
    return OptionalDouble.of(value);
  }

  private List<String> stop() {
    return switch (given.get("stop")) {
      case null -> List.of();
      case List<?> texts -> texts.stream().map(Values::text).filter(t -> !t.isEmpty()).toList();
      case Object text -> Values.text(text).isEmpty() ? List.of() : List.of(Values.text(text));
    };
  }

  private Map<Integer, Double> bias() {
    Map<Integer, Double> bias = new HashMap<>();
    if (given.get("logit_bias") instanceof Map<?, ?> record) {
      record.forEach(
          (token, value) -> {
            if (!(value instanceof Number number) || !token.toString().matches("[0-9]{1,9}")) {
              throw new TypeException(
                  "`logit_bias` takes token ids and numbers, such as {\"42\": -5}");
            }
            bias.put(Integer.parseInt(token.toString()), number.doubleValue());
          });
    }
    return bias;
  }
}
