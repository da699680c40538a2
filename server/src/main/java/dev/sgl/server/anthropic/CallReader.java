package dev.sgl.server.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Sampling;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import dev.sgl.server.chat.Effort;
import dev.sgl.server.chat.Messages;
import dev.sgl.server.chat.Prompts;
import dev.sgl.server.chat.Tools;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.parameters.FormatReader;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.request.Ids;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Ask;
import dev.sgl.server.turn.Served;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Reads calls for messages.
final class CallReader {
  private static final int MOST_MESSAGES = 10_000;
  private static final int MOST_STOPS = 64;

  private final Served served;

  CallReader(Served served) {
    this.served = served;
  }

  /// A call whose members are read.
  Asked read(Fields fields, Call call) {
    int most =
        fields
            .integer("max_tokens", 1, Integer.MAX_VALUE)
            .orElseThrow(() -> fields.missing("max_tokens"));
    List<String> stops = fields.texts("stop_sequences", MOST_STOPS);
    int vocabulary = served.backend().card().vocabulary();
    Sampling sampling =
        SamplingReader.read(fields, vocabulary, OptionalInt.empty(), OptionalInt.of(most));
    boolean stream = fields.flag("stream", false);
    RequestContext request = served.request(fields, "req_", call);
    call.set("request-id", request.id());
    Thinking thinking = Thinking.read(fields, most);
    Ask ask = ask(fields, thinking, stopping(sampling, stops), call);
    fields.finish();
    String id = Ids.next("msg_");
    return new Asked(ask, request, id, stops, stream, thinking.isShown());
  }

  /// A call that only counts the tokens of its conversation.
  Ask counted(Fields fields, Call call) {
    Ask ask = ask(fields, Thinking.read(fields, Integer.MAX_VALUE), Sampling.DEFAULT, call);
    fields.finish();
    return ask;
  }

  private Ask ask(Fields fields, Thinking thinking, Sampling sampling, Call call) {
    served.requireName(fields.requiredText("model"));
    if (fields.has("thread")) { // clients know the code, and send all messages from then on
      throw ApiException.invalid(
          "thread",
          "thread_unsupported_request",
          "this server keeps no threads; send the whole conversation");
    }
    Tools tools = tools(fields, call);
    Optional<Fields> output = fields.object("output_config");
    Optional<Fields> format =
        output.flatMap(inner -> inner.object("format")).or(() -> fields.object("output_format"));
    Type type = FormatReader.read(fields, format);
    format.ifPresent(Fields::finish);
    Optional<Effort> effort =
        output
            .flatMap(inner -> inner.text("effort"))
            .map(word -> Effort.of(word, "output_config.effort"));
    output.ifPresent(Fields::finish);
    Map<String, Object> variables = Prompts.variables(effort, tools.all());
    variables.put("enable_thinking", thinking.isOn());
    edits(fields);
    Ask ask =
        served
            .ask(prompt(fields, variables), type, sampling, tools.box())
            .with(SamplingReader.scheduling(fields), SamplingReader.writing(fields));
    return thinking.most().isPresent() ? ask.withThoughtOf(thinking.most().getAsInt()) : ask;
  }

  private static Sampling stopping(Sampling sampling, List<String> stops) {
    if (stops.contains("")) {
      throw ApiException.invalid("stop_sequences", "a stop sequence must not be empty");
    }
    List<String> all = new ArrayList<>(sampling.stops().texts());
    all.addAll(stops);
    return sampling.withStops(all, sampling.stops().tokens());
  }

  /// Edits of the conversation: chat templates leave old thoughts out as they do, which is the only
  /// edit here.
  private static void edits(Fields fields) {
    Optional<Fields> management = fields.object("context_management");
    for (Fields edit : management.map(m -> m.objects("edits", MOST_STOPS)).orElse(List.of())) {
      if (!edit.requiredText("type").startsWith("clear_thinking_")) {
        throw ApiException.invalid(
            edit.name("type"), "this server does not edit conversations in this way");
      }
      edit.ignore("keep");
      edit.finish();
    }
    management.ifPresent(Fields::finish);
  }

  // --- thoughts

  /// How the model thinks.
  ///
  /// @param most tokens of a thought
  /// @param isShown whether the thought is in the message
  private record Thinking(boolean isOn, OptionalInt most, boolean isShown) {

    static Thinking read(Fields fields, int maxTokens) {
      Optional<Fields> given = fields.object("thinking");
      if (given.isEmpty()) {
        return new Thinking(false, OptionalInt.empty(), true);
      }
      Fields thinking = given.get();
      String type = thinking.requiredText("type");
      if (!Set.of("enabled", "adaptive", "disabled").contains(type)) {
        throw ApiException.invalid(
            "thinking.type", "thinking.type must be enabled, adaptive or disabled, not " + type);
      }
      OptionalInt most = thinking.integer("budget_tokens", 1, Integer.MAX_VALUE);
      if (most.isPresent() && most.getAsInt() >= maxTokens) {
        throw ApiException.invalid(
            "max_tokens", "max_tokens must be greater than thinking.budget_tokens");
      }
      boolean isShown = !thinking.text("display").orElse("summarized").equals("omitted");
      thinking.finish();
      return new Thinking(!type.equals("disabled"), most, isShown);
    }
  }

  // --- tools

  private Tools tools(Fields fields, Call call) {
    Tools.Listed listed = new Tools.Listed();
    for (Fields tool : fields.objects("tools", Tools.MOST)) {
      String type = tool.text("type").orElse("custom");
      if (!type.equals("custom")) {
        throw ApiException.invalid(
            tool.name("type"),
            "the tool %s is known to Anthropic's models only; describe it by input_schema"
                .formatted(type));
      }
      listed.add(tool, "input_schema");
      tool.finish();
    }
    listed.tell(call);
    Optional<Fields> choice = fields.object("tool_choice");
    String type = choice.map(given -> given.requiredText("type")).orElse("auto");
    boolean parallel = !choice.map(c -> c.flag("disable_parallel_tool_use", false)).orElse(false);
    Optional<String> name =
        choice.filter(_ -> type.equals("tool")).map(given -> given.requiredText("name"));
    choice.ifPresent(Fields::finish);
    return Tools.chosen(listed, type, () -> choice(type, name, listed, parallel), served.formats());
  }

  private static Tools.Choice choice(
      String type, Optional<String> name, Tools.Listed listed, boolean parallel) {
    return switch (type) {
      case "auto" -> Tools.Choice.of("auto", parallel, "tool_choice.type");
      case "any" -> Tools.Choice.of("required", parallel, "tool_choice.type");
      case "tool" -> {
        if (!listed.has(name.orElseThrow())) {
          throw ApiException.invalid("tool_choice.name", "there is no tool " + name.get());
        }
        yield Tools.Choice.of(name.get());
      }
      default ->
          throw ApiException.invalid(
              "tool_choice.type", "tool_choice.type must be auto, any, tool or none, not " + type);
    };
  }

  // --- the conversation

  private Prompt.Chat prompt(Fields fields, Map<String, Object> variables) {
    BlockReader reader =
        new BlockReader(new Messages(served.memory(), fields.text("cache_salt").orElse("")));
    Optional<JsonNode> system = fields.any("system");
    system.ifPresent(_ -> reader.system(fields));
    List<Fields> messages = fields.objects("messages", MOST_MESSAGES);
    if (messages.isEmpty()) {
      throw fields.missing("messages");
    }
    messages.forEach(reader::add);
    List<Prompt.Message> all = reader.all();
    if (all.isEmpty()) {
      throw ApiException.invalid("messages", "the messages have no content");
    }
    Prompts prompts = new Prompts(served.formats());
    return all.getLast().role() == Role.ASSISTANT
        ? prompts.continued(all, variables, "messages")
        : prompts.answered(all, variables);
  }
}
