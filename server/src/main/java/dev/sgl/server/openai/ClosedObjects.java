package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// A schema whose objects have the properties that it names, and no others: what people mean who
/// write a schema for a model, and what OpenAI's `strict` asks for. JSON Schema itself lets objects
/// have any others too, and a model that may goes on inventing them. Whatever the closed schema
/// allows, the given one does.
///
/// Where several parts speak of the same object (`allOf`, `if`, a reference beside properties), it
/// is closed around all of them, by `unevaluatedProperties`; drafts before 2019-09 cannot say that,
/// and their objects stay open there.
final class ClosedObjects {
  private static final String DEFINITION = "#/(\\$defs|definitions)/[^/]+";
  private static final Set<String> DEFINITIONS = Set.of("$defs", "definitions");
  private static final Set<String> ALTERNATIVES = Set.of("anyOf", "oneOf");

  /// Below these keywords are schemas of the same object.
  private static final List<String> PARTS =
      List.of("allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas");

  /// Below these are schemas of what it contains.
  private static final List<String> CONTENTS =
      List.of("properties", "patternProperties", "additionalProperties", "items", "prefixItems");

  private static final Set<String> BY_NAME =
      Set.of("properties", "patternProperties", "dependentSchemas");

  private final Set<String> shared = new HashSet<>(); // definitions that are parts of others
  private final boolean isOld;

  private ClosedObjects(JsonNode schema) {
    isOld = schema.path("$schema").asText().matches(".*draft-0[1-7].*");
    collect(schema);
  }

  static JsonNode of(JsonNode schema) {
    JsonNode closed = schema.deepCopy();
    ClosedObjects objects = new ClosedObjects(closed);
    objects.close(closed, false);
    for (String kind : DEFINITIONS) {
      closed
          .path(kind)
          .properties()
          .forEach(
              definition -> {
                String name = "#/" + kind + "/" + definition.getKey();
                objects.close(definition.getValue(), objects.shared.contains(name));
              });
    }
    return closed;
  }

  /// Notes which definitions speak of an object together with something else.
  private void collect(JsonNode schema) {
    boolean together = speaksTogether(schema);
    if (together) {
      note(schema);
    }
    for (JsonNode part : parts(schema)) {
      if (together) {
        note(part);
      }
      collect(part);
    }
    contents(schema).forEach(this::collect);
    DEFINITIONS.forEach(kind -> schema.path(kind).forEach(this::collect));
  }

  private void note(JsonNode schema) {
    if (schema.path("$ref").asText().matches(DEFINITION)) {
      shared.add(schema.path("$ref").asText());
    }
  }

  /// @param within whether what is around it is closed for it
  private void close(JsonNode node, boolean within) {
    if (!(node instanceof ObjectNode schema)) {
      return;
    }
    boolean together = speaksTogether(schema) || shared.contains(schema.path("$ref").asText());
    boolean isSaid = schema.has("additionalProperties") || schema.has("unevaluatedProperties");
    parts(schema).forEach(part -> close(part, within || together));
    contents(schema).forEach(content -> close(content, false));
    if (within || isSaid || schema.has("not")) {
      return;
    }
    if (together && !isOld && names(schema)) {
      schema.put("unevaluatedProperties", false);
    } else if (!together && hasProperties(schema)) {
      schema.put("additionalProperties", false);
    }
  }

  /// Whether several parts of a schema speak of the same object.
  private static boolean speaksTogether(JsonNode schema) {
    boolean isElsewhere =
        schema.has("$ref") || ALTERNATIVES.stream().anyMatch(name -> schema.has(name));
    return schema.has("allOf")
        || schema.has("if")
        || schema.has("dependentSchemas")
        || hasProperties(schema) && isElsewhere;
  }

  private static boolean hasProperties(JsonNode schema) {
    return schema.path("properties").isObject() || schema.path("patternProperties").isObject();
  }

  /// Whether it, or a part of it, says which properties there are.
  private static boolean names(JsonNode schema) {
    return hasProperties(schema)
        || schema.has("$ref")
        || parts(schema).stream().anyMatch(ClosedObjects::names);
  }

  private static List<JsonNode> parts(JsonNode schema) {
    return below(schema, PARTS);
  }

  private static List<JsonNode> contents(JsonNode schema) {
    return below(schema, CONTENTS);
  }

  private static List<JsonNode> below(JsonNode schema, List<String> keywords) {
    List<JsonNode> schemas = new ArrayList<>();
    for (String keyword : keywords) {
      JsonNode value = schema.path(keyword);
      if (value.isArray() || BY_NAME.contains(keyword)) {
        value.forEach(schemas::add);
      } else if (value.isObject()) {
        schemas.add(value);
      }
    }
    return schemas;
  }
}
