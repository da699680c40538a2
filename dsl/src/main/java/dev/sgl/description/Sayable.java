package dev.sgl.description;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// Which JSON Schemas the [Notation] can say whole.
final class Sayable {
  /// What says nothing of a value, or what a model need not be told.
  private static final Set<String> SILENT =
      Set.of("$schema", "$id", "$comment", "title", "default", "examples", "description");

  private static final Set<String> DEFINITIONS = Set.of("$defs", "definitions");

  private static final Set<String> LIMITS =
      Set.of(
          "minLength",
          "maxLength",
          "minItems",
          "maxItems",
          "minimum",
          "maximum",
          "exclusiveMinimum",
          "exclusiveMaximum",
          "pattern",
          "format");

  private static final Set<String> PARTS =
      Set.of("type", "properties", "required", "items", "additionalProperties");

  private final JsonNode root;

  private Sayable(JsonNode root) {
    this.root = root;
  }

  static boolean isSayable(JsonNode root) {
    Sayable sayable = new Sayable(root);
    return sayable.schema(root, true) && sayable.all(root.path("$defs"));
  }

  private boolean schema(JsonNode schema, boolean isRoot) {
    if (!schema.isObject()) {
      return schema.isBoolean() && schema.asBoolean();
    }
    if (!isRoot && DEFINITIONS.stream().anyMatch(schema::has)) {
      return false;
    }
    List<String> said = new ArrayList<>();
    schema.fieldNames().forEachRemaining(said::add);
    said.removeAll(SILENT);
    said.removeAll(DEFINITIONS);
    if (said.contains("$ref")) {
      return said.size() == 1 && isDefined(schema.path("$ref").asText());
    }
    if (said.contains("const") || said.contains("enum")) {
      said.remove("type"); // which the values show
      return said.size() == 1 && (schema.has("const") || !schema.path("enum").isEmpty());
    }
    if (said.contains("anyOf") || said.contains("oneOf")) {
      return said.size() == 1 && choices(schema.path(said.getFirst()));
    }
    said.removeAll(LIMITS);
    said.removeAll(PARTS);
    return said.isEmpty() && items(schema) && object(schema);
  }

  private boolean isDefined(String reference) {
    return reference.startsWith(Notation.REFERENCE)
        && root.path("$defs").has(reference.substring(Notation.REFERENCE.length()));
  }

  /// Comments stand behind the whole, so only one choice may have any.
  private boolean choices(JsonNode choices) {
    return choices.isArray()
        && !choices.isEmpty()
        && all(choices)
        && stream(choices).filter(choice -> !Notation.comment(choice).isEmpty()).count() <= 1;
  }

  private boolean items(JsonNode schema) {
    return !schema.has("items") || schema(schema.path("items"), false);
  }

  private boolean object(JsonNode schema) {
    JsonNode properties = schema.path("properties");
    JsonNode more = schema.path("additionalProperties");
    return (properties.isMissingNode() || properties.isObject() && all(properties))
        && stream(schema.path("required")).allMatch(name -> properties.has(name.asText()))
        && (!more.isObject() || properties.isEmpty() && schema(more, false));
  }

  private boolean all(JsonNode schemas) {
    return stream(schemas).allMatch(schema -> schema(schema, false));
  }

  private static Stream<JsonNode> stream(JsonNode nodes) {
    return StreamSupport.stream(nodes.spliterator(), false);
  }
}
