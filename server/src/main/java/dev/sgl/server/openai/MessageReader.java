package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Prompt;
import dev.sgl.program.Role;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.TokenMemory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads messages of a call. Members that are not known are refused by their names, as those of the
/// call itself are; what clients send back of an answer is known.
///
/// @param memory of what the model said before
/// @param salt of the cache
record MessageReader(TokenMemory memory, String salt) {
  static final String THOUGHT = "reasoning_content"; // as chat templates name it
  static final String CALLS = "tool_calls";

  private static final int MOST_PARTS = 1000;

  Prompt.Message read(Fields message) {
    String role = message.requiredText("role");
    Map<String, Object> fields = new LinkedHashMap<>();
    message.text("name").ifPresent(name -> fields.put("name", name));
    Prompt.Message read =
        switch (role) {
          case "system", "developer" -> new Prompt.Message(Role.SYSTEM, parts(message), fields);
          case "user" -> new Prompt.Message(Role.USER, parts(message), fields);
          case "assistant" -> assistant(message, fields);
          case "tool" -> {
            fields.put("tool_call_id", message.requiredText("tool_call_id"));
            yield new Prompt.Message(Role.TOOL, parts(message), fields);
          }
          default ->
              throw ApiException.invalid(
                  message.name("role"),
                  "invalid_value",
                  message.name("role")
                      + " must be system, developer, user, assistant or tool, not "
                      + role);
        };
    message.finish();
    return read;
  }

  private Prompt.Message assistant(Fields message, Map<String, Object> fields) {
    Optional<String> other = message.text("reasoning"); // as vLLM names it, beside the older name
    message
        .text(THOUGHT)
        .or(() -> other)
        .filter(thought -> !thought.isEmpty())
        .ifPresent(thought -> fields.put(THOUGHT, thought));
    List<Object> calls = new ArrayList<>();
    message.objects(CALLS, MOST_PARTS).forEach(call -> calls.add(call(call)));
    if (!calls.isEmpty()) {
      fields.put(CALLS, calls);
    }
    List<Prompt.Part> parts = new ArrayList<>();
    if (message.has("content")) {
      parts.addAll(parts(message));
    }
    message
        .text("refusal")
        .ifPresent(refusal -> parts.add(new Prompt.Part.Written(gap(parts) + refusal)));
    if (parts.isEmpty() && !fields.containsKey(THOUGHT) && calls.isEmpty()) {
      throw message.missing("content");
    }
    return new Prompt.Message(
        Role.ASSISTANT, parts.stream().map(part -> memory.recall(salt, part)).toList(), fields);
  }

  private static Map<String, Object> call(Fields call) {
    if (!call.text("type").orElse("function").equals("function")) {
      throw ApiException.invalid(
          call.name("type"), "invalid_value", call.name("type") + " must be function");
    }
    Fields function = call.object("function").orElseThrow(() -> call.missing("function"));
    Map<String, Object> called = new LinkedHashMap<>();
    called.put("name", function.requiredText("name"));
    called.put("arguments", arguments(function));
    function.finish();
    Map<String, Object> written = new LinkedHashMap<>();
    written.put("id", call.requiredText("id"));
    written.put("type", "function");
    written.put("function", called);
    call.finish();
    return written;
  }

  /// Templates write the arguments themselves, so they get them as an object. Arguments that
  /// were cut where an answer ended are no object, and stay a text.
  private static Object arguments(Fields function) {
    String arguments = function.requiredText("arguments");
    if (arguments.isBlank()) {
      return Map.of();
    }
    String name = function.name("arguments");
    JsonNode read;
    try {
      read = Json.read(arguments.getBytes(StandardCharsets.UTF_8));
    } catch (ApiException e) {
      if (Json.isCut(arguments)) {
        return arguments;
      }
      throw ApiException.invalid(name, name + " is not JSON");
    }
    if (!read.isObject()) {
      throw ApiException.invalid(name, name + " must be a JSON object");
    }
    return Json.plain(read);
  }

  private static List<Prompt.Part> parts(Fields message) {
    JsonNode content = message.any("content").orElseThrow(() -> message.missing("content"));
    if (content.isTextual()) {
      return List.of(new Prompt.Part.Written(content.textValue()));
    }
    List<Prompt.Part> parts = new ArrayList<>();
    for (Fields part : message.objects("content", MOST_PARTS)) {
      parts.add(part(part, gap(parts)));
      part.finish();
    }
    return parts;
  }

  private static Prompt.Part part(Fields part, String gap) {
    return switch (part.requiredText("type")) {
      case "text", "input_text" -> new Prompt.Part.Written(gap + part.text("text").orElse(""));
      case "refusal" -> new Prompt.Part.Written(gap + part.text("refusal").orElse(""));
      case "image_url" -> {
        Fields image = part.object("image_url").orElseThrow(() -> part.missing("image_url"));
        Prompt.Part shown = new Prompt.Part.Image(image.requiredText("url"));
        image.finish();
        yield shown;
      }
      case String other ->
          throw ApiException.invalid(
              part.name("type"), "invalid_value", "parts of type " + other + " are not supported");
    };
  }

  /// What parts the next piece of text from those before it.
  private static String gap(List<Prompt.Part> before) {
    return before.isEmpty() ? "" : "\n";
  }
}
