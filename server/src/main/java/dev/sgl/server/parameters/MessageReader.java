package dev.sgl.server.parameters;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Prompt;
import dev.sgl.program.Role;
import dev.sgl.server.chat.Messages;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads messages of a call. Members that are not known are refused by their names, as those of the
/// call itself are; what clients send back of an answer is known.
///
/// @param messages makes those of the assistant
record MessageReader(Messages messages) {
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
          case "tool" ->
              Messages.result(message.requiredText("tool_call_id"), parts(message), fields);
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
    String thought = message.text("reasoning_content").or(() -> other).orElse("");
    List<Object> calls = new ArrayList<>();
    message.objects("tool_calls", MOST_PARTS).forEach(call -> calls.add(call(call)));
    List<Prompt.Part> parts = new ArrayList<>();
    if (message.has("content")) {
      parts.addAll(parts(message));
    }
    message.text("refusal").ifPresent(refusal -> parts.add(Messages.text(parts, refusal)));
    if (parts.isEmpty() && thought.isEmpty() && calls.isEmpty()) {
      throw message.missing("content");
    }
    return messages.assistant(thought, parts, calls, fields);
  }

  private static Map<String, Object> call(Fields call) {
    if (!call.text("type").orElse("function").equals("function")) {
      throw ApiException.invalid(
          call.name("type"), "invalid_value", call.name("type") + " must be function");
    }
    Fields function = call.object("function").orElseThrow(() -> call.missing("function"));
    String name = function.requiredText("name");
    Object arguments =
        Messages.arguments(function.requiredText("arguments"), function.name("arguments"));
    function.finish();
    Map<String, Object> written = Messages.call(call.requiredText("id"), name, arguments);
    call.finish();
    return written;
  }

  private static List<Prompt.Part> parts(Fields message) {
    JsonNode content = message.any("content").orElseThrow(() -> message.missing("content"));
    if (content.isTextual()) {
      return List.of(new Prompt.Part.Written(content.textValue()));
    }
    List<Prompt.Part> parts = new ArrayList<>();
    for (Fields part : message.objects("content", MOST_PARTS)) {
      parts.add(part(part, parts));
      part.finish();
    }
    return parts;
  }

  private static Prompt.Part part(Fields part, List<Prompt.Part> before) {
    return switch (part.requiredText("type")) {
      case "text", "input_text" -> Messages.text(before, part.text("text").orElse(""));
      case "refusal" -> Messages.text(before, part.text("refusal").orElse(""));
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
}
