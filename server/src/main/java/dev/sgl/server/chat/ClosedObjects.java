package dev.sgl.server.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// A schema whose objects have the properties that it names, and no others: what people mean
/// who write a schema for a model, and the meaning of OpenAI's `strict`. JSON Schema itself
/// lets objects have any others too, and a model that may invent properties does so. The given
/// schema allows every value that the closed one allows.
///
/// Where several parts speak of the same object (`allOf`, `if`, a reference beside properties),
/// it is closed around all of them, by `unevaluatedProperties`; drafts before 2019-09 cannot
/// say that, and their objects stay open there. A schema below `if`, `not`, or a `oneOf` whose
/// alternatives no property and no type tells apart stays as it is: to allow less there would
/// allow more.
final class ClosedObjects {
  private static final String ROOT = "#";
  private static final String DEFINITION = "#/(\\$defs|definitions)/[^/~%]+";
  private static final Set<String> DEFINITIONS = Set.of("$defs", "definitions");

  /// Below these keywords are schemas of the same object.
  private static final List<String> PARTS =
      List.of("allOf", "anyOf", "oneOf", "then", "else", "dependentSchemas", "dependencies");

  /// Below these keywords are schemas of its members.
  private static final List<String> CONTENTS =
      List.of("properties", "patternProperties", "additionalProperties", "items", "prefixItems");

  private static final Set<String> BY_NAME =
      Set.of("properties", "patternProperties", "dependentSchemas", "dependencies");

  private final JsonNode root;
  private final boolean isOld;
  private final Set<String> shared = new HashSet<>(); // references to what is a part of others
  private final Set<String> kept = new HashSet<>(); // references to what must stay as it is
  private boolean isFollowed = true; // every reference

  private ClosedObjects(JsonNode root) {
    this.root = root;
    isOld = root.path("$schema").asText().matches(".*draft-0[1-7].*");
    collect(root, false);
    definitions().forEach(name -> collect(definition(name), false));
  }

  static JsonNode of(JsonNode schema) {
    JsonNode closed = schema.deepCopy();
    ClosedObjects objects = new ClosedObjects(closed);
    if (!objects.isFollowed) {
      return schema;
    }
    if (!objects.kept.contains(ROOT)) {
      objects.close(closed, objects.shared.contains(ROOT));
    }
    objects.definitions().stream()
        .filter(name -> !objects.kept.contains(name))
        .forEach(name -> objects.close(objects.definition(name), objects.shared.contains(name)));
    return closed;
  }

  // --- references

  private List<String> definitions() {
    List<String> names = new ArrayList<>();
    for (String kind : DEFINITIONS) {
      root.path(kind).fieldNames().forEachRemaining(name -> names.add("#/" + kind + "/" + name));
    }
    return names;
  }

  private JsonNode definition(String reference) {
    if (reference.equals(ROOT)) {
      return root;
    }
    String[] steps = reference.split("/", 3);
    return steps.length == 3 ? root.path(steps[1]).path(steps[2]) : MissingNode.getInstance();
  }

  /// Notes which definitions speak of an object together with something else.
  ///
  /// @param within whether the schema is itself such a part
  private void collect(JsonNode schema, boolean within) {
    boolean together = within || speaksTogether(schema);
    JsonNode reference = schema.path("$ref");
    if (reference.isTextual()) {
      isFollowed &= reference.asText().equals(ROOT) || reference.asText().matches(DEFINITION);
      if (together && shared.add(reference.asText())) {
        collect(definition(reference.asText()), true);
      }
    }
    isFollowed &= !schema.has("$dynamicRef") && !schema.has("$recursiveRef") && !schema.has("$id");
    keep(schema.path("if"));
    keep(schema.path("not"));
    if (isVague(schema)) {
      keep(schema.path("oneOf"));
    }
    parts(schema).forEach(part -> collect(part, together));
    contents(schema).forEach(content -> collect(content, false));
  }

  /// Notes all definitions that lead from here.
  private void keep(JsonNode node) {
    String reference = node.path("$ref").asText();
    if (!reference.isEmpty() && kept.add(reference)) {
      keep(definition(reference));
    }
    node.forEach(this::keep);
  }

  // --- closing

  /// @param within whether the schema around it is closed for it
  private void close(JsonNode node, boolean within) {
    if (!(node instanceof ObjectNode schema)) {
      return;
    }
    String reference = schema.path("$ref").asText();
    boolean together =
        speaksTogether(schema) || shared.contains(reference) || kept.contains(reference);
    boolean isSaid = schema.has("additionalProperties") || schema.has("unevaluatedProperties");
    boolean isVague = isVague(schema);
    parts(schema).stream()
        .filter(part -> !isVague || !isOf(schema.path("oneOf"), part))
        .forEach(part -> close(part, within || together));
    contents(schema).forEach(content -> close(content, false));
    if (within || isSaid || schema.has("not")) {
      return;
    }
    if (together && !isOld && names(schema, new HashSet<>())) {
      nameRequired(schema);
      schema.put("unevaluatedProperties", false);
    } else if (!together && hasProperties(schema)) {
      nameRequired(schema);
      schema.put("additionalProperties", false);
    }
  }

  /// Names the properties that are required and not named: they belong to the object, too.
  private static void nameRequired(ObjectNode schema) {
    for (JsonNode name : schema.path("required")) {
      if (name.isTextual() && !schema.path("properties").has(name.textValue())) {
        schema.withObjectProperty("properties").set(name.textValue(), BooleanNode.TRUE);
      }
    }
  }

  private static boolean isOf(JsonNode alternatives, JsonNode part) {
    for (JsonNode alternative : alternatives) {
      if (alternative == part) {
        return true;
      }
    }
    return false;
  }

  /// Whether several parts of a schema speak of the same object.
  private boolean speaksTogether(JsonNode schema) {
    boolean isElsewhere = schema.has("$ref") || schema.has("anyOf") || schema.has("oneOf");
    return schema.has("allOf")
        || schema.has("if")
        || schema.has("dependentSchemas")
        || schema.has("dependencies")
        || isVague(schema)
        || hasProperties(schema) && isElsewhere;
  }

  /// Whether a value may fit several alternatives of which it must fit one: unless each requires a
  /// constant of its own in the same property, or has a type of its own.
  private boolean isVague(JsonNode schema) {
    JsonNode alternatives = schema.path("oneOf");
    if (alternatives.size() < 2) {
      return false;
    }
    List<JsonNode> all = new ArrayList<>();
    alternatives.forEach(alternative -> all.add(resolved(alternative)));
    Set<String> types =
        all.stream().map(one -> one.path("type").asText("")).collect(Collectors.toSet());
    if (types.size() == all.size() && !types.contains("")) {
      return types.contains("number") && types.contains("integer");
    }
    for (JsonNode name : all.getFirst().path("required")) {
      Set<JsonNode> constants =
          all.stream().map(one -> constant(one, name.asText())).collect(Collectors.toSet());
      if (constants.size() == all.size() && !constants.contains(MissingNode.getInstance())) {
        return false;
      }
    }
    return true;
  }

  private JsonNode resolved(JsonNode schema) {
    String reference = schema.path("$ref").asText();
    return reference.matches(DEFINITION) ? definition(reference) : schema;
  }

  /// The only value that a required property may have; missing if there are more.
  private static JsonNode constant(JsonNode schema, String name) {
    boolean isRequired = false;
    for (JsonNode required : schema.path("required")) {
      isRequired |= required.asText().equals(name);
    }
    JsonNode property = schema.path("properties").path(name);
    boolean isOne = property.path("enum").size() == 1;
    JsonNode constant = isOne ? property.path("enum").path(0) : property.path("const");
    return isRequired ? constant : MissingNode.getInstance();
  }

  private static boolean hasProperties(JsonNode schema) {
    return schema.path("properties").isObject() || schema.path("patternProperties").isObject();
  }

  /// Whether it, or a part of it, says which properties there are.
  private boolean names(JsonNode schema, Set<String> seen) {
    String reference = schema.path("$ref").asText();
    return hasProperties(schema)
        || !reference.isEmpty() && seen.add(reference) && names(definition(reference), seen)
        || parts(schema).stream().anyMatch(part -> names(part, seen));
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
