package dev.sgl.description;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/// Writes [Sayable] schemas in the notation of a [Description].
final class Notation {
  /// What a reference to a definition begins with.
  static final String REFERENCE = "#/$defs/";

  private final Set<String> named = new TreeSet<>(); // definitions that are referred to

  private Notation() {}

  /// The schema, and the definitions that it refers to.
  static String of(ObjectNode schema) {
    Notation notation = new Notation();
    StringBuilder text = new StringBuilder(notation.whole(schema));
    Set<String> done = new TreeSet<>();
    while (done.size() < notation.named.size()) {
      for (String name : List.copyOf(notation.named)) {
        if (done.add(name)) {
          JsonNode definition = schema.path("$defs").path(name);
          text.append("\n\n").append(name).append(" = ").append(notation.whole(definition));
        }
      }
    }
    return text.toString();
  }

  // --- types

  private String whole(JsonNode schema) {
    String comment = comment(schema);
    return type(schema, "") + (comment.isEmpty() ? "" : " // " + comment);
  }

  /// @param margin what the lines of the type begin with
  private String type(JsonNode schema, String margin) {
    if (schema.has("$ref")) {
      String name = schema.path("$ref").asText().substring(REFERENCE.length());
      named.add(name);
      return name;
    }
    if (schema.has("const")) {
      return schema.path("const").toString();
    }
    if (schema.has("enum")) {
      return either(schema.path("enum"), JsonNode::toString);
    }
    if (schema.has("anyOf") || schema.has("oneOf")) {
      return either(
          schema.has("anyOf") ? schema.path("anyOf") : schema.path("oneOf"),
          choice -> type(choice, margin));
    }
    JsonNode type = schema.path("type");
    return type.isArray()
        ? either(type, name -> simple(name.asText(), schema, margin))
        : simple(type.asText(schema.has("properties") ? "object" : ""), schema, margin);
  }

  private static String either(JsonNode choices, Function<JsonNode, String> shown) {
    return StreamSupport.stream(choices.spliterator(), false)
        .map(shown)
        .collect(Collectors.joining(" | "));
  }

  private String simple(String type, JsonNode schema, String margin) {
    return switch (type) {
      case "object" -> object(schema, margin);
      case "array" -> array(schema, margin);
      case "" -> "any";
      default -> type;
    };
  }

  private String array(JsonNode schema, String margin) {
    if (!schema.path("items").isObject()) {
      return "any[]";
    }
    String item = type(schema.path("items"), margin);
    return item.contains(" | ") ? "(" + item + ")[]" : item + "[]";
  }

  private String object(JsonNode schema, String margin) {
    Iterator<Map.Entry<String, JsonNode>> properties =
        schema.path("properties").properties().iterator();
    if (!properties.hasNext()) {
      JsonNode value = schema.path("additionalProperties");
      return value.isObject()
          ? "{ [key: string]: " + type(value, margin) + " }"
          : value.asBoolean(true) ? "object" : "{}";
    }
    Set<String> required = new TreeSet<>();
    schema.path("required").forEach(name -> required.add(name.asText()));
    String inner = margin + "  ";
    StringBuilder text = new StringBuilder("{\n");
    while (properties.hasNext()) {
      Map.Entry<String, JsonNode> property = properties.next();
      String type = type(property.getValue(), inner);
      String comment = comment(property.getValue());
      boolean isLong = type.contains("\n");
      if (isLong && !comment.isEmpty()) {
        text.append(inner).append("// ").append(comment).append('\n');
      }
      text.append(inner)
          .append(TextNode.valueOf(property.getKey()))
          .append(required.contains(property.getKey()) ? ": " : "?: ")
          .append(type)
          .append(properties.hasNext() ? "," : "")
          .append(isLong || comment.isEmpty() ? "\n" : " // " + comment + "\n");
    }
    return text.append(margin).append('}').toString();
  }

  // --- comments

  /// What a schema says beside its type: a description, limits, and those of its parts that have no
  /// line of their own.
  static String comment(JsonNode schema) {
    return String.join("; ", notes(schema));
  }

  private static List<String> notes(JsonNode schema) {
    if (!schema.isObject()) {
      return List.of();
    }
    List<String> notes = new ArrayList<>();
    String description = schema.path("description").asText("").strip().replaceAll("\\s+", " ");
    if (!description.isEmpty()) {
      notes.add(
          description.endsWith(".")
              ? description.substring(0, description.length() - 1)
              : description);
    }
    notes.addAll(limits(schema));
    notes(schema.path("items")).forEach(note -> notes.add("each: " + note));
    notes(schema.path("additionalProperties")).forEach(note -> notes.add("each: " + note));
    schema.path("anyOf").forEach(choice -> notes.addAll(notes(choice)));
    schema.path("oneOf").forEach(choice -> notes.addAll(notes(choice)));
    return notes;
  }

  private static List<String> limits(JsonNode schema) {
    List<String> limits = new ArrayList<>();
    add(limits, schema.path("minLength"), schema.path("maxLength"), " characters");
    add(limits, schema.path("minItems"), schema.path("maxItems"), " items");
    add(limits, schema.path("minimum"), schema.path("maximum"), "");
    if (schema.has("exclusiveMinimum")) {
      limits.add("more than " + schema.path("exclusiveMinimum").asText());
    }
    if (schema.has("exclusiveMaximum")) {
      limits.add("less than " + schema.path("exclusiveMaximum").asText());
    }
    if (schema.has("pattern")) {
      limits.add("matches " + schema.path("pattern").asText());
    }
    if (schema.has("format")) {
      limits.add("a " + schema.path("format").asText());
    }
    return limits;
  }

  private static void add(List<String> limits, JsonNode least, JsonNode most, String unit) {
    String low = least.asText("");
    String high = most.asText("");
    if (!low.isEmpty() && low.equals(high)) {
      limits.add(low + unit);
    } else if (!low.isEmpty() && !high.isEmpty()) {
      limits.add(low + " to " + high + unit);
    } else if (!low.isEmpty()) {
      limits.add("at least " + low + unit);
    } else if (!high.isEmpty()) {
      limits.add("at most " + high + unit);
    }
  }
}
