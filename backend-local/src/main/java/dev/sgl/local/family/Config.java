package dev.sgl.local.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.common.collect.Streams;
import dev.sgl.local.weights.ModelException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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
    Optional<JsonNode> value = value(key);
    if (value.isPresent() && !value.get().isObject()) {
      throw wrong(key, "is " + value.get() + ", not an object");
    }
    return new Config(path + key + ".", value.orElseGet(JsonNodeFactory.instance::objectNode));
  }

  /// The inner objects that were read.
  Collection<Config> inner() {
    return inner.values();
  }

  /// The value of a key, which counts as read; empty if it is missing or null.
  private Optional<JsonNode> value(String key) {
    read.add(key);
    return peek(key);
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
    Optional<JsonNode> value = value(key);
    if (value.isPresent()
        && !(value.get().isIntegralNumber()
            && value.get().canConvertToInt()
            && value.get().asInt() >= least
            && value.get().asInt() <= MOST)) {
      throw wrong(key, "is " + value.get() + ", not a whole number from " + least + " to " + MOST);
    }
    return value.map(JsonNode::asInt);
  }

  /// A number from 0 on.
  double nonNegative(String key, double standard) {
    Optional<JsonNode> value = value(key);
    if (value.isPresent()
        && !(value.get().isNumber()
            && value.get().asDouble() >= 0
            && Double.isFinite(value.get().asDouble()))) {
      throw wrong(key, "is " + value.get() + ", not a number from 0 on");
    }
    return value.map(JsonNode::asDouble).orElse(standard);
  }

  /// A number above 0.
  double positive(String key, double standard) {
    return positive(key).orElse(standard);
  }

  Optional<Double> positive(String key) {
    Optional<JsonNode> value = value(key);
    if (value.isPresent()
        && !(value.get().isNumber()
            && value.get().asDouble() > 0
            && Double.isFinite(value.get().asDouble()))) {
      throw wrong(key, "is " + value.get() + ", not a number above 0");
    }
    return value.map(JsonNode::asDouble);
  }

  boolean flag(String key, boolean standard) {
    Optional<JsonNode> value = value(key);
    if (value.isPresent() && !value.get().isBoolean()) {
      throw wrong(key, "is " + value.get() + ", not true or false");
    }
    return value.map(JsonNode::asBoolean).orElse(standard);
  }

  Optional<String> text(String key) {
    Optional<JsonNode> value = value(key);
    if (value.isPresent() && !value.get().isTextual()) {
      throw wrong(key, "is " + value.get() + ", not a text");
    }
    return value.map(JsonNode::asText);
  }

  /// A list of texts; empty if there is none.
  List<String> texts(String key) {
    Optional<JsonNode> value = value(key);
    if (value.isPresent()
        && !(value.get().isArray() && Streams.stream(value.get()).allMatch(JsonNode::isTextual))) {
      throw wrong(key, "is " + value.get() + ", not a list of texts");
    }
    List<String> texts = new ArrayList<>();
    value.ifPresent(list -> list.forEach(text -> texts.add(text.asText())));
    return texts;
  }

  /// A refusal that names a key.
  ModelException wrong(String key, String why) {
    return new ModelException("config.json: " + path + key + " " + why);
  }
}
