package dev.sgl.program;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The keywords of JSON Schema, of all drafts: to find those that are misspelt or made up, which
/// the specification has every reader ignore.
final class SchemaKeywords {
  private static final Set<String> PLAIN =
      Set.of(
          "$schema",
          "$id",
          "id",
          "$ref",
          "$anchor",
          "$dynamicRef",
          "$dynamicAnchor",
          "$recursiveRef",
          "$recursiveAnchor",
          "$comment",
          "$vocabulary",
          "type",
          "enum",
          "const",
          "minLength",
          "maxLength",
          "pattern",
          "format",
          "contentEncoding",
          "contentMediaType",
          "minimum",
          "maximum",
          "exclusiveMinimum",
          "exclusiveMaximum",
          "multipleOf",
          "minItems",
          "maxItems",
          "uniqueItems",
          "minContains",
          "maxContains",
          "required",
          "minProperties",
          "maxProperties",
          "dependentRequired",
          "title",
          "description",
          "default",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly");

  /// What generators of schemas add for people and for other tools; no draft has it, and it
  /// does not change which values are valid.
  private static final Set<String> NOTES =
      Set.of(
          "discriminator",
          "enumNames",
          "example",
          "externalDocs",
          "markdownDescription",
          "propertyOrdering",
          "xml");

  /// Where schemas stand below a keyword.
  private enum Below {
    ONE,
    LIST,
    BY_NAME
  }

  private static final Map<String, Below> NESTED =
      Map.ofEntries(
          Map.entry("not", Below.ONE),
          Map.entry("if", Below.ONE),
          Map.entry("then", Below.ONE),
          Map.entry("else", Below.ONE),
          Map.entry("items", Below.LIST),
          Map.entry("additionalItems", Below.ONE),
          Map.entry("unevaluatedItems", Below.ONE),
          Map.entry("contains", Below.ONE),
          Map.entry("additionalProperties", Below.ONE),
          Map.entry("unevaluatedProperties", Below.ONE),
          Map.entry("propertyNames", Below.ONE),
          Map.entry("contentSchema", Below.ONE),
          Map.entry("allOf", Below.LIST),
          Map.entry("anyOf", Below.LIST),
          Map.entry("oneOf", Below.LIST),
          Map.entry("prefixItems", Below.LIST),
          Map.entry("properties", Below.BY_NAME),
          Map.entry("patternProperties", Below.BY_NAME),
          Map.entry("dependentSchemas", Below.BY_NAME),
          Map.entry("dependencies", Below.BY_NAME),
          Map.entry("$defs", Below.BY_NAME),
          Map.entry("definitions", Below.BY_NAME));

  private SchemaKeywords() {}

  /// The first keyword in `schema` that no draft knows, with its place, if there is one.
  static Optional<String> unknown(JsonNode schema) {
    return unknown(schema, "#");
  }

  private static Optional<String> unknown(JsonNode schema, String place) {
    for (Map.Entry<String, JsonNode> entry : schema.properties()) {
      String key = entry.getKey();
      String here = place + "/" + key;
      Below below = NESTED.get(key);
      boolean isNote = NOTES.contains(key) || key.startsWith("x-");
      if (below == null && !PLAIN.contains(key) && !isNote) {
        return Optional.of("`" + key + "` at " + place);
      }
      Optional<String> found =
          below == null ? Optional.empty() : below(entry.getValue(), below, here);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> below(JsonNode value, Below below, String place) {
    if (below == Below.ONE || value.isObject() && below == Below.LIST) {
      return unknown(value, place);
    }
    int index = 0;
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      Optional<String> found = unknown(entry.getValue(), place + "/" + entry.getKey());
      if (found.isPresent()) {
        return found;
      }
    }
    for (JsonNode item : value.isArray() ? value : List.<JsonNode>of()) {
      Optional<String> found = unknown(item, place + "/" + index++);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }
}
