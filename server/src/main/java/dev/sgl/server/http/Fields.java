package dev.sgl.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.diagnostic.Nearest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// The members of a JSON object that came from outside. A member of the wrong type or range is
/// refused by its name. A member that is `null`, or that has no effect, counts as missing.
public final class Fields {
  private final JsonNode object;
  private final String path;
  private final Set<String> known = new TreeSet<>();

  private Fields(JsonNode object, String path) {
    this.object = object;
    this.path = path;
  }

  /// The members of a body.
  ///
  /// @throws ApiException if it is no object
  public static Fields of(JsonNode body) {
    if (!body.isObject()) {
      throw ApiException.invalid("", "the body must be a JSON object");
    }
    return new Fields(body, "");
  }

  /// The members of an object that a call refers to.
  ///
  /// @param path of the object, as if the call had it
  public static Fields of(ObjectNode object, String path) {
    return new Fields(object, path + ".");
  }

  /// The whole name of a member.
  public String name(String field) {
    return path + field;
  }

  private ApiException wrong(String field, String must) {
    return ApiException.invalid(name(field), "invalid_type", name(field) + " must be " + must);
  }

  /// Any JSON.
  public Optional<JsonNode> any(String field) {
    known.add(field);
    JsonNode node = object.get(field);
    return node == null || node.isNull() ? Optional.empty() : Optional.of(node);
  }

  /// Whether the member is there and not null.
  public boolean has(String field) {
    return any(field).isPresent();
  }

  /// A string; empty if it is missing or null.
  ///
  /// @throws ApiException if it is not a string
  public Optional<String> text(String field) {
    return any(field).map(node -> string(node, field));
  }

  private String string(JsonNode node, String field) {
    if (!node.isTextual()) {
      throw wrong(field, "a string");
    }
    return node.textValue();
  }

  /// A string that must be there.
  ///
  /// @throws ApiException if it is missing
  public String requiredText(String field) {
    return text(field).orElseThrow(() -> missing(field));
  }

  /// The refusal of a call that lacks this member, to be thrown.
  public ApiException missing(String field) {
    return ApiException.invalid(
        name(field), "missing_required_parameter", "you must provide " + name(field));
  }

  /// A boolean; `standard` if it is missing or null.
  ///
  /// @throws ApiException if it is not a boolean
  public boolean flag(String field, boolean standard) {
    return any(field)
        .map(
            node -> {
              if (!node.isBoolean()) {
                throw wrong(field, "true or false");
              }
              return node.booleanValue();
            })
        .orElse(standard);
  }

  /// An integer from `min` to `max`; empty if it is missing or null.
  ///
  /// @throws ApiException if it is not an integer, or outside of the range
  public OptionalInt integer(String field, int min, int max) {
    OptionalLong value = whole(field, min, max);
    return value.isPresent() ? OptionalInt.of((int) value.getAsLong()) : OptionalInt.empty();
  }

  /// An integer; one that is written as `2.0` is one, too.
  public OptionalLong whole(String field, long min, long max) {
    Optional<JsonNode> node = any(field);
    if (node.isEmpty()) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(whole(node.get(), field, min, max));
  }

  private long whole(JsonNode node, String field, long min, long max) {
    double value = node.doubleValue();
    if (!node.isNumber() || value != Math.rint(value)) {
      throw wrong(field, "an integer");
    }
    if (value < min || value > max || !node.isIntegralNumber() && Math.abs(value) > 1e15) {
      throw outside(field, min, max);
    }
    return node.longValue();
  }

  private ApiException outside(String field, Number min, Number max) {
    String range = min.equals(max) ? " must be " + min : " must be from " + min + " to " + max;
    return ApiException.invalid(name(field), "invalid_value", name(field) + range);
  }

  /// A number from `min` to `max`; empty if it is missing or null.
  ///
  /// @throws ApiException if it is not a number, or outside of the range
  public OptionalDouble number(String field, double min, double max) {
    Optional<JsonNode> node = any(field);
    if (node.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (!node.get().isNumber()) {
      throw wrong(field, "a number");
    }
    double value = node.get().doubleValue();
    if (!(value >= min && value <= max)) {
      throw outside(field, min, max);
    }
    return OptionalDouble.of(value);
  }

  /// A string, or a list of strings.
  public List<String> texts(String field, int most) {
    Optional<JsonNode> node = any(field);
    if (node.isEmpty()) {
      return List.of();
    }
    if (node.get().isTextual()) {
      return List.of(node.get().textValue());
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode item : items(field, most)) {
      texts.add(string(item, field + "[" + texts.size() + "]"));
    }
    return texts;
  }

  /// A list of integers.
  public List<Integer> integers(String field, int min, int max, int most) {
    List<Integer> integers = new ArrayList<>();
    for (JsonNode item : items(field, most)) {
      integers.add((int) whole(item, field + "[" + integers.size() + "]", min, max));
    }
    return integers;
  }

  /// The items of a list; none if there is no list.
  public List<JsonNode> items(String field, int most) {
    Optional<JsonNode> node = any(field);
    if (node.isEmpty()) {
      return List.of();
    }
    if (!node.get().isArray()) {
      throw wrong(field, "a list");
    }
    if (node.get().size() > most) {
      throw ApiException.invalid(
          name(field), "too_many", name(field) + " has more than " + most + " items");
    }
    List<JsonNode> items = new ArrayList<>();
    node.get().forEach(items::add);
    return items;
  }

  /// An object; empty if it is missing or null.
  ///
  /// @throws ApiException if it is not an object
  public Optional<Fields> object(String field) {
    return any(field).map(node -> inner(node, field));
  }

  /// A list of objects.
  public List<Fields> objects(String field, int most) {
    List<Fields> objects = new ArrayList<>();
    for (JsonNode item : items(field, most)) {
      objects.add(inner(item, field + "[" + objects.size() + "]"));
    }
    return objects;
  }

  private Fields inner(JsonNode node, String field) {
    if (!node.isObject()) {
      throw wrong(field, "an object");
    }
    return new Fields(node, name(field) + ".");
  }

  /// The members' names.
  public List<String> names() {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /// The whole object.
  public JsonNode json() {
    return object;
  }

  /// Members that change nothing here.
  public void ignore(String... fields) {
    known.addAll(List.of(fields));
  }

  /// The members that were not read, and that have a value.
  public List<String> unread() {
    return names().stream()
        .filter(name -> !known.contains(name) && !object.path(name).isNull())
        .toList();
  }

  /// Refuses members that nobody has read, unless they ask for nothing: see [NoEffect].
  public void finish() {
    for (String name : names()) {
      if (!known.contains(name) && !object.path(name).isNull()) {
        List<JsonNode> values = NoEffect.values(name(name)).orElseThrow(() -> unknown(name));
        if (!values.isEmpty() && values.stream().noneMatch(v -> isSame(v, object.path(name)))) {
          String all = values.stream().map(JsonNode::toString).collect(Collectors.joining(" or "));
          throw ApiException.invalid(
              name(name),
              "unsupported_value",
              name(name) + " can only be " + all + "; nothing else is supported");
        }
      }
    }
  }

  private static boolean isSame(JsonNode one, JsonNode other) {
    return one.isNumber() && other.isNumber()
        ? one.doubleValue() == other.doubleValue()
        : one.equals(other);
  }

  private ApiException unknown(String name) {
    String near =
        Nearest.to(name, new HashSet<>(known))
            .map(n -> "; did you mean " + name(n) + "?")
            .orElse("");
    return ApiException.invalid(
        name(name), "unknown_parameter", "there is no parameter " + name(name) + near);
  }
}
