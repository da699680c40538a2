package dev.sgl.server.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.program.SchemaKeywords;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;

/// JSON Schemas as they come in calls.
public final class Schemas {
  private Schemas() {}

  /// The schema as the type of an answer.
  public static Type type(JsonNode schema) {
    JsonNode parsed = parsed(schema);
    return new Type.Schema(parsed.isTextual() ? parsed.textValue() : parsed.toString());
  }

  /// The schema, which may also come as a text, in the words of JSON Schema alone; one that is no
  /// JSON stays a text, to be refused later.
  private static JsonNode parsed(JsonNode schema) {
    if (!schema.isTextual()) {
      return withoutNullable(schema);
    }
    try {
      return withoutNullable(Json.read(schema.textValue().getBytes(StandardCharsets.UTF_8)));
    } catch (ApiException e) {
      return schema;
    }
  }

  /// The schema with `null` as a type where `nullable` says so.
  ///
  /// Reference: OpenAPI Specification 3.0.3, "Schema Object".
  private static JsonNode withoutNullable(JsonNode schema) {
    JsonNode copy = schema.deepCopy();
    SchemaKeywords.forEach(
        copy,
        (one, _) -> {
          JsonNode nullable = one.path("nullable");
          if (nullable.isBoolean()) {
            one.remove("nullable");
          }
          JsonNode type = one.path("type");
          if (nullable.asBoolean() && !type.isMissingNode()) {
            ArrayNode types = Json.array();
            types.addAll(type.isArray() ? (ArrayNode) type : Json.array().add(type));
            one.set("type", types.add("null"));
          }
        });
    return copy;
  }

  /// The schema with closed objects; as it is if it would then allow nothing, or be too complex.
  public static JsonNode closed(JsonNode schema) {
    JsonNode read = parsed(schema);
    JsonNode closed = ClosedObjects.of(read);
    try {
      Types.compiled(type(closed));
      return closed;
    } catch (ConstraintException | IllegalArgumentException e) {
      return read;
    }
  }

  /// The schema of a tool, whose author is seldom the caller: unknown keywords are left
  /// out, and `enum` holds where no value of it has the `type`.
  ///
  /// @param unknown takes the names of the keywords that were left out
  static ObjectNode ofTool(ObjectNode schema, Set<String> unknown) {
    ObjectNode copy = (ObjectNode) withoutNullable(schema);
    SchemaKeywords.forEach(
        copy,
        (one, _) -> {
          Set<String> names = new TreeSet<>();
          one.fieldNames().forEachRemaining(names::add);
          names.removeIf(SchemaKeywords::isKnown);
          unknown.addAll(names);
          one.remove(names);
          if (one.path("enum").isArray() && one.has("type") && isEmpty(one)) {
            one.retain("enum", "description", "title", "default");
          }
        });
    return copy;
  }

  /// Whether no value of `enum` has the `type`.
  private static boolean isEmpty(ObjectNode schema) {
    JsonNode type = schema.path("type");
    Set<String> types = new TreeSet<>();
    (type.isArray() ? type : Json.array().add(type)).forEach(name -> types.add(name.asText()));
    return StreamSupport.stream(schema.path("enum").spliterator(), false)
        .noneMatch(value -> isOf(types, value));
  }

  private static boolean isOf(Set<String> types, JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> types.contains("string");
      case BOOLEAN -> types.contains("boolean");
      case NULL -> types.contains("null");
      case ARRAY -> types.contains("array");
      case OBJECT -> types.contains("object");
      case NUMBER ->
          types.contains("number")
              || types.contains("integer") && value.doubleValue() == Math.rint(value.doubleValue());
      case BINARY, MISSING, POJO -> false;
    };
  }

  /// Refuses a type that cannot be followed.
  ///
  /// @param name of the parameter that has it
  /// @throws ApiException with the reason
  public static void require(String name, Type type) {
    boolean isNone = type instanceof Type.Schema(String json) && json.matches("[-0-9\\[].*");
    if (isNone) {
      throw ApiException.invalid(name, "invalid_schema", name + " must be a JSON Schema");
    }
    try {
      Types.requireKnownKeywords(type);
      Types.compiled(type);
    } catch (ConstraintException | IllegalArgumentException e) {
      throw ApiException.invalid(name, "invalid_schema", name + ": " + e.getMessage());
    }
  }
}
