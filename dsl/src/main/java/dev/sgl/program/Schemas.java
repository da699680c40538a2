package dev.sgl.program;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.json.OutsideJson;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Types as JSON Schemas (2020-12): for constraints, and for endpoints.
final class Schemas {
  private static final ObjectMapper JSON = OutsideJson.plain();

  private final boolean bounded;
  private final Map<Type.Recursive, String> names = new HashMap<>();
  private final ObjectNode definitions = JsonNodeFactory.instance.objectNode();
  private int embedded;

  /// @param bounded whether to say of all integers that they are not larger than programs can hold
  private Schemas(boolean bounded) {
    this.bounded = bounded;
  }

  /// The schema of `type`.
  static ObjectNode of(Type type, boolean bounded) {
    Schemas schemas = new Schemas(bounded);
    ObjectNode root = schemas.schema(type);
    if (!schemas.definitions.isEmpty()) {
      root.set("$defs", schemas.definitions);
    }
    return root;
  }

  private ObjectNode schema(Type type) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    switch (type) {
      case Type.Text() -> node.put("type", "string");
      case Type.Str(int min, int max) -> bounds(node.put("type", "string"), "Length", min, max);
      case Type.Pattern(String regex) ->
          node.put("type", "string").put("pattern", "^(?:" + regex + ")$");
      case Type.Int(long min, long max) -> integer(node, min, max);
      case Type.Float(double min, double max) -> number(node, min, max);
      case Type.Bool() -> node.put("type", "boolean");
      case Type.Literal(Object value) -> node.set("const", JSON.valueToTree(value));
      case Type.OneOf(var choices) -> choice(node, choices);
      case Type.Rec(var fields) -> record(node, fields);
      case Type.Array(var item, int min, int max) -> {
        node.put("type", "array");
        node.set("items", schema(item));
        bounds(node, "Items", min, max);
      }
      case Type.MapOf(var value) -> {
        node.put("type", "object");
        node.set("additionalProperties", schema(value));
      }
      case Type.Call(var tools) -> choice(node, tools.stream().map(Types::callOf).toList());
      case Type.Schema(String json) -> {
        return embedded(json);
      }
      case Type.Recursive recursive -> node.put("$ref", "#/$defs/" + name(recursive));
      case Type.Grammar _, Type.Ref _ ->
          throw new IllegalArgumentException("`" + type.show() + "` is no JSON");
      case Type.Any() -> {}
    }
    return node;
  }

  private void integer(ObjectNode node, long min, long max) {
    node.put("type", "integer");
    if (bounded || min != Long.MIN_VALUE) {
      node.put("minimum", min);
    }
    if (bounded || max != Long.MAX_VALUE) {
      node.put("maximum", max);
    }
  }

  private static void number(ObjectNode node, double min, double max) {
    node.put("type", "number");
    if (!Double.isInfinite(min)) {
      node.put("minimum", min);
    }
    if (!Double.isInfinite(max)) {
      node.put("maximum", max);
    }
  }

  private void choice(ObjectNode node, List<Type> choices) {
    if (choices.stream().allMatch(Type.Literal.class::isInstance)) {
      ArrayNode values = node.putArray("enum");
      choices.forEach(c -> values.add(JSON.<JsonNode>valueToTree(((Type.Literal) c).value())));
    } else {
      ArrayNode any = node.putArray("anyOf");
      choices.forEach(c -> any.add(schema(c)));
    }
  }

  private void record(ObjectNode node, List<Type.Field> fields) {
    node.put("type", "object");
    ObjectNode properties = node.putObject("properties");
    ArrayNode required = node.putArray("required");
    for (Type.Field field : fields) {
      ObjectNode property = schema(field.type());
      if (!field.doc().isEmpty()) {
        property.put("description", field.doc());
      }
      properties.set(field.name(), property);
      if (!field.optional()) {
        required.add(field.name());
      }
    }
    node.put("additionalProperties", false);
  }

  /// A schema that was written as such, with an identity of its own, so that its references stay
  /// inside of it.
  private ObjectNode embedded(String json) {
    JsonNode schema = parse(json);
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    if (schema instanceof ObjectNode object) {
      node.setAll(object);
    } else if (!schema.asBoolean()) {
      node.putObject("not");
    }
    if (!node.has("$id")) {
      node.put("$id", "sgl:schema:" + embedded++);
    }
    return node;
  }

  /// The name of the definition of a recursive type; the first call writes the definition.
  private String name(Type.Recursive type) {
    String known = names.get(type);
    if (known != null) {
      return known;
    }
    String name = type.name();
    for (int i = 2; names.containsValue(name); i++) {
      name = type.name() + i;
    }
    names.put(type, name);
    definitions.set(name, schema(type.unfolded()));
    return name;
  }

  private static void bounds(ObjectNode node, String of, int min, int max) {
    if (min > 0) {
      node.put("min" + of, min);
    }
    if (max != Type.UNBOUNDED) {
      node.put("max" + of, max);
    }
  }

  /// @throws IllegalArgumentException if it is not JSON
  static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no JSON: " + e.getOriginalMessage(), e);
    }
  }
}
