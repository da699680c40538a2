package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;

/// A schema whose objects have the properties that it names, and no others: what people mean who
/// write a schema for a model, and what OpenAI's `strict` asks for. JSON Schema itself lets objects
/// have any others too, and a model that may goes on inventing them. Whatever the closed schema
/// allows, the given one does.
///
/// Where parts of a schema speak of the same object (`allOf`, references beside properties), none
/// is closed: each would forbid what the others name.
final class ClosedObjects {
  private static final List<String> ALONE =
      List.of(
          "additionalProperties",
          "unevaluatedProperties",
          "patternProperties",
          "anyOf",
          "oneOf",
          "not",
          "if",
          "dependentSchemas",
          "$ref");

  private static final Set<String> SCHEMAS = Set.of("items", "additionalProperties", "contains");
  private static final Set<String> LISTS = Set.of("prefixItems", "anyOf", "oneOf", "items");
  private static final Set<String> MAPS = Set.of("properties", "$defs", "definitions");

  private ClosedObjects() {}

  static JsonNode of(JsonNode schema) {
    if (speaksTwice(schema)) {
      return schema;
    }
    JsonNode closed = schema.deepCopy();
    close(closed);
    return closed;
  }

  /// Whether several parts of a schema speak of the same object.
  private static boolean speaksTwice(JsonNode node) {
    boolean isObject = node.has("properties");
    boolean isElsewhere = node.has("$ref") || node.has("anyOf") || node.has("oneOf");
    if (node.has("allOf") || node.has("if") || isObject && isElsewhere) {
      return true;
    }
    for (JsonNode part : node) {
      if (speaksTwice(part)) {
        return true;
      }
    }
    return false;
  }

  private static void close(JsonNode node) {
    if (!(node instanceof ObjectNode schema)) {
      return;
    }
    if (schema.path("properties").isObject() && ALONE.stream().noneMatch(schema::has)) {
      schema.put("additionalProperties", false);
    }
    SCHEMAS.forEach(name -> close(schema.path(name)));
    LISTS.stream().filter(name -> schema.path(name).isArray()).forEach(n -> each(schema.get(n)));
    MAPS.stream().filter(name -> schema.path(name).isObject()).forEach(n -> each(schema.get(n)));
  }

  private static void each(JsonNode parts) {
    parts.forEach(ClosedObjects::close);
  }
}
