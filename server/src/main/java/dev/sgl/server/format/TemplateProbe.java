package dev.sgl.server.format;

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

/// Finds the formats of a model by its chat template: it renders a message with a call and one with
/// a thought, and the text is compared with the known formats. A template that writes no calls is
/// known by its marks.
final class TemplateProbe {
  private static final String TOOL = "sgl_probe_tool";
  private static final String ID = "sglprobe1"; // nine letters and digits, which Mistral asks for
  private static final String THOUGHT = "sgl-probe-thought";
  private static final String ANSWER = "sgl-probe-answer";
  private static final Prompt.Message QUESTION =
      new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written("Hello.")), Map.of());
  private static final String PLACE = "sgl-probe-place";
  private static final ObjectNode ARGUMENTS =
      Json.object().put("sgl_place", PLACE).put("sgl_year", 1970);

  private final String template;
  private final TokenBackend backend;

  TemplateProbe(String template, TokenBackend backend) {
    this.template = template;
    this.backend = backend;
  }

  Formats formats() {
    String written = calls(Json.plain(ARGUMENTS));
    String calls = written.isEmpty() ? calls(ARGUMENTS.toString()) : written;
    Formats.Calls shown =
        !calls.contains(PLACE)
            ? Formats.Calls.NONE
            : written.isEmpty() ? Formats.Calls.WITH_TEXT : Formats.Calls.WITH_OBJECTS;
    Optional<Channels> channels = Channels.of(template);
    if (channels.isPresent()) {
      return new Formats(channels.map(Channels::calls), Optional.empty(), channels, shown);
    }
    Optional<ToolFormat> tools =
        shown != Formats.Calls.NONE
            ? ToolFormats.all().stream().filter(format -> calls.contains(probe(format))).findFirst()
            : Optional.empty();
    return new Formats(tools.or(this::marked), thoughts(), channels, shown);
  }

  /// Whether the template tells the model of tools.
  private boolean showsTools() {
    return rendered(List.of(QUESTION)).contains(TOOL);
  }

  /// The formats of a model by the marks in its chat template alone.
  private Optional<ToolFormat> marked() {
    if (!showsTools()) {
      return Optional.empty();
    }
    return ToolFormats.all().stream()
        .filter(format -> format != ToolFormats.LLAMA)
        .filter(format -> signs(format).allMatch(template::contains))
        .findFirst()
        .or(() -> Optional.of(ToolFormats.LLAMA).filter(_ -> isLlama()));
  }

  private boolean isLlama() {
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
    return format.opening() + format.begun(format.call().begin(), TOOL, ARGUMENTS, 0, ID);
  }

  /// A message with a call, by the template; empty if the template refuses it.
  private String calls(Object arguments) {
    return rendered(List.of(QUESTION, message(arguments)));
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

  private String rendered(List<Prompt.Message> messages) {
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

  private Optional<ThoughtFormat> thoughts() {
    return ThoughtFormat.ALL.stream()
        .filter(format -> template.contains(format.begin()) && template.contains(format.end()))
        .findFirst()
        .map(this::exact);
  }

  /// A format with the white space that the template writes around the marks, if it shows them.
  private ThoughtFormat exact(ThoughtFormat format) {
    Prompt.Message message =
        new Prompt.Message(
            Role.ASSISTANT,
            List.of(new Prompt.Part.Written(ANSWER)),
            Map.of("reasoning_content", THOUGHT));
    String text = rendered(List.of(QUESTION, message));
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
}
