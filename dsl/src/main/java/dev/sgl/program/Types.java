package dev.sgl.program;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.match.ConstraintCompiler;
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
  private static final ConstraintCompiler CONSTRAINTS = new ConstraintCompiler();

  private Types() {}

  /// Whether values of the type are generated freely, with no constraint.
  public static boolean isFree(Type type) {
    return type instanceof Type.Text || type.equals(Type.STRING);
  }

  /// Whether values of the type are written as JSON; others are raw text.
  public static boolean isJson(Type type) {
    return type instanceof Type.Rec || type instanceof Type.Array || type instanceof Type.Any;
  }

  /// The texts that are values of `type` at the top level of a `gen`.
  public static Constraint constraint(Type type) {
    return switch (type) {
      case Type.Text() -> throw new IllegalArgumentException("`text` has no constraint");
      case Type.Str(int min, int max) -> new Constraint.Length(min, max);
      case Type.Pattern(String regex) -> new Constraint.Pattern(regex);
      case Type.Int(long min, long max) -> new Constraint.IntRange(min, max);
      case Type.Literal(String value) -> new Constraint.Text(value);
      case Type.Literal(Object value) -> new Constraint.Text(Values.json(value));
      case Type.OneOf(var choices) ->
          new Constraint.OneOf(choices.stream().map(Types::constraint).toList());
      case Type.Float _, Type.Bool _, Type.Rec _, Type.Array _, Type.Any _ ->
          new Constraint.JsonSchema(schema(type, true));
    };
  }

  /// The type as a JSON Schema (2020-12).
  public static ObjectNode schema(Type type) {
    return schema(type, false);
  }

  /// @param bounded whether to say of all integers that they are not larger than programs can hold
  private static ObjectNode schema(Type type, boolean bounded) {
    ObjectNode node = NODES.objectNode();
    switch (type) {
      case Type.Text() -> node.put("type", "string");
      case Type.Str(int min, int max) -> {
        node.put("type", "string");
        bounds(node, "Length", min, max);
      }
      case Type.Pattern(String regex) -> {
        node.put("type", "string");
        node.put("pattern", "^(?:" + regex + ")$");
      }
      case Type.Int(long min, long max) -> {
        node.put("type", "integer");
        if (bounded || min != Long.MIN_VALUE) {
          node.put("minimum", min);
        }
        if (bounded || max != Long.MAX_VALUE) {
          node.put("maximum", max);
        }
      }
      case Type.Float() -> node.put("type", "number");
      case Type.Bool() -> node.put("type", "boolean");
      case Type.Literal(Object value) -> node.set("const", node(value));
      case Type.OneOf(var choices) -> choice(node, choices, bounded);
      case Type.Rec(var fields) -> {
        node.put("type", "object");
        ObjectNode properties = node.putObject("properties");
        ArrayNode required = node.putArray("required");
        for (Type.Field field : fields) {
          properties.set(field.name(), schema(field.type(), bounded));
          if (!field.optional()) {
            required.add(field.name());
          }
        }
        node.put("additionalProperties", false);
      }
      case Type.Array(var item, int min, int max) -> {
        node.put("type", "array");
        node.set("items", schema(item, bounded));
        bounds(node, "Items", min, max);
      }
      case Type.Any() -> {}
    }
    return node;
  }

  private static void choice(ObjectNode node, List<Type> choices, boolean bounded) {
    if (choices.stream().allMatch(Type.Literal.class::isInstance)) {
      ArrayNode values = node.putArray("enum");
      choices.forEach(c -> values.add(node(((Type.Literal) c).value())));
    } else {
      ArrayNode any = node.putArray("anyOf");
      choices.forEach(c -> any.add(schema(c, bounded)));
    }
  }

  private static JsonNode node(Object literal) {
    return JSON.valueToTree(literal);
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
    if (isFree(type) || isRaw(type)) {
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

  /// Whether values of the type are written at the top level as they are, without quotes.
  private static boolean isRaw(Type type) {
    return type instanceof Type.Str
        || type instanceof Type.Pattern
        || type instanceof Type.Literal(String _);
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
      case Type.Pattern(String regex) ->
          unless(
              value instanceof String text
                  && CONSTRAINTS.compile(new Constraint.Pattern(regex)).matches(text),
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
