package dev.sgl.local.quantized;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.Streams;
import dev.sgl.local.config.TypedObject;
import dev.sgl.local.weights.ModelException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `quantization_config`, or an object in it. A model is refused by a key that the reader of its
/// format does not know.
final class QuantizationKeys extends TypedObject {
  /// @param path of the object in `config.json`
  QuantizationKeys(String path, JsonNode json) {
    super(path + ".", json);
    if (!json.isObject()) {
      throw new ModelException("config.json: " + path + " is no object");
    }
  }

  boolean isFlag(String key) {
    return peek(key).filter(JsonNode::isBoolean).isPresent();
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

  /// A whole number from 1 to 2²⁴.
  Optional<Integer> size(String key) {
    return whole(key, 1);
  }

  /// The columns that share a scale, or −1 for all of a row.
  Optional<Integer> group(String key) {
    return value(
            key,
            value -> isWhole(value, 1) || value.isIntegralNumber() && value.asLong() == -1,
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
                    && Streams.stream(value).allMatch(size -> isWhole(size, 1)),
            "a list of two whole numbers from 1 to " + MOST)
        .map(list -> Streams.stream(list).map(JsonNode::asInt).toList());
  }

  /// An object inside; empty if there is none.
  Optional<QuantizationKeys> object(String key) {
    return value(key, JsonNode::isObject, "an object")
        .map(object -> new QuantizationKeys(prefix() + key, object));
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
                                    prefix() + key + "." + entry.getKey(), entry.getValue()))));
    return objects;
  }

  /// Keys that change no weight.
  void ignore(List<String> keys) {
    keys.forEach(this::read);
  }

  /// A key whose value must be missing, null or empty.
  void refuse(String key, String what) {
    read(key);
    peek(key)
        .filter(value -> !isNothing(value))
        .ifPresent(
            value -> {
              throw wrong(key, "is " + value + ": " + what);
            });
  }

  private static boolean isNothing(JsonNode value) {
    return value.isContainerNode() && value.isEmpty() || value.isBoolean() && !value.asBoolean();
  }

  /// @throws ModelException naming the first key that is not known
  void requireAllKnown() {
    unread().stream()
        .findFirst()
        .ifPresent(
            key -> {
              throw wrong(key, "is not a key that is known");
            });
  }
}
