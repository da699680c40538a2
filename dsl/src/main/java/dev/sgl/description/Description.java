package dev.sgl.description;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/// A type as a text for prompts: its keys and types in the notation of TypeScript, which models
/// know well, with lengths, ranges and descriptions as comments.
///
/// ```
/// {
///   "title": string, // 1 to 60 characters
///   "effort": "low" | "medium" | "high",
///   "tags"?: string[] // at most 3 items
/// }
/// ```
///
/// A schema that says more than this notation can is described by itself, as JSON.
public final class Description {
  private static final String REFERENCE = "#/$defs/";

  /// What the notation has words for.
  private static final Set<String> SAID =
      Set.of(
          "type",
          "enum",
          "const",
          "properties",
          "required",
          "items",
          "anyOf",
          "oneOf",
          "$ref",
          "description",
          "minLength",
          "maxLength",
          "minItems",
          "maxItems",
          "minimum",
          "maximum",
          "exclusiveMinimum",
          "exclusiveMaximum",
          "pattern",
          "format",
          "additionalProperties");

  /// What says nothing of a value, or what a model need not be told.
  private static final Set<String> SILENT =
      Set.of("$schema", "$id", "$defs", "$comment", "definitions", "title", "default", "examples");

  private final Set<String> named = new TreeSet<>(); // definitions that are referred to

  private Description() {}

  /// The description of a type.
  public static String of(Type type) {
    return switch (type) {
      case Type.Text() -> "text";
      case Type.Grammar(var gbnf) -> gbnf.strip();
      case Type.Schema(var json) -> of(Types.schema(type), json);
      default -> of(Types.schema(type), "");
    };
  }

  /// A sentence that asks for an answer of a type, with its description.
  public static String asking(Type type) {
    return switch (type) {
      case Type.Pattern(var regex) ->
          "Answer with nothing but a text that matches the regular expression " + regex;
      case Type.Grammar _ -> "Answer with nothing but a text of this grammar:\n" + of(type);
      case Type.OneOf(var choices) when choices.stream().allMatch(Type.Literal.class::isInstance) ->
          choices.stream()
              .map(choice -> "- " + Values.text(((Type.Literal) choice).value()))
              .collect(Collectors.joining("\n", "Answer with nothing but one of these:\n", ""));
      default -> "Answer with nothing but JSON of this type:\n" + of(type);
    };
  }

  /// @param json the schema as it was written; empty if it was not
  private static String of(ObjectNode schema, String json) {
    if (!isSayable(schema) || !isSayable(schema.path("$defs"), true)) {
      return json.isEmpty() ? schema.toString() : json;
    }
    Description description = new Description();
    StringBuilder text = new StringBuilder(description.whole(schema));
    Set<String> done = new TreeSet<>();
    while (done.size() < description.named.size()) {
      for (String name : List.copyOf(description.named)) {
        if (done.add(name)) {
          JsonNode definition = schema.path("$defs").path(name);
          text.append("\n\n").append(name).append(" = ").append(description.whole(definition));
        }
      }
    }
    return text.toString();
  }

  // --- what can be said

  private static boolean isSayable(JsonNode schema) {
    if (!schema.isObject()) {
      return schema.isBoolean() && schema.asBoolean();
    }
    for (Map.Entry<String, JsonNode> keyword : schema.properties()) {
      if (!SAID.contains(keyword.getKey()) && !SILENT.contains(keyword.getKey())) {
        return false;
      }
    }
    return isSayable(schema.path("properties"), true)
        && (!schema.has("items") || isSayable(schema.path("items")))
        && (!schema.path("additionalProperties").isObject()
            || !schema.has("properties") && isSayable(schema.path("additionalProperties")))
        && isSayable(schema.path("anyOf"), false)
        && isSayable(schema.path("oneOf"), false)
        && schema.path("$ref").asText(REFERENCE).startsWith(REFERENCE);
  }

  /// @param named whether the schemas have names
  private static boolean isSayable(JsonNode schemas, boolean named) {
    return schemas.isMissingNode()
        || (named ? schemas.isObject() : schemas.isArray())
            && StreamSupport.stream(schemas.spliterator(), false).allMatch(Description::isSayable);
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
          : schema.has("additionalProperties") ? "{}" : "object";
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
          .append('"')
          .append(property.getKey())
          .append(required.contains(property.getKey()) ? "\": " : "\"?: ")
          .append(type)
          .append(properties.hasNext() ? "," : "")
          .append(isLong || comment.isEmpty() ? "\n" : " // " + comment + "\n");
    }
    return text.append(margin).append('}').toString();
  }

  // --- comments

  private static String comment(JsonNode schema) {
    List<String> notes = new ArrayList<>();
    String description = schema.path("description").asText("").strip().replaceAll("\\s+", " ");
    if (!description.isEmpty()) {
      notes.add(
          description.endsWith(".")
              ? description.substring(0, description.length() - 1)
              : description);
    }
    notes.addAll(limits(schema));
    JsonNode item = schema.path("items");
    for (String limit :
        item.isObject() && !item.has("properties") ? limits(item) : List.<String>of()) {
      notes.add("each " + limit);
    }
    return String.join("; ", notes);
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
