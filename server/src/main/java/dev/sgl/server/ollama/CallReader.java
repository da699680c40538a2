package dev.sgl.server.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import dev.sgl.server.chat.Effort;
import dev.sgl.server.chat.Messages;
import dev.sgl.server.chat.Prompts;
import dev.sgl.server.chat.Schemas;
import dev.sgl.server.chat.Tools;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.Gap;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Ask;
import dev.sgl.server.turn.Served;
import dev.sgl.server.turn.ToolSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/// Reads calls for answers.
final class CallReader {
  private static final int MOST_MESSAGES = 10_000;

  /// Options of the way in which a model is run; its answers do not depend on them.
  private static final String[] OF_RUNNING = {
    "num_ctx",
    "num_batch",
    "num_gpu",
    "main_gpu",
    "num_thread",
    "num_keep",
    "use_mmap",
    "numa",
    "low_vram",
    "f16_kv",
    "use_mlock",
    "vocab_only"
  };

  private static final List<String> BESIDE = List.of("temperature", "top_p", "seed", "stop");

  private final Served served;

  CallReader(Served served) {
    this.served = served;
  }

  /// A call for the next message of a conversation.
  ///
  /// @return empty if it only has the model loaded
  Optional<Asked> chat(Fields fields, Call call) {
    String model = fields.requiredText("model");
    Names.require(model, served);
    if (fields.items("messages", MOST_MESSAGES).isEmpty()) {
      return loading(fields, "tools", "tool_choice", "system");
    }
    Tools.Listed listed = new Tools.Listed();
    for (Fields tool : fields.objects("tools", Tools.MOST)) {
      tool.text("type");
      Fields function = tool.object("function").orElseThrow(() -> tool.missing("function"));
      listed.add(function, "parameters");
      listed.leaveOut(function);
      tool.finish();
    }
    listed.tell(call);
    String choice = fields.text("tool_choice").orElse("auto"); // which Ollama does not have
    List<ToolSpec> offered = choice.equals("none") ? List.of() : listed.all();
    Tools.Choice chosen = Tools.Choice.of(offered.isEmpty() ? "auto" : choice, true, "tool_choice");
    Tools tools = Tools.of(offered, chosen, served.formats(), "tools");
    List<Prompt.Message> messages = new ArrayList<>(messages(fields));
    Optional<String> system = fields.text("system").filter(text -> !text.isEmpty());
    if (system.isPresent() && messages.stream().noneMatch(m -> m.role() == Role.SYSTEM)) {
      messages.addFirst(message(Role.SYSTEM, system.get(), List.of())); // as some clients put it
    }
    Map<String, Object> variables = variables(fields, tools);
    Prompts prompts = new Prompts(served.formats());
    Prompt.Chat prompt =
        messages.getLast().role() == Role.ASSISTANT
            ? prompts.continued(messages, variables, "messages")
            : prompts.answered(messages, variables);
    Ask ask = served.ask(prompt, type(fields), sampling(fields), tools.box());
    return Optional.of(asked(ask, model, true, fields, call));
  }

  /// A call for a text; empty if it only has the model loaded.
  Optional<Asked> text(Fields fields, Call call) {
    String model = fields.requiredText("model");
    Names.require(model, served);
    String text = fields.text("prompt").orElse("");
    boolean isRaw = fields.flag("raw", false);
    Optional<String> suffix = fields.text("suffix").filter(behind -> !behind.isEmpty());
    String system = fields.text("system").orElse("");
    List<String> images = fields.texts("images", MOST_MESSAGES);
    if (text.isEmpty()) {
      return loading(fields, "template", "context");
    }
    boolean thinks = fields.any("think").filter(word -> !word.asText().equals("false")).isPresent();
    if ((isRaw || suffix.isPresent()) && (!system.isEmpty() || !images.isEmpty() || thinks)) {
      String name = isRaw ? "raw" : "suffix";
      throw ApiException.invalid(
          name, "with " + name + " there is no system message, no picture and no thought");
    }
    Map<String, Object> variables = variables(fields, Tools.NONE);
    Type type = type(fields);
    Sampling sampling = sampling(fields);
    if (isRaw || suffix.isPresent()) {
      Ask ask = raw(text, suffix, type, sampling, fields);
      return Optional.of(asked(ask, model, false, fields, call));
    }
    List<Prompt.Message> messages = new ArrayList<>();
    if (!system.isEmpty()) {
      messages.add(message(Role.SYSTEM, system, List.of()));
    }
    messages.add(message(Role.USER, text, images));
    Prompt.Chat prompt = new Prompts(served.formats()).answered(messages, variables);
    Ask ask = served.ask(prompt, type, sampling, Optional.empty());
    return Optional.of(asked(ask, model, false, fields, call));
  }

  /// A text that the model continues, or, before another one, completes.
  private Ask raw(
      String text, Optional<String> suffix, Type type, Sampling sampling, Fields fields) {
    TokenBackend backend = served.backend();
    Optional<Gap> gap = suffix.map(behind -> Gap.before(behind, "suffix", backend));
    String whole = gap.map(one -> one.infill().prompt(text, one.behind())).orElse(text);
    return new Ask(
        new Prompt.Raw(List.of(new Prompt.Part.Written(whole))),
        type,
        gap.map(one -> one.sampling(sampling, backend)).orElse(sampling),
        SamplingReader.scheduling(fields),
        SamplingReader.writing(fields));
  }

  /// A call that only has the model loaded.
  ///
  /// @param others members that such a call may have
  private static Optional<Asked> loading(Fields fields, String... others) {
    fields.flag("stream", true);
    fields.ignore("format", "think", "options", "logprobs", "top_logprobs");
    fields.ignore(others);
    fields.finish();
    return Optional.empty();
  }

  private Asked asked(Ask ask, String model, boolean isChat, Fields fields, Call call) {
    boolean stream = fields.flag("stream", true);
    RequestContext request = served.request(fields, "", call);
    fields.finish();
    return new Asked(ask, request, model, isChat, stream);
  }

  // --- options

  private Sampling sampling(Fields fields) {
    Fields options = options(fields);
    options.ignore(OF_RUNNING);
    OptionalInt others = fields.integer("max_output_tokens", 1, Integer.MAX_VALUE);
    OptionalInt own = options.integer("num_predict", -2, Integer.MAX_VALUE);
    OptionalInt most = own.isPresent() ? own : others;
    OptionalInt limit = most.orElse(-1) < 0 ? OptionalInt.empty() : most;
    int vocabulary = served.backend().card().vocabulary();
    OptionalInt top = fields.integer("top_logprobs", 0, SamplingReader.MOST_LOGPROBS);
    if (top.isPresent() && !fields.flag("logprobs", false)) {
      throw ApiException.invalid("top_logprobs", "top_logprobs needs logprobs: true");
    }
    OptionalInt logprobs =
        fields.flag("logprobs", false) ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty();
    Sampling sampling = SamplingReader.read(options, vocabulary, logprobs, limit);
    OptionalDouble repetition = options.number("repeat_penalty", 0.01, 10);
    options.finish();
    Sampling.Penalties all = sampling.penalties();
    return repetition.isPresent()
        ? sampling.withPenalties(
            new Sampling.Penalties(all.frequency(), all.presence(), repetition, all.logitBias()))
        : sampling;
  }

  /// The options, and those that some clients put beside them.
  private static Fields options(Fields fields) {
    ObjectNode options = Json.object();
    for (String name : BESIDE) {
      fields.any(name).ifPresent(value -> options.set(name, value));
    }
    fields.object("options").ifPresent(given -> options.setAll((ObjectNode) given.json()));
    return Fields.of(options, "options");
  }

  private static Type type(Fields fields) {
    Optional<JsonNode> format = fields.any("format");
    if (format.isEmpty() || format.get().isTextual() && format.get().textValue().isEmpty()) {
      return Type.TEXT;
    }
    JsonNode schema = format.get();
    if (schema.isTextual() && !schema.textValue().equals("json")) {
      throw ApiException.invalid("format", "format must be json or a JSON Schema");
    }
    Type type =
        schema.isTextual()
            ? new Type.Schema("{\"type\":\"object\"}")
            : Schemas.type(Schemas.closed(schema));
    Schemas.require("format", type);
    return type;
  }

  private Map<String, Object> variables(Fields fields, Tools tools) {
    Optional<JsonNode> think = fields.any("think");
    if (think.isEmpty() || think.get().isBoolean()) {
      boolean isOn = think.map(JsonNode::booleanValue).orElse(true);
      if (think.isPresent() && isOn && !thinks()) {
        throw ApiException.invalid(
            "think", "%s does not support thinking".formatted(served.name()));
      }
      Map<String, Object> variables = Prompts.variables(Optional.empty(), tools.all());
      variables.put("enable_thinking", isOn);
      return variables;
    }
    Effort effort = Effort.of(fields.requiredText("think"), "think");
    return Prompts.variables(Optional.of(effort), tools.all());
  }

  private boolean thinks() {
    return served.formats().thoughts().isPresent() || served.formats().channels().isPresent();
  }

  // --- messages

  private List<Prompt.Message> messages(Fields fields) {
    Messages made = new Messages(served.memory(), "");
    CallIds ids = new CallIds();
    List<Prompt.Message> messages = new ArrayList<>();
    for (Fields message : fields.objects("messages", MOST_MESSAGES)) {
      messages.add(message(message, made, ids));
      message.finish();
    }
    return messages;
  }

  private static Prompt.Message message(Fields message, Messages made, CallIds ids) {
    String text = message.text("content").orElse("");
    List<String> images = message.texts("images", MOST_MESSAGES);
    return switch (message.requiredText("role")) {
      case "system" -> message(Role.SYSTEM, text, images);
      case "user" -> message(Role.USER, text, images);
      case "assistant" -> {
        List<Object> calls = new ArrayList<>();
        for (Fields call : message.objects("tool_calls", MOST_MESSAGES)) {
          calls.add(call(call, ids));
        }
        List<Prompt.Part> parts =
            text.isEmpty() ? List.of() : List.of(new Prompt.Part.Written(text));
        yield made.assistant(message.text("thinking").orElse(""), parts, calls, Map.of());
      }
      case "tool" -> {
        Optional<String> old = message.text("name");
        String tool = message.text("tool_name").or(() -> old).orElse("");
        String id = ids.answered(message.text("tool_call_id"), tool);
        yield Messages.result(id, List.of(new Prompt.Part.Written(text)), Map.of());
      }
      case String other ->
          throw ApiException.invalid(
              message.name("role"),
              message.name("role") + " must be system, user, assistant or tool, not " + other);
    };
  }

  private static Prompt.Message message(Role role, String text, List<String> images) {
    List<Prompt.Part> parts = new ArrayList<>();
    images.forEach(image -> parts.add(new Prompt.Part.Image("data:image/png;base64," + image)));
    parts.add(new Prompt.Part.Written(text));
    return new Prompt.Message(role, parts, Map.of());
  }

  private static Map<String, Object> call(Fields call, CallIds ids) {
    Fields function = call.object("function").orElseThrow(() -> call.missing("function"));
    String name = function.requiredText("name");
    Object arguments =
        function.object("arguments").map(given -> Json.plain(given.json())).orElseGet(Map::of);
    function.ignore("index", "description");
    function.finish();
    call.text("type");
    String id = ids.called(call.text("id").filter(given -> !given.isEmpty()), name);
    call.finish();
    return Messages.call(id, name, arguments);
  }
}
