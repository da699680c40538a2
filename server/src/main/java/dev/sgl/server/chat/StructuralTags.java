package dev.sgl.server.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.program.Type;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Structural tags as they come in calls.
public final class StructuralTags {
  /// The members of a structural tag beside its type: of XGrammar's form, and of the older one.
  public static final List<String> MEMBERS =
      List.of("format", "structures", "triggers", "at_least_one");

  private StructuralTags() {}

  /// The type of a text with a structural tag, in which objects are closed unless their schemas say
  /// otherwise.
  ///
  /// @param tag the tag, or its JSON as a text
  /// @param name of the parameter
  public static Type type(JsonNode tag, String name) {
    JsonNode read = read(tag, name);
    if (!read.isObject()) {
      throw ApiException.invalid(name, "invalid_type", name + " must be an object, or its JSON");
    }
    ObjectNode closed = read.deepCopy();
    closed.path("structures").forEach(structure -> close(structure, "schema"));
    closeAll(closed.path("format"));
    return new Type.Grammar(closed.toString());
  }

  private static JsonNode read(JsonNode tag, String name) {
    if (!tag.isTextual()) {
      return tag;
    }
    try {
      return Json.read(tag.textValue().getBytes(StandardCharsets.UTF_8));
    } catch (ApiException e) {
      throw ApiException.invalid(name, "invalid_value", name + " is no JSON");
    }
  }

  /// Closes the objects of all schemas in a format.
  private static void closeAll(JsonNode format) {
    if (format.path("type").asText().equals("json_schema")) {
      close(format, "json_schema");
    } else {
      format.forEach(StructuralTags::closeAll);
    }
  }

  private static void close(JsonNode parent, String member) {
    if (parent instanceof ObjectNode object && object.path(member).isObject()) {
      object.set(member, Schemas.closed(object.path(member)));
    }
  }
}
