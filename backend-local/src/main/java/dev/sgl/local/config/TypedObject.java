package dev.sgl.local.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.Streams;
import dev.sgl.local.weights.ModelException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// An object of `config.json`. Each value has the requested type, or the model is refused by the
/// name of the key. The keys that were read are recorded, so that a reader can refuse a model by a
/// key that nobody has read.
public abstract class TypedObject {
  /// The largest whole number.
  protected static final int MOST = 1 << 24;

  private final String prefix;
  private final JsonNode json;
  private final Set<String> read = new HashSet<>();

  /// @param prefix of the names of its keys in messages
  protected TypedObject(String prefix, JsonNode json) {
    this.prefix = prefix;
    this.json = json;
  }

  /// The prefix of the names of its keys in messages.
  protected String prefix() {
    return prefix;
  }

  /// A refusal that names a key.
  public ModelException wrong(String key, String why) {
    return new ModelException("config.json: " + prefix + key + " " + why);
  }

  /// The value of a key, which counts as read; empty if it is missing or null.
  ///
  /// @throws ModelException if it is not `kind`
  protected Optional<JsonNode> value(String key, Predicate<JsonNode> isRight, String kind) {
    read(key);
    Optional<JsonNode> value = peek(key);
    if (value.isPresent() && !isRight.test(value.get())) {
      throw wrong(key, "is " + value.get() + ", not " + kind);
    }
    return value;
  }

  /// The value of a key, without recording the key as read; empty if it is missing or null.
  public Optional<JsonNode> peek(String key) {
    JsonNode value = json.path(key);
    return value.isMissingNode() || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  /// Records a key as read.
  protected void read(String key) {
    read.add(key);
  }

  /// Whether a key was read.
  public boolean isRead(String key) {
    return read.contains(key);
  }

  /// All keys, in their order.
  public List<String> keys() {
    return Streams.stream(json.fieldNames()).toList();
  }

  /// The keys that nobody has read, in their order.
  protected List<String> unread() {
    return keys().stream().filter(key -> !isRead(key)).toList();
  }

  /// True or false.
  public boolean flag(String key, boolean standard) {
    return value(key, JsonNode::isBoolean, "true or false")
        .map(JsonNode::asBoolean)
        .orElse(standard);
  }

  /// A text.
  public Optional<String> text(String key) {
    return value(key, JsonNode::isTextual, "a text").map(JsonNode::asText);
  }

  /// A list of texts; empty if there is none.
  public List<String> texts(String key) {
    return value(
            key,
            value -> value.isArray() && Streams.stream(value).allMatch(JsonNode::isTextual),
            "a list of texts")
        .map(list -> Streams.stream(list).map(JsonNode::asText).toList())
        .orElse(List.of());
  }

  /// A whole number from `least` to 2²⁴.
  protected Optional<Integer> whole(String key, int least) {
    return value(
            key, value -> isWhole(value, least), "a whole number from " + least + " to " + MOST)
        .map(JsonNode::asInt);
  }

  /// Whether a value is a whole number from `least` to 2²⁴.
  protected static boolean isWhole(JsonNode value, int least) {
    return value.isIntegralNumber()
        && value.canConvertToInt()
        && value.asInt() >= least
        && value.asInt() <= MOST;
  }
}
