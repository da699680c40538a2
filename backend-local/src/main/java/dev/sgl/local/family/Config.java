package dev.sgl.local.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.common.collect.Streams;
import dev.sgl.local.weights.ModelException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// `config.json`, or an object in it, as a family reads it: each value has the requested type,
/// or the model is refused by the name of the key. The keys that were read are recorded, so that
/// [Understood] can refuse a model by a key that no family has read.
final class Config {
  private static final int MOST = 1 << 24;

  private final String path;
  private final JsonNode json;
  private final Set<String> read = new HashSet<>();
  private final Map<String, Config> inner = new HashMap<>(); // objects that were read

  private Config(String path, JsonNode json) {
    this.path = path;
    this.json = json;
  }

  static Config of(JsonNode json) {
    return new Config("", json);
  }

  /// An object inside; empty if there is none. The same object for each call.
  Config at(String key) {
    return inner.computeIfAbsent(key, this::read);
  }

  private Config read(String key) {
    JsonNode object =
        value(key, JsonNode::isObject, "an object").orElseGet(JsonNodeFactory.instance::objectNode);
    return new Config(path + key + ".", object);
  }

  /// The inner objects that were read.
  Collection<Config> inner() {
    return inner.values();
  }

  /// The value of a key, which counts as read; empty if it is missing or null.
  ///
  /// @throws ModelException if it is not `kind`
  private Optional<JsonNode> value(String key, Predicate<JsonNode> isRight, String kind) {
    read.add(key);
    Optional<JsonNode> value = peek(key);
    if (value.isPresent() && !isRight.test(value.get())) {
      throw wrong(key, "is " + value.get() + ", not " + kind);
    }
    return value;
  }

  /// The value of a key, without recording the key as read.
  Optional<JsonNode> peek(String key) {
    JsonNode value = json.path(key);
    return value.isMissingNode() || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  boolean has(String key) {
    return peek(key).isPresent();
  }

  boolean isRead(String key) {
    return read.contains(key);
  }

  /// A whole number from 1 to 2²⁴.
  int number(String key) {
    return count(key).orElseThrow(() -> wrong(key, "is missing"));
  }

  int number(String key, int standard) {
    return count(key).orElse(standard);
  }

  Optional<Integer> count(String key) {
    return whole(key, 1);
  }

  /// A whole number from 0 to 2²⁴.
  int index(String key, int standard) {
    return whole(key, 0).orElse(standard);
  }

  private Optional<Integer> whole(String key, int least) {
    return value(
            key,
            value ->
                value.isIntegralNumber()
                    && value.canConvertToInt()
                    && value.asInt() >= least
                    && value.asInt() <= MOST,
            "a whole number from " + least + " to " + MOST)
        .map(JsonNode::asInt);
  }

  /// A number from 0 on.
  double nonNegative(String key, double standard) {
    return value(key, value -> isFinite(value) && value.asDouble() >= 0, "a number from 0 on")
        .map(JsonNode::asDouble)
        .orElse(standard);
  }

  /// A number above 0.
  double positive(String key, double standard) {
    return positive(key).orElse(standard);
  }

  Optional<Double> positive(String key) {
    return value(key, value -> isFinite(value) && value.asDouble() > 0, "a number above 0")
        .map(JsonNode::asDouble);
  }

  private static boolean isFinite(JsonNode value) {
    return value.isNumber() && Double.isFinite(value.asDouble());
  }

  boolean flag(String key, boolean standard) {
    return value(key, JsonNode::isBoolean, "true or false")
        .map(JsonNode::asBoolean)
        .orElse(standard);
  }

  Optional<String> text(String key) {
    return value(key, JsonNode::isTextual, "a text").map(JsonNode::asText);
  }

  /// A list of texts; empty if there is none.
  List<String> texts(String key) {
    return value(
            key,
            value -> value.isArray() && Streams.stream(value).allMatch(JsonNode::isTextual),
            "a list of texts")
        .map(list -> Streams.stream(list).map(JsonNode::asText).toList())
        .orElse(List.of());
  }

  /// A list of numbers; empty if there is none.
  List<Double> numbers(String key) {
    return value(
            key,
            value -> value.isArray() && Streams.stream(value).allMatch(Config::isFinite),
            "a list of numbers")
        .map(list -> Streams.stream(list).map(JsonNode::asDouble).toList())
        .orElse(List.of());
  }

  /// A list of whole numbers from 0 to below `end`; empty if there is none.
  Optional<List<Integer>> indices(String key, int end) {
    return value(
            key,
            value ->
                value.isArray()
                    && Streams.stream(value)
                        .allMatch(i -> i.isIntegralNumber() && i.asLong() >= 0 && i.asLong() < end),
            "a list of whole numbers below " + end)
        .map(list -> Streams.stream(list).map(JsonNode::asInt).toList());
  }

  /// A refusal that names a key.
  ModelException wrong(String key, String why) {
    return new ModelException("config.json: " + path + key + " " + why);
  }
}
