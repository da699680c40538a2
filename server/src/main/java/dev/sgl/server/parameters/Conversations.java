package dev.sgl.server.parameters;

import dev.sgl.backend.Prompt;
import dev.sgl.server.chat.Effort;
import dev.sgl.server.chat.Messages;
import dev.sgl.server.chat.Prompts;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.Served;
import dev.sgl.server.turn.TokenMemory;
import dev.sgl.server.turn.ToolSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The messages of a call as a prompt.
public final class Conversations {
  private static final int MOST_MESSAGES = 10_000;

  /// Variables of a chat template that follow from the call itself.
  private static final Set<String> RESERVED =
      Set.of("messages", "tools", "add_generation_prompt", Prompt.Chat.CONTINUES);

  private final TokenMemory memory;
  private final Prompts prompts;

  /// Reads conversations with a model; its messages become the tokens that it wrote.
  public Conversations(Served served) {
    this.memory = served.memory();
    this.prompts = new Prompts(served.formats());
  }

  /// The messages of a call.
  ///
  /// @param tools that the model is told of
  public Prompt.Chat read(Fields fields, List<ToolSpec> tools) {
    List<Fields> given = given(fields);
    MessageReader reader = reader(fields);
    Optional<String> continued = continued(fields, given);
    List<Prompt.Message> messages = given.stream().map(reader::read).toList();
    Map<String, Object> variables = variables(fields, tools);
    boolean begins = fields.flag("add_generation_prompt", true);
    if (continued.isPresent()) {
      return prompts.continued(messages, variables, continued.get());
    }
    if (!begins) {
      throw ApiException.invalid(
          "add_generation_prompt",
          "without a generation prompt the model has nothing to answer; use continue_final_message");
    }
    return prompts.answered(messages, variables);
  }

  private static List<Fields> given(Fields fields) {
    List<Fields> given = fields.objects("messages", MOST_MESSAGES);
    if (given.isEmpty()) {
      throw fields.missing("messages");
    }
    return given;
  }

  private MessageReader reader(Fields fields) {
    return new MessageReader(new Messages(memory, fields.text("cache_salt").orElse("")));
  }

  /// The messages of a call as a conversation that is over, which a model judges.
  public Prompt.Chat finished(Fields fields) {
    List<Fields> given = given(fields);
    MessageReader reader = reader(fields);
    Map<String, Object> variables = new LinkedHashMap<>(variables(fields, List.of()));
    variables.put("add_generation_prompt", fields.flag("add_generation_prompt", false));
    return prompts.answered(given.stream().map(reader::read).toList(), variables);
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

  private static Map<String, Object> variables(Fields fields, List<ToolSpec> tools) {
    Optional<Effort> effort =
        fields.text("reasoning_effort").map(word -> Effort.of(word, "reasoning_effort"));
    Map<String, Object> variables = Prompts.variables(effort, tools);
    fields.object("chat_template_kwargs").ifPresent(given -> add(given, variables));
    return variables;
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
