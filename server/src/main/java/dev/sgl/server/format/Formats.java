package dev.sgl.server.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.TokenBackend;
import dev.sgl.program.Role;
import dev.sgl.server.http.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The formats of a model, which its chat template shows: it is given a message with a call and one
/// with a thought, and its text is compared with the known formats. A template that writes no
/// calls is known by its marks.
///
/// @param tools how the model writes calls; empty if it knows no tools, or its calls are not known
/// @param thoughts how it thinks; empty if it does not
/// @param channels how it parts an answer into messages; empty if it does not
/// @param showsCalls whether the template writes the calls of earlier messages
public record Formats(
    Optional<ToolFormat> tools,
    Optional<ThoughtFormat> thoughts,
    Optional<Channels> channels,
    boolean showsCalls) {
  /// Of a model without a chat template.
  public static final Formats NONE =
      new Formats(Optional.empty(), Optional.empty(), Optional.empty(), true);

  private static final String TOOL = "sgl_probe_tool";
  private static final String ID = "sglprobe1"; // nine letters and digits, which Mistral asks for
  private static final String THOUGHT = "sgl-probe-thought";
  private static final String ANSWER = "sgl-probe-answer";
  private static final Prompt.Message QUESTION =
      new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written("Hello.")), Map.of());
  private static final String PLACE = "sgl-probe-place";
  private static final ObjectNode ARGUMENTS =
      Json.object().put("sgl_place", PLACE).put("sgl_year", 1970);

  /// The formats of a model.
  public static Formats of(TokenBackend backend) {
    Optional<String> template = backend.card().chatTemplate();
    return template.map(source -> of(source, backend)).orElse(NONE);
  }

  private static Formats of(String template, TokenBackend backend) {
    String calls = calls(backend);
    boolean showsCalls = calls.contains(PLACE);
    Optional<Channels> channels = Channels.of(template);
    if (channels.isPresent()) {
      return new Formats(channels.map(Channels::calls), Optional.empty(), channels, showsCalls);
    }
    Optional<ToolFormat> tools =
        showsCalls
            ? ToolFormats.all().stream().filter(format -> calls.contains(probe(format))).findFirst()
            : Optional.empty();
    return new Formats(
        tools.or(() -> marked(template, backend)),
        thoughts(template, backend),
        channels,
        showsCalls);
  }

  /// Whether the template tells the model of tools.
  private static boolean showsTools(String template, TokenBackend backend) {
    String text = rendered(backend, List.of(QUESTION));
    return text.isEmpty() ? template.contains("tools") : text.contains(TOOL);
  }

  /// The formats of a model by the marks in its chat template alone.
  private static Optional<ToolFormat> marked(String template, TokenBackend backend) {
    if (!showsTools(template, backend)) {
      return Optional.empty();
    }
    return ToolFormats.all().stream()
        .filter(format -> format != ToolFormats.LLAMA)
        .filter(format -> signs(format).allMatch(template::contains))
        .findFirst()
        .or(() -> Optional.of(ToolFormats.LLAMA).filter(_ -> isLlama(template)));
  }

  private static boolean isLlama(String template) {
    boolean hasTokens =
        template.contains(ToolFormats.LLAMA.mark().text())
            || template.contains("<|start_header_id|>");
    return hasTokens && template.contains("\"parameters\"");
  }

  /// The texts of a format that a template has which teaches it.
  private static Stream<String> signs(ToolFormat format) {
    if (!format.signs().isEmpty()) {
      return format.signs().stream();
    }
    String tokens = format.call().afterName() + format.close();
    return Stream.of(
            Stream.of(format.mark().text()),
            format.nextMark().stream(),
            format.call().syntax().outer().stream().map(form -> form.beforeName()),
            ToolFormat.TOKENS.matcher(tokens).results().map(found -> found.group()))
        .flatMap(signs -> signs);
  }

  // --- calls

  private static String probe(ToolFormat format) {
    String mark = format.mark().isWritten() ? format.mark().text() : "";
    String call = format.begun(format.call().begin(), TOOL, ARGUMENTS, 0, ID);
    return mark + format.open() + call;
  }

  /// A message with a call, by the template; empty if the template refuses it.
  private static String calls(TokenBackend backend) {
    return Stream.<Object>of(Json.plain(ARGUMENTS), ARGUMENTS.toString())
        .map(arguments -> rendered(backend, List.of(QUESTION, message(arguments))))
        .filter(text -> !text.isEmpty())
        .findFirst()
        .orElse("");
  }

  private static Prompt.Message message(Object arguments) {
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", TOOL);
    function.put("arguments", arguments);
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("id", ID);
    call.put("type", "function");
    call.put("function", function);
    return new Prompt.Message(Role.ASSISTANT, List.of(), Map.of("tool_calls", List.of(call)));
  }

  private static Map<String, Object> tool() {
    ObjectNode function = Json.object().put("name", TOOL).put("description", "A probe.");
    ObjectNode parameters = function.putObject("parameters").put("type", "object");
    ObjectNode properties = parameters.putObject("properties");
    ARGUMENTS
        .fieldNames()
        .forEachRemaining(
            name -> properties.putObject(name).put("type", "string").put("description", "A part."));
    parameters.putArray("required").add("sgl_place");
    Map<String, Object> tool = new LinkedHashMap<>();
    tool.put("type", "function");
    tool.put("function", Json.plain(function));
    return tool;
  }

  private static String rendered(TokenBackend backend, List<Prompt.Message> messages) {
    Prompt.Chat chat =
        new Prompt.Chat(
            messages, List.of(), Map.of("tools", List.of(tool()), "add_generation_prompt", false));
    try {
      return backend.text(chat);
    } catch (BackendException e) {
      return "";
    }
  }

  // --- thoughts

  private static Optional<ThoughtFormat> thoughts(String template, TokenBackend backend) {
    return ThoughtFormat.ALL.stream()
        .filter(format -> template.contains(format.begin()) && template.contains(format.end()))
        .findFirst()
        .map(format -> exact(format, backend));
  }

  /// A format with the white space that the template writes around the marks, if it shows them.
  private static ThoughtFormat exact(ThoughtFormat format, TokenBackend backend) {
    Prompt.Message message =
        new Prompt.Message(
            Role.ASSISTANT,
            List.of(new Prompt.Part.Written(ANSWER)),
            Map.of("reasoning_content", THOUGHT));
    String text = rendered(backend, List.of(QUESTION, message));
    return new ThoughtFormat(
        format.begin(),
        blank(text, format.begin(), THOUGHT).orElse(format.behindBegin()),
        format.end(),
        blank(text, format.end(), ANSWER).orElse(format.behindEnd()));
  }

  /// The white space between two texts, if there is nothing else.
  private static Optional<String> blank(String text, String before, String behind) {
    Pattern both = Pattern.compile(Pattern.quote(before) + "(\\s*)" + Pattern.quote(behind));
    Matcher found = both.matcher(text);
    return found.find() ? Optional.of(found.group(1)) : Optional.empty();
  }

  /// Calls as the model writes them, for templates that do not.
  ///
  /// @param calls of a message, as chat templates get them
  /// @param before the number of calls in earlier messages
  public String written(List<?> calls, int before) {
    ToolFormat format = tools.orElseThrow();
    StringBuilder text = new StringBuilder();
    text.append(format.mark().isWritten() ? format.mark().text() : "").append(format.open());
    for (int i = 0; i < calls.size(); i++) {
      JsonNode call = Json.of(calls.get(i));
      JsonNode function = call.path("function");
      String begin = i == 0 ? format.call().begin() : format.again();
      String id = call.path("id").asText();
      text.append(
          format.written(
              begin, function.path("name").asText(), function.path("arguments"), before + i, id));
    }
    return text.append(format.close()).toString();
  }
}
