package dev.sgl.local.family.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.Streams;
import dev.sgl.local.config.TypedObject;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// `config.json`, or an object in it, as a family reads it. [Understood] refuses a model by a key
/// that no family has read.
public final class Config extends TypedObject {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Config> inner = new HashMap<>(); // objects that were read
  private final OptionalInt context;

  private Config(String prefix, JsonNode json, OptionalInt context) {
    super(prefix, json);
    this.context = context;
  }

  /// @param standards values of keys that `json` does not have
  public static Config of(JsonNode json, Map<String, Object> standards) {
    return of(json, standards, OptionalInt.empty());
  }

  /// The same of a model that is loaded for sequences of up to `context` tokens.
  public static Config of(JsonNode json, Map<String, Object> standards, OptionalInt context) {
    return new Config("", completed(json, standards), context);
  }

  /// An object without keys.
  public static Config empty() {
    return new Config("", JsonNodeFactory.instance.objectNode(), OptionalInt.empty());
  }

  /// The most tokens of a sequence that a user wants; empty if nothing was said.
  OptionalInt context() {
    return context;
  }

  private static JsonNode completed(JsonNode json, Map<String, Object> standards) {
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    standards.forEach((key, value) -> all.set(key, JSON.valueToTree(value)));
    json.properties().forEach(entry -> all.set(entry.getKey(), entry.getValue()));
    return all;
  }

  /// An object inside; empty if there is none. The same object for each call.
  public Config at(String key) {
    return at(key, Map.of());
  }

  /// The same, with values of keys that the object does not have.
  public Config at(String key, Map<String, Object> standards) {
    return inner.computeIfAbsent(key, absent -> object(absent, standards));
  }

  /// The `model_type` of an object inside; empty if it has none.
  public String modelType(String key) {
    return peek(key).map(object -> object.path("model_type").asText("")).orElse("");
  }

  private Config object(String key, Map<String, Object> standards) {
    JsonNode object =
        value(key, JsonNode::isObject, "an object").orElseGet(JsonNodeFactory.instance::objectNode);
    return new Config(prefix() + key + ".", completed(object, standards), context);
  }

  /// The inner objects that were read.
  public Collection<Config> inner() {
    return inner.values();
  }

  /// Refuses an object by a key that is none of `known`.
  public void requireKeys(Collection<String> known) {
    for (String key : keys()) {
      if (!known.contains(key)) {
        throw wrong(key, "is not supported");
      }
    }
  }

  public boolean has(String key) {
    return peek(key).isPresent();
  }

  /// A whole number from 1 to 2²⁴.
  public int number(String key) {
    return count(key).orElseThrow(() -> wrong(key, "is missing"));
  }

  public int number(String key, int standard) {
    return count(key).orElse(standard);
  }

  public Optional<Integer> count(String key) {
    return whole(key, 1);
  }

  /// A whole number from 0 to 2²⁴; empty if there is none.
  public Optional<Integer> index(String key) {
    return whole(key, 0);
  }

  /// A whole number from 0 to 2²⁴.
  public int index(String key, int standard) {
    return whole(key, 0).orElse(standard);
  }

  /// A number from 0 on.
  public double nonNegative(String key, double standard) {
    return value(key, value -> isFinite(value) && value.asDouble() >= 0, "a number from 0 on")
        .map(JsonNode::asDouble)
        .orElse(standard);
  }

  /// A number above 0.
  public double positive(String key, double standard) {
    return positive(key).orElse(standard);
  }

  public Optional<Double> positive(String key) {
    return value(key, value -> isFinite(value) && value.asDouble() > 0, "a number above 0")
        .map(JsonNode::asDouble);
  }

  private static boolean isFinite(JsonNode value) {
    return value.isNumber() && Double.isFinite(value.asDouble());
  }

  /// A number above 0 that must be there.
  public double required(String key) {
    return positive(key).orElseThrow(() -> wrong(key, "is missing"));
  }

  /// A list of numbers; empty if there is none.
  public List<Double> numbers(String key) {
    return value(
            key,
            value -> value.isArray() && Streams.stream(value).allMatch(Config::isFinite),
            "a list of numbers")
        .map(list -> Streams.stream(list).map(JsonNode::asDouble).toList())
        .orElse(List.of());
  }

  /// A list of whole numbers from 0 to below `end`; empty if there is none.
  public Optional<List<Integer>> indices(String key, int end) {
    return value(
            key,
            value ->
                value.isArray()
                    && Streams.stream(value)
                        .allMatch(i -> i.isIntegralNumber() && i.asLong() >= 0 && i.asLong() < end),
            "a list of whole numbers below " + end)
        .map(list -> Streams.stream(list).map(JsonNode::asInt).toList());
  }
}
