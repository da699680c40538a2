package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Prompt;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.template.Template;
import dev.sgl.local.template.TemplateException;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Conversations as the text that a model was trained on: its chat template, in Jinja.
public final class ChatTemplate {
  private static final String DEFAULT = "default";
  private static final String TOOLS = "tool_use";
  private static final String MARK = "\uE002"; // where a message is continued: for private use

  private final Map<String, String> sources;
  private final Map<String, Template> templates; // by name, the one for plain chats is `default`
  private final Map<String, String> names; // of special tokens, as templates know them

  private ChatTemplate(Map<String, String> sources, Map<String, String> names) {
    this.sources = Map.copyOf(sources);
    this.templates = new HashMap<>();
    sources.forEach((name, s) -> templates.put(name, Template.parse(s, LocalDateTime::now)));
    this.names = names;
  }

  /// Reads the templates of a model folder: `chat_template.jinja` and those in
  /// `additional_chat_templates`, or `chat_template` of `tokenizer_config.json`; it may have none.
  /// Or reads a file that is a template.
  ///
  /// @throws ModelException if it cannot be read
  public static ChatTemplate open(Path path) {
    Map<String, String> names =
        Files.isDirectory(path) ? SpecialNames.read(path).byRole() : Map.of();
    return parse(path, sources(path), names);
  }

  /// Reads the template of a model folder.
  ///
  /// @param given another template: a file, or a folder with one
  /// @throws ModelException if there is one that cannot be read
  static ChatTemplate open(Checkpoint model, Optional<Path> given) {
    Path from = given.orElse(model.folder());
    Map<String, String> sources =
        given.isEmpty() && model.gguf().isPresent()
            ? named(model.json("tokenizer_config.json"))
            : sources(from);
    return parse(from, sources, SpecialNames.read(model).byRole());
  }

  /// The templates in `tokenizer_config.json`.
  private static Map<String, String> named(JsonNode config) {
    Map<String, String> sources = new HashMap<>();
    JsonNode node = config.path("chat_template");
    if (node.isTextual()) {
      sources.put(DEFAULT, node.asText());
    }
    node.forEach(e -> sources.put(e.path("name").asText(), e.path("template").asText()));
    return sources;
  }

  private static ChatTemplate parse(
      Path from, Map<String, String> sources, Map<String, String> names) {
    try {
      return new ChatTemplate(sources, names);
    } catch (TemplateException e) {
      throw new ModelException(from + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, String> sources(Path from) {
    if (!Files.isDirectory(from)) {
      return Map.of(DEFAULT, read(from));
    }
    Map<String, String> sources = named(Checkpoint.json(from, "tokenizer_config.json"));
    Path file = from.resolve("chat_template.jinja");
    if (Files.isRegularFile(file)) {
      sources.put(DEFAULT, read(file));
    }
    Path tools = from.resolve("additional_chat_templates").resolve(TOOLS + ".jinja");
    if (Files.isRegularFile(tools)) {
      sources.put(TOOLS, read(tools));
    }
    sources.keySet().retainAll(Set.of(DEFAULT, TOOLS));
    return sources;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new ModelException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// The sources of the templates by their names: `default`, and `tool_use` for chats with tools.
  public Map<String, String> sources() {
    return sources;
  }

  /// The source of the template, if there is one.
  public Optional<String> source() {
    return Optional.ofNullable(sources.get(DEFAULT));
  }

  /// The text that begins every prompt, if the model has one.
  public Optional<String> begin() {
    return Optional.ofNullable(names.get("bos_token"));
  }

  /// The texts of special tokens by their roles, such as `eos_token`.
  public Map<String, String> roles() {
    return names;
  }

  /// The text of a conversation, with the beginning of the assistant's message.
  ///
  /// @throws ModelException if there is no template, or it refuses the conversation
  public String text(Prompt.Chat chat) {
    return render(chat, Prompt.Part::text) + Prompt.text(chat.open());
  }

  /// The text of the finished messages, with the beginning of the assistant's next message.
  ///
  /// @param shown the text of a part
  String render(Prompt.Chat chat, Function<Prompt.Part, String> shown) {
    List<Map<Object, Object>> messages = new ArrayList<>();
    for (Prompt.Message message : chat.messages()) {
      StringBuilder content = new StringBuilder();
      message.parts().forEach(part -> content.append(shown.apply(part)));
      Map<Object, Object> fields = new LinkedHashMap<>(message.fields());
      fields.put("role", message.role().word());
      fields.put("content", content.toString());
      messages.add(fields);
    }
    return chat.continues() ? begun(chat, messages) : render(chat, messages, true);
  }

  /// The text up to where the last message is continued. Templates end every message; so a mark
  /// stands where the message is continued, and the text ends before it.
  private String begun(Prompt.Chat chat, List<Map<Object, Object>> messages) {
    Map<Object, Object> last = messages.getLast();
    if (last.containsKey("tool_calls")) {
      String whole = render(chat, messages, false);
      messages.set(
          messages.size() - 1,
          new LinkedHashMap<>(Map.of("role", last.get("role"), "content", MARK)));
      String marked = render(chat, messages, false);
      String end = marked.substring(marked.lastIndexOf(MARK) + 1);
      if (!whole.endsWith(end)) {
        throw new ModelException(
            "the model's chat template does not let a message go on behind its calls");
      }
      return whole.substring(0, whole.length() - end.length());
    }
    String field = "".equals(last.get("reasoning_content")) ? "reasoning_content" : "content";
    last.put(field, last.get(field) + MARK);
    String marked = render(chat, messages, false);
    int at = marked.lastIndexOf(MARK);
    if (at < 0) {
      throw new ModelException(
          "the model's chat template does not show the last message's %s, so it cannot go on"
              .formatted(field));
    }
    return marked.substring(0, at);
  }

  private String render(Prompt.Chat chat, List<Map<Object, Object>> messages, boolean begins) {
    Map<String, Object> variables = new LinkedHashMap<>(names);
    variables.put("messages", messages);
    variables.put("add_generation_prompt", begins);
    variables.put("enable_thinking", thinks(chat));
    variables.putAll(chat.variables());
    try {
      return template(chat).render(variables);
    } catch (TemplateException e) {
      throw new ModelException(
          "the model's chat template refuses the conversation: " + e.getMessage(), e);
    }
  }

  /// The template for a conversation: there may be one of its own for those with tools.
  private Template template(Prompt.Chat chat) {
    boolean hasTools = chat.variables().get("tools") instanceof List<?> tools && !tools.isEmpty();
    return Optional.ofNullable(templates.get(TOOLS))
        .filter(_ -> hasTools)
        .or(() -> Optional.ofNullable(templates.get(DEFAULT)))
        .orElseThrow(
            () ->
                new ModelException(
                    "the model has no chat template, so it knows no messages; use a program without roles, or another model"));
  }

  /// Whether the model continues an open thought. Otherwise templates of models that always think
  /// write an empty thought.
  private static boolean thinks(Prompt.Chat chat) {
    return !chat.open().isEmpty() && chat.open().getFirst().text().startsWith("<think>");
  }
}
