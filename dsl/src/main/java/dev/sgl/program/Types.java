package dev.sgl.program;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.constraint.Constraint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a type means to a model: its constraint, its JSON Schema, and the value of a text.
public final class Types {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final Constraint QUOTE = Constraint.text("\"");

  private Types() {}

  /// Whether values of the type are generated freely, with no constraint.
  public static boolean isFree(Type type) {
    return type instanceof Type.Text || type.equals(Type.STRING);
  }

  /// Whether values of the type are written as JSON; others are raw text.
  public static boolean isJson(Type type) {
    return type instanceof Type.Rec || type instanceof Type.Array;
  }

  /// The texts that are values of `type` at the top level of a `gen`.
  public static Constraint constraint(Type type) {
    return switch (type) {
      case Type.Str(int min, int max) -> new Constraint.Repeat(new Constraint.AnyChar(), min, max);
      case Type.Literal(String value) -> Constraint.text(value);
      case Type.OneOf(var choices) ->
          new Constraint.OneOf(choices.stream().map(Types::constraint).toList());
      default -> json(type);
    };
  }

  private static Constraint json(Type type) {
    return switch (type) {
      case Type.Str(int min, int max) ->
          Constraint.sequence(
              QUOTE, new Constraint.Repeat(new Constraint.JsonChar(), min, max), QUOTE);
      case Type.Int(long min, long max) -> new Constraint.IntRange(min, max);
      case Type.Bool() ->
          new Constraint.OneOf(List.of(Constraint.text("true"), Constraint.text("false")));
      case Type.Literal(Object value) -> Constraint.text(Values.json(value));
      case Type.OneOf(var choices) ->
          new Constraint.OneOf(choices.stream().map(Types::json).toList());
      case Type.Rec(var fields) -> record(fields);
      case Type.Array(var item, int min, int max) -> array(json(item), min, max);
      case Type.Text(), Type.Float(), Type.Any() ->
          throw new IllegalArgumentException("no constraint for " + type.show());
    };
  }

  private static Constraint record(List<Type.Field> fields) {
    return Constraint.sequence(Constraint.text("{"), fields(fields, false), Constraint.text("}"));
  }

  /// Fields in order; `open` says that one stands before, so that a comma is needed. What follows a
  /// field that is there is built once, whether that field is optional or not.
  private static Constraint fields(List<Type.Field> fields, boolean open) {
    if (fields.isEmpty()) {
      return Constraint.text("");
    }
    Type.Field first = fields.getFirst();
    List<Type.Field> rest = fields.subList(1, fields.size());
    String head = (open ? "," : "") + Values.json(first.name()) + ":";
    Constraint field = Constraint.sequence(Constraint.text(head), json(first.type()));
    if (open && first.optional()) {
      return Constraint.sequence(new Constraint.Repeat(field, 0, 1), fields(rest, true));
    }
    Constraint with = Constraint.sequence(field, fields(rest, true));
    return first.optional() ? new Constraint.OneOf(List.of(with, fields(rest, false))) : with;
  }

  private static Constraint array(Constraint item, int min, int max) {
    Constraint empty = Constraint.text("[]");
    if (max == 0) {
      return empty;
    }
    int more = max == Type.UNBOUNDED ? Constraint.UNBOUNDED : max - 1;
    Constraint tail =
        new Constraint.Repeat(
            Constraint.sequence(Constraint.text(","), item), Math.max(0, min - 1), more);
    Constraint some = Constraint.sequence(Constraint.text("["), item, tail, Constraint.text("]"));
    return min == 0 ? new Constraint.OneOf(List.of(empty, some)) : some;
  }

  /// The type as a JSON Schema (2020-12).
  public static ObjectNode schema(Type type) {
    ObjectNode node = NODES.objectNode();
    switch (type) {
      case Type.Text() -> node.put("type", "string");
      case Type.Str(int min, int max) -> {
        node.put("type", "string");
        bounds(node, "Length", min, max);
      }
      case Type.Int(long min, long max) -> {
        node.put("type", "integer");
        if (min != Long.MIN_VALUE) {
          node.put("minimum", min);
        }
        if (max != Long.MAX_VALUE) {
          node.put("maximum", max);
        }
      }
      case Type.Float() -> node.put("type", "number");
      case Type.Bool() -> node.put("type", "boolean");
      case Type.Literal(Object value) -> node.putPOJO("const", value);
      case Type.OneOf(var choices) -> choice(node, choices);
      case Type.Rec(var fields) -> {
        node.put("type", "object");
        ObjectNode properties = node.putObject("properties");
        ArrayNode required = node.putArray("required");
        for (Type.Field field : fields) {
          properties.set(field.name(), schema(field.type()));
          if (!field.optional()) {
            required.add(field.name());
          }
        }
        node.put("additionalProperties", false);
      }
      case Type.Array(var item, int min, int max) -> {
        node.put("type", "array");
        node.set("items", schema(item));
        bounds(node, "Items", min, max);
      }
      case Type.Any() -> {}
    }
    return node;
  }

  private static void choice(ObjectNode node, List<Type> choices) {
    if (choices.stream().allMatch(Type.Literal.class::isInstance)) {
      ArrayNode values = node.putArray("enum");
      choices.forEach(c -> values.addPOJO(((Type.Literal) c).value()));
    } else {
      ArrayNode any = node.putArray("anyOf");
      choices.forEach(c -> any.add(schema(c)));
    }
  }

  private static void bounds(ObjectNode node, String of, int min, int max) {
    if (min > 0) {
      node.put("min" + of, min);
    }
    if (max != Type.UNBOUNDED) {
      node.put("max" + of, max);
    }
  }

  /// The value that `text` writes, at the top level of a `gen` of `type`.
  ///
  /// @throws TypeException if it is no value of the type; the message says where and why
  public static Object read(Type type, String text) {
    if (isFree(type) || type instanceof Type.Str || type instanceof Type.Literal(String _)) {
      return checked(type, text);
    }
    if (type instanceof Type.OneOf(var choices)) {
      for (Type choice : choices) {
        try {
          return read(choice, text);
        } catch (TypeException e) {
          continue; // the next may fit
        }
      }
      throw new TypeException(shorten(text) + " is not " + type.show());
    }
    try {
      return checked(type, value(JSON.readTree(text)));
    } catch (JsonProcessingException e) {
      throw new TypeException(shorten(text) + " is not " + type.show());
    }
  }

  private static Object checked(Type type, Object value) {
    Optional<String> wrong = mismatch(type, value);
    if (wrong.isPresent()) {
      throw new TypeException(wrong.get());
    }
    return value;
  }

  /// The value that `json` writes, or empty if it is not JSON.
  public static Optional<Object> parse(String json) {
    try {
      return Optional.of(value(JSON.readTree(json)));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /// A JSON tree as a value of programs.
  public static Object value(JsonNode node) {
    if (node.isObject()) {
      Map<String, Object> record = new LinkedHashMap<>();
      node.properties().forEach(e -> record.put(e.getKey(), value(e.getValue())));
      return record;
    }
    if (node.isArray()) {
      List<Object> list = new ArrayList<>();
      node.forEach(item -> list.add(value(item)));
      return list;
    }
    if (node.isTextual()) {
      return node.textValue();
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    if (node.isNull() || node.isMissingNode()) {
      return Values.NONE;
    }
    return node.canConvertToLong() && node.isIntegralNumber()
        ? (Object) node.longValue()
        : node.doubleValue();
  }

  /// Why `value` is not of `type`, or empty if it is.
  public static Optional<String> mismatch(Type type, Object value) {
    return switch (type) {
      case Type.Any() -> Optional.empty();
      case Type.Text() -> unless(value instanceof String, type, value);
      case Type.Str(int min, int max) ->
          unless(
              value instanceof String text
                  && within(text.codePointCount(0, text.length()), min, max),
              type,
              value);
      case Type.Int(long min, long max) ->
          unless(value instanceof Long n && min <= n && n <= max, type, value);
      case Type.Float() -> unless(value instanceof Double || value instanceof Long, type, value);
      case Type.Bool() -> unless(value instanceof Boolean, type, value);
      case Type.Literal(Object literal) -> unless(literal.equals(value), type, value);
      case Type.OneOf(var choices) ->
          unless(choices.stream().anyMatch(c -> mismatch(c, value).isEmpty()), type, value);
      case Type.Rec(var fields) ->
          value instanceof Map<?, ?> map ? fieldMismatch(fields, map) : unless(false, type, value);
      case Type.Array(var item, int min, int max) ->
          value instanceof List<?> list && within(list.size(), min, max)
              ? itemMismatch(item, list)
              : unless(false, type, value);
    };
  }

  private static Optional<String> unless(boolean fits, Type type, Object value) {
    return fits
        ? Optional.empty()
        : Optional.of(shorten(Values.json(value)) + " is not " + type.show());
  }

  private static Optional<String> itemMismatch(Type item, List<?> list) {
    for (int i = 0; i < list.size(); i++) {
      Optional<String> wrong = mismatch(item, list.get(i));
      if (wrong.isPresent()) {
        return Optional.of("[" + i + "]: " + wrong.get());
      }
    }
    return Optional.empty();
  }

  private static Optional<String> fieldMismatch(List<Type.Field> fields, Map<?, ?> map) {
    for (Type.Field field : fields) {
      Object value = map.get(field.name());
      if (value == null) {
        if (!field.optional()) {
          return Optional.of("the field `" + field.name() + "` is missing");
        }
      } else {
        Optional<String> wrong = mismatch(field.type(), value);
        if (wrong.isPresent()) {
          return Optional.of("." + field.name() + ": " + wrong.get());
        }
      }
    }
    return map.keySet().stream()
        .filter(k -> fields.stream().noneMatch(f -> f.name().equals(k)))
        .findFirst()
        .map(k -> "the field `" + k + "` is not one of the record's");
  }

  private static boolean within(int count, int min, int max) {
    return min <= count && count <= max;
  }

  private static String shorten(String text) {
    return text.length() <= 60 ? text : text.substring(0, 57) + "...";
  }
}
