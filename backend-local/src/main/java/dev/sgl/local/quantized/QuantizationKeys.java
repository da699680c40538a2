package dev.sgl.local.quantized;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.Streams;
import dev.sgl.local.weights.ModelException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// `quantization_config`, or an object in it. Each value has the requested type, or the model
/// is refused by the name of the key; and so it is by a key that the reader of the format does
/// not know.
final class QuantizationKeys {
  private static final int MOST = 1 << 24;

  private final String path;
  private final JsonNode json;
  private final Set<String> known = new HashSet<>();

  /// @param path of the object in `config.json`
  QuantizationKeys(String path, JsonNode json) {
    this.path = path;
    this.json = json;
    if (!json.isObject()) {
      throw new ModelException("config.json: " + path + " is no object");
    }
  }

  /// A refusal that names a key.
  ModelException wrong(String key, String why) {
    return new ModelException("config.json: " + path + "." + key + " " + why);
  }

  private Optional<JsonNode> value(String key, Predicate<JsonNode> isRight, String kind) {
    known.add(key);
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!isRight.test(value)) {
      throw wrong(key, "is " + value + ", not " + kind);
    }
    return Optional.of(value);
  }

  boolean flag(String key, boolean standard) {
    return value(key, JsonNode::isBoolean, "true or false")
        .map(JsonNode::asBoolean)
        .orElse(standard);
  }

  boolean isFlag(String key) {
    return json.path(key).isBoolean();
  }

  Optional<String> text(String key) {
    return value(key, JsonNode::isTextual, "a text").map(JsonNode::asText);
  }

  /// A text that is one of `allowed`; the first of them if it is missing.
  String oneOf(String key, String... allowed) {
    String text = text(key).orElse(allowed[0]);
    if (!Arrays.asList(allowed).contains(text)) {
      throw wrong(
          key,
          "is " + text + ", which is not supported; supported are " + String.join(", ", allowed));
    }
    return text;
  }

  List<String> texts(String key) {
    return value(
            key,
            value -> value.isArray() && Streams.stream(value).allMatch(JsonNode::isTextual),
            "a list of texts")
        .map(list -> Streams.stream(list).map(JsonNode::asText).toList())
        .orElse(List.of());
  }

  private static boolean isSize(JsonNode value) {
    return value.isIntegralNumber()
        && value.canConvertToInt()
        && value.asInt() >= 1
        && value.asInt() <= MOST;
  }

  /// A whole number from 1 to 2²⁴.
  Optional<Integer> size(String key) {
    return value(key, QuantizationKeys::isSize, "a whole number from 1 to " + MOST)
        .map(JsonNode::asInt);
  }

  /// The columns that share a scale, or −1 for all of a row.
  Optional<Integer> group(String key) {
    return value(
            key,
            value -> isSize(value) || value.isIntegralNumber() && value.asLong() == -1,
            "−1 or a whole number from 1 to " + MOST)
        .map(JsonNode::asInt);
  }

  /// The rows and columns of a block.
  Optional<List<Integer>> block(String key) {
    return value(
            key,
            value ->
                value.isArray()
                    && value.size() == 2
                    && Streams.stream(value).allMatch(QuantizationKeys::isSize),
            "a list of two whole numbers from 1 to " + MOST)
        .map(list -> Streams.stream(list).map(JsonNode::asInt).toList());
  }

  boolean has(String key) {
    return value(key, _ -> true, "").isPresent();
  }

  /// An object inside; empty if there is none.
  Optional<QuantizationKeys> object(String key) {
    return value(key, JsonNode::isObject, "an object")
        .map(object -> new QuantizationKeys(path + "." + key, object));
  }

  /// The objects of an object inside, by their names; empty if there is none.
  Map<String, QuantizationKeys> objects(String key) {
    Map<String, QuantizationKeys> objects = new LinkedHashMap<>();
    value(key, JsonNode::isObject, "an object")
        .ifPresent(
            all ->
                all.properties()
                    .forEach(
                        entry ->
                            objects.put(
                                entry.getKey(),
                                new QuantizationKeys(
                                    path + "." + key + "." + entry.getKey(), entry.getValue()))));
    return objects;
  }

  /// Keys that change no weight.
  void ignore(List<String> keys) {
    known.addAll(keys);
  }

  /// A key whose value must be missing, null or empty.
  void refuse(String key, String what) {
    known.add(key);
    JsonNode value = json.path(key);
    boolean isNothing = value.isNull() || value.isContainerNode() && value.isEmpty();
    if (!value.isMissingNode() && !isNothing && !(value.isBoolean() && !value.asBoolean())) {
      throw wrong(key, "is " + value + ": " + what);
    }
  }

  /// @throws ModelException naming the first key that is not known
  void requireAllKnown() {
    json.fieldNames()
        .forEachRemaining(
            key -> {
              if (!known.contains(key)) {
                throw wrong(key, "is not a key that is known");
              }
            });
  }
}
