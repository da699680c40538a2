package dev.sgl.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.TooLongException;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import dev.sgl.server.chat.Effort;
import dev.sgl.server.chat.Messages;
import dev.sgl.server.chat.Prompts;
import dev.sgl.server.chat.Tools;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.FormatReader;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.request.Ids;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Ask;
import dev.sgl.server.turn.Served;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Reads calls for responses.
final class CallReader {
  private static final int MOST_ITEMS = 10_000;
  private static final int MOST_NOTES = 16;
  private static final int LONGEST_NOTE = 512;

  /// What clients may ask to be included. The outputs of hosted tools are in no response here.
  private static final Set<String> INCLUDABLE =
      Set.of(
          CallReader.LOGPROBS,
          CallReader.SEALED,
          "code_interpreter_call.outputs",
          "computer_call_output.output.image_url",
          "file_search_call.results",
          "message.input_image.image_url",
          "web_search_call.action.sources",
          "web_search_call.results");

  private static final String LOGPROBS = "message.output_text.logprobs";
  private static final String SEALED = "reasoning.encrypted_content";

  private final Served served;
  private final Store store;

  CallReader(Served served, Store store) {
    this.served = served;
    this.store = store;
  }

  /// A call whose members are read.
  Asked read(Fields fields, Call call) {
    fields.text("model").ifPresent(served::requireName);
    if (fields.has("max_tokens")) {
      throw ApiException.invalid(
          "max_tokens",
          "unknown_parameter",
          "there is no parameter max_tokens; did you mean max_output_tokens?");
    }
    RequestContext request = served.request(fields, "resp_", call);
    ObjectNode echo = Json.object().put("id", Ids.next("resp_")).put("object", "response");
    echo.put("created_at", Instant.now().getEpochSecond()).put("model", served.name());
    Set<String> include = include(fields);
    ToolReader read = ToolReader.read(fields, call);
    Tools tools = tools(fields, echo, read);
    Type type = type(fields, echo);
    Sampling sampling = sampling(fields, echo, include.contains(LOGPROBS));
    boolean summarizes = reasoning(fields, echo);
    Conversation conversation = conversation(fields, echo, request.caller().name());
    Map<String, Object> variables = Prompts.variables(conversation.effort(), tools.all());
    Ask ask =
        served
            .ask(prompt(fields, conversation, variables), type, sampling, tools.box())
            .with(SamplingReader.scheduling(fields), SamplingReader.writing(fields));
    Asked.Mode mode =
        new Asked.Mode(
            fields.flag("stream", false),
            fields.flag("background", false),
            fields.flag("store", true),
            conversation.id(),
            summarizes,
            include.contains(SEALED));
    echo(fields, echo, mode);
    fields.object("stream_options").ifPresent(Fields::finish);
    fields.finish();
    if (mode.background() && !mode.store()) {
      throw ApiException.invalid("store", "a response in the background needs store: true");
    }
    return new Asked(
        ask, request, echo, conversation.before(), conversation.input(), read.own(), mode);
  }

  private static Set<String> include(Fields fields) {
    Set<String> include = Set.copyOf(fields.texts("include", INCLUDABLE.size()));
    for (String name : include) {
      if (!INCLUDABLE.contains(name)) {
        throw ApiException.invalid("include", "invalid_value", name + " cannot be included");
      }
    }
    return include;
  }

  // --- tools

  private Tools tools(Fields fields, ObjectNode echo, ToolReader read) {
    boolean parallel = fields.flag("parallel_tool_calls", true);
    JsonNode given = fields.any("tool_choice").orElse(Json.of("auto"));
    echo.putArray("tools").addAll(read.shown());
    echo.set("tool_choice", given);
    echo.put("parallel_tool_calls", parallel);
    return Tools.chosen(
        read.listed(),
        given.asText(),
        () -> choice(fields, read.listed(), parallel),
        served.formats());
  }

  private static Tools.Choice choice(Fields fields, Tools.Listed listed, boolean parallel) {
    JsonNode given = fields.any("tool_choice").orElse(Json.of("auto"));
    if (!given.isObject()) {
      return Tools.Choice.of(given.asText(), parallel, "tool_choice");
    }
    Fields choice = fields.object("tool_choice").orElseThrow();
    String type = choice.requiredText("type");
    Tools.Choice chosen =
        switch (type) {
          case "function", "custom" -> Tools.Choice.of(listed.require(choice, CallReader::known));
          case "allowed_tools" -> Tools.Choice.allowed(choice, listed, parallel, CallReader::known);
          default ->
              throw ApiException.invalid(
                  choice.name("type"),
                  "invalid_value",
                  choice.name("type") + " must be function, custom or allowed_tools, not " + type);
        };
    choice.finish();
    return chosen;
  }

  private static String known(Fields reference) {
    return ToolReader.known(reference.text("namespace"), reference.requiredText("name"));
  }

  // --- the answer

  private static Type type(Fields fields, ObjectNode echo) {
    Optional<Fields> text = fields.object("text");
    Optional<Fields> format = text.flatMap(inner -> inner.object("format"));
    Type type = FormatReader.read(fields, format);
    ObjectNode shown = echo.putObject("text");
    ObjectNode plain = Json.object().put("type", "text");
    shown.set("format", format.map(inner -> shownFormat((ObjectNode) inner.json())).orElse(plain));
    shown.put(
        "verbosity",
        text.map(inner -> inner.json().path("verbosity").asText("medium")).orElse("medium"));
    format.ifPresent(
        inner -> {
          inner.text("name");
          inner.text("description");
          inner.finish();
        });
    text.ifPresent(Fields::finish);
    return type;
  }

  private static ObjectNode shownFormat(ObjectNode format) {
    ObjectNode shown = format.deepCopy();
    if (shown.path("type").asText().equals("json_schema")) {
      shown.put("name", shown.path("name").asText("answer"));
      shown.put("strict", shown.path("strict").asBoolean(true));
    }
    return shown;
  }

  private Sampling sampling(Fields fields, ObjectNode echo, boolean hasLogprobs) {
    OptionalInt top = fields.integer("top_logprobs", 0, SamplingReader.MOST_LOGPROBS);
    OptionalInt most = fields.integer("max_output_tokens", 1, Integer.MAX_VALUE);
    boolean isTold = hasLogprobs || top.orElse(0) > 0;
    OptionalInt logprobs = isTold ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty();
    int vocabulary = served.backend().card().vocabulary();
    Sampling sampling = SamplingReader.read(fields, vocabulary, logprobs, most);
    echo.put("temperature", sampling.choice().temperature().orElse(1));
    echo.put("top_p", sampling.choice().topP().orElse(1));
    echo.put("top_logprobs", top.orElse(0));
    echo.put("presence_penalty", sampling.penalties().presence());
    echo.put("frequency_penalty", sampling.penalties().frequency());
    if (most.isPresent()) {
      echo.put("max_output_tokens", most.getAsInt());
    } else {
      echo.putNull("max_output_tokens");
    }
    return sampling;
  }

  /// Whether thoughts are sent as summaries.
  private static boolean reasoning(Fields fields, ObjectNode echo) {
    Optional<Fields> reasoning = fields.object("reasoning");
    ObjectNode shown = echo.putObject("reasoning");
    shown.put("effort", reasoning.flatMap(inner -> inner.text("effort")).orElse(null));
    Optional<String> old = reasoning.flatMap(inner -> inner.text("generate_summary"));
    Optional<String> summary = reasoning.flatMap(inner -> inner.text("summary")).or(() -> old);
    shown.put("summary", summary.orElse(null));
    summary.ifPresent(
        word -> {
          if (!Set.of("auto", "concise", "detailed", "none").contains(word)) {
            throw ApiException.invalid(
                "reasoning.summary",
                "invalid_value",
                "reasoning.summary must be auto, concise or detailed, not " + word);
          }
        });
    reasoning.ifPresent(Fields::finish);
    return summary.filter(word -> !word.equals("none")).isPresent();
  }

  /// Members that are repeated, and change nothing else.
  private static void echo(Fields fields, ObjectNode echo, Asked.Mode mode) {
    echo.put("background", mode.background()).put("store", mode.store());
    echo.put("instructions", fields.text("instructions").orElse(null));
    echo.put("previous_response_id", fields.text("previous_response_id").orElse(null));
    echo.put("truncation", fields.text("truncation").orElse("disabled"));
    echo.put("service_tier", "default");
    echo.set("metadata", metadata(fields));
    for (String name : List.of("user", "safety_identifier", "prompt_cache_key")) {
      echo.put(name, fields.text(name).orElse(null));
    }
    OptionalInt calls = fields.integer("max_tool_calls", 1, Integer.MAX_VALUE); // of hosted tools
    if (calls.isPresent()) {
      echo.put("max_tool_calls", calls.getAsInt());
    } else {
      echo.putNull("max_tool_calls");
    }
  }

  /// Notes of a client's own.
  static ObjectNode metadata(Fields fields) {
    ObjectNode notes = Json.object();
    Optional<Fields> given = fields.object("metadata");
    for (String name : given.map(Fields::names).orElse(List.of())) {
      String note = given.get().requiredText(name);
      if (note.length() > LONGEST_NOTE
          || name.length() > LONGEST_NOTE
          || notes.size() >= MOST_NOTES) {
        throw ApiException.invalid(
            "metadata", "metadata has at most 16 texts of at most 512 characters");
      }
      notes.put(name, note);
    }
    return notes;
  }

  // --- the conversation

  /// @param before items before this call
  /// @param input items of this call
  /// @param fields those of the input, by which faults are named
  /// @param id of a conversation that the items are added to
  private record Conversation(
      List<ObjectNode> before,
      List<ObjectNode> input,
      List<Fields> fields,
      Optional<String> id,
      Optional<Effort> effort) {}

  private Conversation conversation(Fields fields, ObjectNode echo, String owner) {
    List<Fields> given = input(fields, owner);
    List<ObjectNode> input =
        given.stream()
            .map(item -> store.named(ItemReader.kept((ObjectNode) item.json()), owner))
            .toList();
    Optional<String> id = conversationId(fields);
    Optional<String> previous = fields.text("previous_response_id");
    if (id.isPresent() && previous.isPresent()) {
      throw ApiException.invalid(
          "conversation", "conversation and previous_response_id cannot both be there");
    }
    List<ObjectNode> before = new ArrayList<>();
    previous.ifPresent(response -> before.addAll(previous(response, owner)));
    id.ifPresent(conversation -> before.addAll(stored(conversation, owner)));
    echo.putNull("conversation");
    id.ifPresent(conversation -> echo.putObject("conversation").put("id", conversation));
    if (fields.flag("store", true) || id.isPresent()) {
      store.requireRoom(before, input);
    }
    Optional<Effort> effort =
        Optional.ofNullable(echo.at("/reasoning/effort").textValue())
            .map(word -> Effort.of(word, "reasoning.effort"));
    return new Conversation(before, input, given, id, effort);
  }

  private List<ObjectNode> previous(String id, String owner) {
    Store.Kept kept =
        store
            .response(id, owner)
            .orElseThrow(
                () ->
                    ApiException.invalid(
                        "previous_response_id",
                        "previous_response_not_found",
                        "there is no response " + id + ", or it is not kept any more"));
    if (!kept.isAnswered()) {
      String status = kept.response().path("status").asText();
      throw ApiException.invalid("previous_response_id", "the response " + id + " is " + status);
    }
    return kept.all();
  }

  private List<ObjectNode> stored(String id, String owner) {
    return store
        .conversation(id, owner)
        .map(Store.Conversation::items)
        .orElseThrow(
            () ->
                ApiException.notFound(
                    "conversation",
                    "conversation_not_found",
                    "there is no conversation " + id + ", or it is not kept any more"));
  }

  private static Optional<String> conversationId(Fields fields) {
    Optional<JsonNode> given = fields.any("conversation");
    if (given.isEmpty() || given.get().isTextual()) {
      return given.map(JsonNode::textValue);
    }
    Fields object = fields.object("conversation").orElseThrow();
    String id = object.requiredText("id");
    object.finish();
    return Optional.of(id);
  }

  /// The items of this call; references are the items that they refer to.
  private List<Fields> input(Fields fields, String owner) {
    Optional<JsonNode> given = fields.any("input");
    if (given.isPresent() && given.get().isTextual()) {
      ObjectNode message = Json.object().put("type", "message").put("role", "user");
      message.put("content", given.get().textValue());
      return List.of(Fields.of(message, "input[]"));
    }
    List<Fields> items = new ArrayList<>();
    for (Fields item : fields.objects("input", MOST_ITEMS)) {
      boolean isReference = item.text("type").equals(Optional.of("item_reference"));
      items.add(isReference ? referred(item, owner) : item);
    }
    return items;
  }

  private Fields referred(Fields reference, String owner) {
    String id = reference.requiredText("id");
    reference.finish();
    ObjectNode item =
        store
            .item(id, owner)
            .orElseThrow(
                () ->
                    ApiException.notFound(
                        reference.name("id"),
                        "item_not_found",
                        "there is no item " + id + ", or it is not kept any more"));
    return Fields.of(item, "input[]");
  }

  private Prompt.Chat prompt(
      Fields fields, Conversation conversation, Map<String, Object> variables) {
    ItemReader reader =
        new ItemReader(new Messages(served.memory(), fields.text("cache_salt").orElse("")));
    fields.text("instructions").ifPresent(reader::instruct);
    conversation.before().forEach(item -> reader.add(Fields.of(item, "input[]")));
    conversation.fields().forEach(reader::add);
    List<Prompt.Message> messages = reader.all();
    if (messages.isEmpty()) {
      throw fields.missing("input");
    }
    Prompts prompts = new Prompts(served.formats());
    return switch (fields.text("truncation").orElse("disabled")) {
      case "disabled" -> prompts.answered(messages, variables);
      case "auto" -> fitting(prompts, messages, variables);
      case String other ->
          throw ApiException.invalid(
              "truncation", "invalid_value", "truncation must be auto or disabled, not " + other);
    };
  }

  /// The conversation without its first messages, as many as must go so that an answer has room;
  /// system messages stay.
  private Prompt.Chat fitting(
      Prompts prompts, List<Prompt.Message> messages, Map<String, Object> variables) {
    int first = 0; // behind the system messages
    while (first < messages.size() && messages.get(first).role() == Role.SYSTEM) {
      first++;
    }
    List<Integer> begins = new ArrayList<>(List.of(first)); // of what may be left
    for (int i = first + 1; i < messages.size(); i++) {
      if (messages.get(i).role() == Role.USER) {
        begins.add(i);
      }
    }
    int low = 0;
    int high = begins.size() - 1;
    while (low < high) {
      int middle = (low + high) / 2;
      if (fits(prompts.answered(from(messages, first, begins.get(middle)), variables))) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return prompts.answered(from(messages, first, begins.get(low)), variables);
  }

  /// The system messages, and those from `begin` on.
  private static List<Prompt.Message> from(List<Prompt.Message> all, int systems, int begin) {
    List<Prompt.Message> left = new ArrayList<>(all.subList(0, systems));
    left.addAll(all.subList(begin, all.size()));
    return left;
  }

  /// Whether there is room for an answer behind a prompt.
  private boolean fits(Prompt prompt) {
    try {
      return served.backend().tokens(prompt).size() < served.backend().card().context();
    } catch (TooLongException e) {
      return false;
    }
  }
}
