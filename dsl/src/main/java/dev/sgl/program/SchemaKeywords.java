package dev.sgl.program;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/// The keywords of JSON Schema, of all drafts: to find those that are misspelt or made up, which
/// the specification has every reader ignore.
public final class SchemaKeywords {
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

  /// Whether any draft knows the keyword, or tools and people agree that it says nothing of values.
  public static boolean isKnown(String keyword) {
    return NESTED.containsKey(keyword)
        || PLAIN.contains(keyword)
        || NOTES.contains(keyword)
        || keyword.startsWith("x-");
  }

  /// The first keyword in `schema` that is not known, with its place, if there is one.
  static Optional<String> unknown(JsonNode schema) {
    List<String> found = new ArrayList<>();
    forEach(
        schema,
        (one, place) ->
            one.fieldNames()
                .forEachRemaining(
                    key -> {
                      if (!isKnown(key)) {
                        found.add("`" + key + "` at " + place);
                      }
                    }));
    return found.stream().findFirst();
  }

  /// Calls back with a schema, which may be changed, and with all schemas below it.
  ///
  /// @param each is called with each object and its place, such as `#/properties/name`
  public static void forEach(JsonNode schema, BiConsumer<ObjectNode, String> each) {
    forEach(schema, "#", each);
  }

  private static void forEach(JsonNode node, String place, BiConsumer<ObjectNode, String> each) {
    if (!(node instanceof ObjectNode schema)) {
      return; // true or false
    }
    each.accept(schema, place);
    for (Map.Entry<String, JsonNode> entry : List.copyOf(schema.properties())) {
      Below below = NESTED.get(entry.getKey());
      if (below != null) {
        below(entry.getValue(), below, place + "/" + entry.getKey(), each);
      }
    }
  }

  private static void below(
      JsonNode value, Below below, String place, BiConsumer<ObjectNode, String> each) {
    if (below == Below.ONE || value.isObject() && below == Below.LIST) {
      forEach(value, place, each);
      return;
    }
    value.properties().forEach(e -> forEach(e.getValue(), place + "/" + e.getKey(), each));
    for (int i = 0; value.isArray() && i < value.size(); i++) {
      forEach(value.get(i), place + "/" + i, each);
    }
  }
}
