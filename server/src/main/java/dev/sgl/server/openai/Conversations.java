package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Prompt;
import dev.sgl.program.Role;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.TokenMemory;
import dev.sgl.server.turn.ToolSpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The messages of a call as a prompt.
public final class Conversations {
  private static final int MOST_MESSAGES = 10_000;
  private static final int MOST_PARTS = 1000;

  /// Variables of a chat template that follow from the call itself.
  private static final Set<String> RESERVED = Set.of("messages", "tools", "add_generation_prompt");

  private final TokenMemory memory;

  /// @param memory of what the model said before
  public Conversations(TokenMemory memory) {
    this.memory = memory;
  }

  /// @param tools that the model is told of
  public Prompt.Chat read(Fields fields, List<ToolSpec> tools) {
    String salt = fields.text("cache_salt").orElse("");
    List<Prompt.Message> messages = new ArrayList<>();
    for (Fields message : fields.objects("messages", MOST_MESSAGES)) {
      messages.add(message(message, salt));
    }
    if (messages.isEmpty()) {
      throw fields.missing("messages");
    }
    List<Prompt.Part> open = List.of();
    if (fields.flag("continue_final_message", false)) {
      Prompt.Message last = messages.removeLast();
      if (last.role() != Role.ASSISTANT) {
        throw ApiException.invalid(
            "continue_final_message", "the last message is not the assistant's");
      }
      open = last.parts();
      fields.flag("add_generation_prompt", false);
    } else if (!fields.flag("add_generation_prompt", true)) {
      throw ApiException.invalid(
          "add_generation_prompt",
          "without a generation prompt the model has nothing to answer; use continue_final_message");
    }
    return new Prompt.Chat(messages, open, variables(fields, tools));
  }

  private static Map<String, Object> variables(Fields fields, List<ToolSpec> tools) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("enable_thinking", true);
    fields
        .text("reasoning_effort")
        .ifPresent(
            effort -> {
              variables.put("reasoning_effort", effort);
              variables.put("enable_thinking", !effort.equals("none"));
            });
    if (!tools.isEmpty()) {
      variables.put("tools", tools.stream().map(Conversations::tool).toList());
    }
    fields.object("chat_template_kwargs").ifPresent(given -> add(given, variables));
    return variables;
  }

  /// A tool as chat templates know it; its members in the order in which they are printed.
  private static Map<String, Object> tool(ToolSpec tool) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("type", "function");
    members.put("function", Json.plain(tool.function()));
    return members;
  }

  /// What a client tells the chat template besides the conversation.
  private static void add(Fields given, Map<String, Object> variables) {
    for (String name : given.names()) {
      if (RESERVED.contains(name) || name.endsWith("_token")) {
        throw ApiException.invalid(
            given.name(name),
            given.name(name) + " follows from the call itself and cannot be set here");
      }
      given.any(name).ifPresent(value -> variables.put(name, Json.plain(value)));
    }
  }

  private Prompt.Message message(Fields message, String salt) {
    String role = message.requiredText("role");
    Map<String, Object> fields = new LinkedHashMap<>(); // clients send back all that they got
    message.text("name").ifPresent(name -> fields.put("name", name));
    return switch (role) {
      case "system", "developer" -> new Prompt.Message(Role.SYSTEM, parts(message), fields);
      case "user" -> new Prompt.Message(Role.USER, parts(message), fields);
      case "assistant" -> assistant(message, fields, salt);
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
  }

  private Prompt.Message assistant(Fields message, Map<String, Object> fields, String salt) {
    message
        .text("reasoning_content")
        .or(() -> message.text("reasoning"))
        .ifPresent(thought -> fields.put("reasoning_content", thought));
    List<Object> calls = new ArrayList<>();
    message.objects("tool_calls", MOST_PARTS).forEach(call -> calls.add(call(call)));
    if (!calls.isEmpty()) {
      fields.put("tool_calls", calls);
    }
    List<Prompt.Part> parts = message.has("content") ? parts(message) : List.of();
    if (parts.isEmpty() && calls.isEmpty()) {
      throw message.missing("content");
    }
    return new Prompt.Message(
        Role.ASSISTANT, parts.stream().map(part -> memory.recall(salt, part)).toList(), fields);
  }

  /// Templates write the arguments themselves, so they get them as an object.
  private static Map<String, Object> call(Fields call) {
    Fields function = call.object("function").orElseThrow(() -> call.missing("function"));
    String arguments = function.requiredText("arguments");
    JsonNode read;
    try {
      read =
          arguments.isBlank()
              ? Json.object()
              : Json.read(arguments.getBytes(StandardCharsets.UTF_8));
    } catch (ApiException e) {
      throw ApiException.invalid(
          function.name("arguments"), function.name("arguments") + " is not JSON");
    }
    if (!read.isObject()) {
      throw ApiException.invalid(
          function.name("arguments"), function.name("arguments") + " must be a JSON object");
    }
    Map<String, Object> written = new LinkedHashMap<>();
    written.put("id", call.requiredText("id"));
    written.put("type", "function");
    Map<String, Object> called = new LinkedHashMap<>();
    called.put("name", function.requiredText("name"));
    called.put("arguments", Json.plain(read));
    written.put("function", called);
    return written;
  }

  private static List<Prompt.Part> parts(Fields message) {
    JsonNode content = message.any("content").orElseThrow(() -> message.missing("content"));
    if (content.isTextual()) {
      return List.of(new Prompt.Part.Written(content.textValue()));
    }
    List<Prompt.Part> parts = new ArrayList<>();
    for (Fields part : message.objects("content", MOST_PARTS)) {
      switch (part.requiredText("type")) {
        case "text", "input_text", "refusal" -> {
          String gap = parts.isEmpty() ? "" : "\n";
          parts.add(
              new Prompt.Part.Written(
                  gap + part.text("text").or(() -> part.text("refusal")).orElse("")));
        }
        case "image_url" -> {
          Fields image = part.object("image_url").orElseThrow(() -> part.missing("image_url"));
          parts.add(new Prompt.Part.Image(image.requiredText("url")));
        }
        case String other ->
            throw ApiException.invalid(
                part.name("type"),
                "invalid_value",
                "parts of type " + other + " are not supported");
      }
    }
    return parts;
  }
}
