package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Prompt;
import dev.sgl.program.Role;
import dev.sgl.server.format.Formats;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.Served;
import dev.sgl.server.turn.TokenMemory;
import dev.sgl.server.turn.ToolSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The messages of a call as a prompt.
public final class Conversations {
  private static final int MOST_MESSAGES = 10_000;

  /// What OpenAI's models and the chat templates of others know.
  private static final List<String> EFFORTS =
      List.of("none", "minimal", "low", "medium", "high", "xhigh", "max");

  /// Variables of a chat template that follow from the call itself.
  private static final Set<String> RESERVED =
      Set.of("messages", "tools", "add_generation_prompt", Prompt.Chat.CONTINUES);

  private final TokenMemory memory;
  private final Formats formats;

  /// Reads conversations with a model; its messages become the tokens that it wrote.
  public Conversations(Served served) {
    this.memory = served.memory();
    this.formats = served.formats();
  }

  /// The messages of a call.
  ///
  /// @param tools that the model is told of
  public Prompt.Chat read(Fields fields, List<ToolSpec> tools) {
    List<Fields> given = given(fields);
    MessageReader reader = reader(fields);
    Optional<String> continued = continued(fields, given);
    List<Prompt.Message> messages = withCalls(given.stream().map(reader::read).toList());
    Map<String, Object> variables = variables(fields, tools);
    boolean begins = fields.flag("add_generation_prompt", true);
    if (continued.isPresent()) {
      return begun(messages, variables, continued.get(), given.getLast());
    }
    if (!begins) {
      throw ApiException.invalid(
          "add_generation_prompt",
          "without a generation prompt the model has nothing to answer; use continue_final_message");
    }
    return new Prompt.Chat(messages, List.of(), variables);
  }

  /// The messages with their calls as text, where the chat template writes none; thoughts by the
  /// name that the template has for them.
  private List<Prompt.Message> withCalls(List<Prompt.Message> messages) {
    if (formats.channels().isPresent() && formats.calls() == Formats.Calls.WITH_OBJECTS) {
      return messages.stream().map(Conversations::thinking).toList();
    }
    if (formats.calls() == Formats.Calls.WITH_TEXT) {
      return messages.stream().map(Conversations::withTextArguments).toList();
    }
    if (formats.calls() == Formats.Calls.WITH_OBJECTS || formats.tools().isEmpty()) {
      return messages;
    }
    List<Prompt.Message> all = new ArrayList<>();
    int before = 0;
    for (Prompt.Message message : messages) {
      if (message.fields().get(MessageReader.CALLS) instanceof List<?> calls) {
        List<Prompt.Part> parts = new ArrayList<>(message.parts());
        parts.add(new Prompt.Part.Written(formats.written(calls, before)));
        Map<String, Object> fields = new LinkedHashMap<>(message.fields());
        fields.remove(MessageReader.CALLS); // the template may refuse them
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
    if (!(message.fields().get(MessageReader.CALLS) instanceof List<?> calls)) {
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
    fields.put(MessageReader.CALLS, texts);
    return new Prompt.Message(message.role(), message.parts(), fields);
  }

  /// A message whose thought has the name of OpenAI's harmony format, which allows one before a
  /// call, if nothing was said before it.
  private static Prompt.Message thinking(Prompt.Message message) {
    Object thought = message.fields().get(MessageReader.THOUGHT);
    if (thought == null || !message.text().isEmpty()) {
      return message;
    }
    Map<String, Object> fields = new LinkedHashMap<>(message.fields());
    fields.put("thinking", thought);
    return new Prompt.Message(message.role(), message.parts(), fields);
  }

  private static List<Fields> given(Fields fields) {
    List<Fields> given = fields.objects("messages", MOST_MESSAGES);
    if (given.isEmpty()) {
      throw fields.missing("messages");
    }
    return given;
  }

  private MessageReader reader(Fields fields) {
    return new MessageReader(memory, fields.text("cache_salt").orElse(""));
  }

  /// The messages of a call as a conversation that is over, which a model judges.
  public Prompt.Chat finished(Fields fields) {
    List<Fields> given = given(fields);
    MessageReader reader = reader(fields);
    Map<String, Object> variables = new LinkedHashMap<>(variables(fields, List.of()));
    variables.put("add_generation_prompt", fields.flag("add_generation_prompt", false));
    List<Prompt.Message> messages = withCalls(given.stream().map(reader::read).toList());
    return new Prompt.Chat(messages, List.of(), variables);
  }

  /// The member that asks for the last message to be continued: `continue_final_message`, or that
  /// message's own `prefix`, as DeepSeek and Mistral have it.
  private static Optional<String> continued(Fields fields, List<Fields> messages) {
    Optional<String> name =
        fields.flag("continue_final_message", false)
            ? Optional.of("continue_final_message")
            : Optional.empty();
    for (Fields message : messages) {
      if (message.flag("prefix", false)) {
        if (message != messages.getLast()) {
          throw ApiException.invalid(
              message.name("prefix"), "only the last message can be continued");
        }
        name = Optional.of(message.name("prefix"));
      }
    }
    return name;
  }

  /// The conversation whose last message is continued: the text of the message; its thought, if
  /// it has no text yet; or the text behind its calls.
  private static Prompt.Chat begun(
      List<Prompt.Message> messages, Map<String, Object> variables, String name, Fields given) {
    Prompt.Message last = messages.getLast();
    if (last.role() != Role.ASSISTANT) {
      throw ApiException.invalid(name, "the last message is not the assistant's");
    }
    List<Prompt.Message> all = new ArrayList<>(messages.subList(0, messages.size() - 1));
    if (last.fields().isEmpty()) {
      return new Prompt.Chat(all, last.parts(), variables);
    }
    Map<String, Object> fields = new LinkedHashMap<>(last.fields());
    List<Prompt.Part> parts = List.of(); // of the message, before what is continued
    List<Prompt.Part> open = last.parts();
    if (fields.get(MessageReader.CALLS) instanceof List<?> calls) {
      requireWhole(calls, given);
      parts = last.parts();
      open = List.of();
    } else if (last.text().isEmpty() && fields.get(MessageReader.THOUGHT) instanceof String text) {
      fields.put(MessageReader.THOUGHT, "");
      open = List.of(new Prompt.Part.Written(text));
    }
    all.add(new Prompt.Message(Role.ASSISTANT, parts, fields));
    Map<String, Object> more = new HashMap<>(variables);
    more.put(Prompt.Chat.CONTINUES, true);
    return new Prompt.Chat(all, open, more);
  }

  private static void requireWhole(List<?> calls, Fields message) {
    for (int i = 0; i < calls.size(); i++) {
      boolean isCut =
          calls.get(i) instanceof Map<?, ?> call
              && call.get("function") instanceof Map<?, ?> function
              && function.get("arguments") instanceof String;
      if (isCut) {
        String name = message.name("tool_calls[" + i + "].function.arguments");
        throw ApiException.invalid(
            name, name + " is cut off, and a message cannot be continued behind a call that is");
      }
    }
  }

  private static Map<String, Object> variables(Fields fields, List<ToolSpec> tools) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("enable_thinking", true);
    fields
        .text("reasoning_effort")
        .ifPresent(
            effort -> {
              if (!EFFORTS.contains(effort)) {
                throw ApiException.invalid(
                    "reasoning_effort",
                    "invalid_value",
                    "reasoning_effort must be one of %s, not %s"
                        .formatted(String.join(", ", EFFORTS), effort));
              }
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
}
