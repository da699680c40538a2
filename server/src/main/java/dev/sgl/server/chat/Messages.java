package dev.sgl.server.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Prompt;
import dev.sgl.program.Role;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.TokenMemory;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Makes the messages of a conversation, with the names that chat templates have for their parts.
///
/// @param memory of what the model said before
/// @param salt of the cache
public record Messages(TokenMemory memory, String salt) {
  static final String THOUGHT = "reasoning_content";
  static final String CALLS = "tool_calls";

  /// A message that the model wrote earlier. Its parts become the tokens that it generated, if
  /// these are known.
  ///
  /// @param thought before the message, or an empty text
  /// @param calls of tools, made by [#call(String, String, Object)]
  /// @param more members of the message
  public Prompt.Message assistant(
      String thought, List<Prompt.Part> parts, List<?> calls, Map<String, Object> more) {
    Map<String, Object> fields = new LinkedHashMap<>(more);
    if (!thought.isEmpty()) {
      fields.put(THOUGHT, thought);
    }
    if (!calls.isEmpty()) {
      fields.put(CALLS, List.copyOf(calls));
    }
    List<Prompt.Part> recalled = parts.stream().map(part -> memory.recall(salt, part)).toList();
    return new Prompt.Message(Role.ASSISTANT, recalled, fields);
  }

  /// The result of a call.
  ///
  /// @param id of the call
  /// @param more members of the message
  public static Prompt.Message result(
      String id, List<Prompt.Part> parts, Map<String, Object> more) {
    Map<String, Object> fields = new LinkedHashMap<>(more);
    fields.put("tool_call_id", id);
    return new Prompt.Message(Role.TOOL, parts, fields);
  }

  /// A call of a tool.
  ///
  /// @param arguments as [#arguments(String, String)] gives them
  public static Map<String, Object> call(String id, String tool, Object arguments) {
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", tool);
    function.put("arguments", arguments);
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("id", id);
    call.put("type", "function");
    call.put("function", function);
    return call;
  }

  /// Arguments that come as JSON. Templates write the arguments themselves, so they get them as an
  /// object. Arguments that were cut where an answer ended are no object, and stay a text.
  ///
  /// @param name of the parameter
  /// @throws ApiException if they are no JSON object, and not the beginning of one
  public static Object arguments(String json, String name) {
    if (json.isBlank()) {
      return Map.of();
    }
    JsonNode read;
    try {
      read = Json.read(json.getBytes(StandardCharsets.UTF_8));
    } catch (ApiException e) {
      if (Json.isCut(json)) {
        return json;
      }
      throw ApiException.invalid(name, name + " is not JSON");
    }
    if (!read.isObject()) {
      throw ApiException.invalid(name, name + " must be a JSON object");
    }
    return Json.plain(read);
  }

  /// Text behind other parts of the same message, on a line of its own.
  public static Prompt.Part text(List<Prompt.Part> before, String text) {
    return new Prompt.Part.Written(before.isEmpty() ? text : "\n" + text);
  }
}
