package dev.sgl.program;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.Syntax;
import dev.sgl.constraint.match.CompiledConstraint;
import dev.sgl.constraint.match.ConstraintCompiler;
import dev.sgl.constraint.match.SyntaxReader;
import dev.sgl.json.OutsideJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a type means to a model: its constraint, its JSON Schema, and the value of a text.
public final class Types {
  private static final ObjectMapper JSON =
      OutsideJson.mapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final ConstraintCompiler CONSTRAINTS = new ConstraintCompiler();

  private Types() {}

  /// Whether values of the type are generated freely, with no constraint.
  public static boolean isFree(Type type) {
    return type instanceof Type.Text || type.equals(Type.STRING);
  }

  /// Whether the type says where a value ends, so that nothing else has to.
  public static boolean endsItself(Type type) {
    return !isFree(type) && !(type instanceof Type.Str);
  }

  /// Whether values of the type are written as JSON; others are raw text.
  public static boolean isJson(Type type) {
    return switch (type) {
      case Type.Rec _, Type.Array _, Type.MapOf _, Type.Call _, Type.Schema _, Type.Any _ -> true;
      case Type.Recursive recursive -> isJson(recursive.unfolded());
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _, Type.Bool _ -> false;
      case Type.Literal _, Type.OneOf _, Type.Grammar _, Type.Ref _ -> false;
    };
  }

  /// The texts that are values of `type` at the top level of a `gen`, with white space of any
  /// layout.
  public static Constraint constraint(Type type) {
    return constraint(type, JsonStyle.FREE);
  }

  /// The texts that are values of `type` at the top level of a `gen`.
  ///
  /// @param style of those that are JSON
  public static Constraint constraint(Type type, JsonStyle style) {
    return switch (type) {
      case Type.Text() -> throw new IllegalArgumentException("`text` has no constraint");
      case Type.Str(int min, int max) -> new Constraint.Length(min, max);
      case Type.Pattern(String regex) -> new Constraint.Pattern(regex);
      case Type.Int(long min, long max) -> new Constraint.IntRange(min, max);
      case Type.Literal(String value) -> new Constraint.Text(value);
      case Type.Literal(Object value) -> new Constraint.Text(Values.json(value));
      case Type.Grammar(String gbnf) -> new Constraint.Grammar(gbnf);
      case Type.OneOf(var choices) ->
          new Constraint.OneOf(choices.stream().map(c -> constraint(c, style)).toList());
      case Type.Recursive recursive when !isJson(recursive) ->
          constraint(recursive.unfolded(), style);
      case Type.Float _, Type.Bool _, Type.Rec _, Type.Array _, Type.MapOf _, Type.Call _ ->
          json(type, style);
      case Type.Schema _, Type.Any _, Type.Recursive _ -> json(type, style);
      case Type.Ref _ -> throw new IllegalArgumentException("a name is no type by itself");
    };
  }

  private static Constraint json(Type type, JsonStyle style) {
    return new Constraint.JsonSchema(
        Schemas.of(type, true), style, Constraint.JsonSchema.Formats.USUAL, Map.of());
  }

  /// The constraint of a type, ready to be followed, with white space of any layout; the same for
  /// all who ask for the type.
  public static CompiledConstraint compiled(Type type) {
    return compiled(type, JsonStyle.FREE);
  }

  /// The same with JSON of `style`.
  public static CompiledConstraint compiled(Type type, JsonStyle style) {
    return CONSTRAINTS.compile(constraint(type, style));
  }

  /// The constraint of a type whose values are JSON, which may begin with the first line of a
  /// fenced code block: that line is no part of the value.
  public static CompiledConstraint fenced(Type type) {
    return CONSTRAINTS.compile(new Constraint.Fenced(constraint(type)));
  }

  /// The constraint of a type with `end` behind its values.
  public static CompiledConstraint followed(Type type, JsonStyle style, String end) {
    return CONSTRAINTS.compile(new Constraint.Followed(constraint(type, style), end));
  }

  /// Reads a value of a type that is an object and is written in a syntax other than JSON.
  public static SyntaxReader reader(Type type, Syntax syntax) {
    JsonStyle json = JsonStyle.written(JsonStyle.Layout.COMPACT, syntax.inJson());
    return new SyntaxReader(syntax, compiled(type, json));
  }

  /// Refuses a JSON Schema with a keyword that no draft knows.
  ///
  /// @throws ConstraintException that names it
  public static void requireKnownKeywords(Type type) {
    if (type instanceof Type.Schema(String json)) {
      Optional<String> unknown = SchemaKeywords.unknown(Schemas.parse(json));
      if (unknown.isPresent()) {
        throw new ConstraintException("there is no keyword " + unknown.get());
      }
    }
  }

  /// Whether some value of the type has an end.
  public static boolean isFinite(Type type) {
    return switch (type) {
      case Type.Rec(var fields) ->
          fields.stream().allMatch(f -> f.optional() || isFinite(f.type()));
      case Type.Array(var item, int min, _) -> min == 0 || isFinite(item);
      case Type.OneOf(var choices) -> choices.stream().anyMatch(Types::isFinite);
      case Type.Call(var tools) -> tools.stream().anyMatch(t -> isFinite(t.type()));
      case Type.Recursive(_, var body) -> isFinite(body);
      case Type.Ref _ -> false; // what has an end has one without itself
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _, Type.Bool _ -> true;
      case Type.Literal _, Type.MapOf _, Type.Schema _, Type.Grammar _, Type.Any _ -> true;
    };
  }

  /// Whether a value of the type may be a call of a tool, or hold one.
  public static boolean mayCall(Type type) {
    return switch (type) {
      case Type.Call _ -> true;
      case Type.Rec(var fields) -> fields.stream().anyMatch(field -> mayCall(field.type()));
      case Type.Array(var item, _, _) -> mayCall(item);
      case Type.MapOf(var value) -> mayCall(value);
      case Type.OneOf(var choices) -> choices.stream().anyMatch(Types::mayCall);
      case Type.Recursive(_, var body) -> mayCall(body);
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _, Type.Bool _ -> false;
      case Type.Literal _, Type.Schema _, Type.Grammar _, Type.Ref _, Type.Any _ -> false;
    };
  }

  /// The type as a JSON Schema (2020-12).
  public static ObjectNode schema(Type type) {
    return Schemas.of(type, false);
  }

  /// The record that a call of a tool is.
  ///
  /// @param tool its name, and the record of its parameters
  public static Type callOf(Type.Field tool) {
    return new Type.Rec(
        List.of(
            new Type.Field("name", new Type.Literal(tool.name()), false),
            new Type.Field("arguments", tool.type(), false)));
  }

  /// The value that `text` writes, at the top level of a `gen` of `type`.
  ///
  /// @throws TypeException if it is no value of the type; the message says where and why
  public static Object read(Type type, String text) {
    return switch (type) {
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Grammar _ -> checked(type, text);
      case Type.Literal(String _) -> checked(type, text);
      case Type.Recursive recursive -> read(recursive.unfolded(), text);
      case Type.OneOf(var choices) -> readOneOf(choices, type, text);
      case Type.Int _, Type.Float _, Type.Bool _, Type.Literal _, Type.Rec _, Type.Array _ ->
          readJson(type, text);
      case Type.MapOf _, Type.Call _, Type.Schema _, Type.Any _, Type.Ref _ -> readJson(type, text);
    };
  }

  /// The value of the first choice that `text` is a value of.
  private static Object readOneOf(List<Type> choices, Type type, String text) {
    for (Type choice : choices) {
      try {
        return read(choice, text);
      } catch (TypeException e) {
        continue; // another may fit
      }
    }
    throw new TypeException(shorten(text) + " is not " + type.show());
  }

  private static Object readJson(Type type, String text) {
    Object value =
        parse(text).orElseThrow(() -> new TypeException(shorten(text) + " is not " + type.show()));
    return checked(type, value);
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
      case Type.Str(int min, int max) -> unless(isText(value, min, max), type, value);
      case Type.Pattern(String regex) ->
          unless(value instanceof String text && compiled(type).matches(text), type, value);
      case Type.Int(long min, long max) ->
          unless(value instanceof Long n && min <= n && n <= max, type, value);
      case Type.Float(double min, double max) -> unless(isNumber(value, min, max), type, value);
      case Type.Bool() -> unless(value instanceof Boolean, type, value);
      case Type.Literal(Object literal) -> unless(Operators.equal(literal, value), type, value);
      case Type.OneOf(var choices) ->
          unless(choices.stream().anyMatch(c -> mismatch(c, value).isEmpty()), type, value);
      case Type.Rec(var fields) ->
          value instanceof Map<?, ?> map ? fieldMismatch(fields, map) : unless(false, type, value);
      case Type.Array(var item, int min, int max) ->
          value instanceof List<?> list && within(list.size(), min, max)
              ? itemMismatch(item, list)
              : unless(false, type, value);
      case Type.MapOf(var item) ->
          value instanceof Map<?, ?> map ? entryMismatch(item, map) : unless(false, type, value);
      case Type.Call(var tools) -> callMismatch(tools, type, value);
      case Type.Schema _ ->
          unless(holds(((Constraint.JsonSchema) constraint(type)), value), type, value);
      case Type.Grammar _ ->
          unless(value instanceof String text && compiled(type).matches(text), type, value);
      case Type.Recursive recursive -> mismatch(recursive.unfolded(), value);
      case Type.Ref _ -> throw new IllegalArgumentException("a name is no type by itself");
    };
  }

  private static boolean isText(Object value, int min, int max) {
    return value instanceof String text && within(text.codePointCount(0, text.length()), min, max);
  }

  private static boolean isNumber(Object value, double min, double max) {
    return (value instanceof Double || value instanceof Long)
        && within(((Number) value).doubleValue(), min, max);
  }

  private static boolean holds(Constraint.JsonSchema schema, Object value) {
    Constraint any =
        new Constraint.JsonSchema(
            schema.schema(), JsonStyle.ANY_ORDER, schema.formats(), schema.documents());
    return CONSTRAINTS.compile(any).matches(Values.json(value));
  }

  private static Optional<String> callMismatch(List<Type.Field> tools, Type type, Object value) {
    Object name = value instanceof Map<?, ?> map ? map.get("name") : null;
    return tools.stream()
        .filter(tool -> tool.name().equals(name))
        .findFirst()
        .map(tool -> mismatch(callOf(tool), value))
        .orElseGet(
            () ->
                name instanceof String other
                    ? Optional.of(noTool(other, tools))
                    : unless(false, type, value));
  }

  private static String noTool(String name, List<Type.Field> tools) {
    return "there is no tool `%s` here, only %s"
        .formatted(
            shorten(name),
            tools.stream().map(t -> "`" + t.name() + "`").collect(Collectors.joining(", ")));
  }

  private static Optional<String> entryMismatch(Type item, Map<?, ?> map) {
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Optional<String> wrong = mismatch(item, entry.getValue());
      if (wrong.isPresent()) {
        return Optional.of("." + entry.getKey() + ": " + wrong.get());
      }
    }
    return Optional.empty();
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

  private static boolean within(double number, double min, double max) {
    return min <= number && number <= max;
  }

  private static String shorten(String text) {
    return text.length() <= 60 ? text : text.substring(0, 57) + "...";
  }
}
