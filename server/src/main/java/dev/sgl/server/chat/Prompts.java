package dev.sgl.server.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Prompt;
import dev.sgl.program.Role;
import dev.sgl.server.format.Formats;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.ToolSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes prompts of messages, as a model's chat template takes them.
///
/// @param formats of the model
public record Prompts(Formats formats) {

  /// A conversation that the model answers.
  ///
  /// @param variables of the chat template
  public Prompt.Chat answered(List<Prompt.Message> messages, Map<String, Object> variables) {
    return new Prompt.Chat(withCalls(messages), List.of(), variables);
  }

  /// A conversation whose last message the model continues: the text of the message; its thought,
  /// if it has no text yet; or the text behind its calls.
  ///
  /// @param name of the parameter that asks for that
  /// @throws ApiException if there is nothing that can be continued
  public Prompt.Chat continued(
      List<Prompt.Message> all, Map<String, Object> variables, String name) {
    List<Prompt.Message> messages = new ArrayList<>(withCalls(all));
    Prompt.Message last = messages.removeLast();
    if (last.role() != Role.ASSISTANT) {
      throw ApiException.invalid(name, "the last message is not the assistant's");
    }
    if (last.fields().isEmpty()) {
      return new Prompt.Chat(messages, last.parts(), variables);
    }
    Map<String, Object> fields = new LinkedHashMap<>(last.fields());
    List<Prompt.Part> parts = List.of(); // of the message, before what is continued
    List<Prompt.Part> open = last.parts();
    if (fields.get(Messages.CALLS) instanceof List<?> calls) {
      requireWhole(calls, name);
      parts = last.parts();
      open = List.of();
    } else if (last.text().isEmpty() && fields.get(Messages.THOUGHT) instanceof String text) {
      fields.put(Messages.THOUGHT, "");
      open = List.of(new Prompt.Part.Written(text));
    }
    messages.add(new Prompt.Message(Role.ASSISTANT, parts, fields));
    Map<String, Object> more = new HashMap<>(variables);
    more.put(Prompt.Chat.CONTINUES, true);
    return new Prompt.Chat(messages, open, more);
  }

  private static void requireWhole(List<?> calls, String name) {
    for (int i = 0; i < calls.size(); i++) {
      boolean isCut =
          calls.get(i) instanceof Map<?, ?> call
              && call.get("function") instanceof Map<?, ?> function
              && function.get("arguments") instanceof String;
      if (isCut) {
        throw ApiException.invalid(
            name,
            "the arguments of call %d are cut off, and a message cannot be continued behind a call that is"
                .formatted(i + 1));
      }
    }
  }

  /// The messages with their calls as text, where the chat template writes none; thoughts by the
  /// name that the template has for them.
  private List<Prompt.Message> withCalls(List<Prompt.Message> messages) {
    if (formats.channels().isPresent() && formats.calls() == Formats.Calls.WITH_OBJECTS) {
      return messages.stream().map(Prompts::thinking).toList();
    }
    if (formats.calls() == Formats.Calls.WITH_TEXT) {
      return messages.stream().map(Prompts::withTextArguments).toList();
    }
    if (formats.calls() == Formats.Calls.WITH_OBJECTS || formats.tools().isEmpty()) {
      return messages;
    }
    List<Prompt.Message> all = new ArrayList<>();
    int before = 0;
    for (Prompt.Message message : messages) {
      if (message.fields().get(Messages.CALLS) instanceof List<?> calls) {
        List<Prompt.Part> parts = new ArrayList<>(message.parts());
        parts.add(new Prompt.Part.Written(formats.written(calls, before)));
        Map<String, Object> fields = new LinkedHashMap<>(message.fields());
        fields.remove(Messages.CALLS); // the template may refuse them
        all.add(new Prompt.Message(message.role(), parts, fields));
        before += calls.size();
      } else {
        all.add(message);
      }
    }
    return all;
  }

  /// A message whose calls have texts as arguments.
  private static Prompt.Message withTextArguments(Prompt.Message message) {
    if (!(message.fields().get(Messages.CALLS) instanceof List<?> calls)) {
      return message;
    }
    List<Object> texts = new ArrayList<>();
    for (Object call : calls) {
      ObjectNode copy = (ObjectNode) Json.of(call);
      ObjectNode function = (ObjectNode) copy.path("function");
      if (!function.path("arguments").isTextual()) {
        function.put("arguments", function.path("arguments").toString());
      }
      texts.add(Json.plain(copy));
    }
    Map<String, Object> fields = new LinkedHashMap<>(message.fields());
    fields.put(Messages.CALLS, texts);
    return new Prompt.Message(message.role(), message.parts(), fields);
  }

  /// A message whose thought has the name of OpenAI's harmony format, which allows one before a
  /// call, if nothing was said before it.
  private static Prompt.Message thinking(Prompt.Message message) {
    Object thought = message.fields().get(Messages.THOUGHT);
    if (thought == null || !message.text().isEmpty()) {
      return message;
    }
    Map<String, Object> fields = new LinkedHashMap<>(message.fields());
    fields.put("thinking", thought);
    return new Prompt.Message(message.role(), message.parts(), fields);
  }

  // --- variables of the chat template

  /// What chat templates know of a call beside its messages.
  ///
  /// @param effort with which the model thinks
  /// @param tools that it is told of
  public static Map<String, Object> variables(Optional<Effort> effort, List<ToolSpec> tools) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("enable_thinking", true);
    effort.ifPresent(
        asked -> {
          variables.put("reasoning_effort", asked.word());
          variables.put("enable_thinking", asked != Effort.NONE);
        });
    if (!tools.isEmpty()) {
      variables.put("tools", tools.stream().map(Prompts::tool).toList());
    }
    return variables;
  }

  /// A tool as chat templates know it; its members in the order in which they are printed.
  private static Map<String, Object> tool(ToolSpec tool) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("type", "function");
    members.put("function", Json.plain(tool.function()));
    return members;
  }
}
