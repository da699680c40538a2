package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Prompt;
import dev.sgl.local.template.Template;
import dev.sgl.local.template.TemplateException;
import dev.sgl.local.weights.Checkpoint;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Conversations as the text that a model was trained on: its chat template, in Jinja.
public final class ChatTemplate {
  private static final List<String> NAMES =
      List.of("bos_token", "eos_token", "pad_token", "unk_token");

  private final Optional<String> source;
  private final Optional<Template> template;
  private final Map<String, Object> names; // of special tokens, as templates know them

  private ChatTemplate(Optional<String> source, Map<String, Object> names) {
    this.source = source;
    this.template = source.map(s -> Template.parse(s, LocalDateTime::now));
    this.names = names;
  }

  /// Reads the template of a model folder, `chat_template.jinja` or `chat_template` of
  /// `tokenizer_config.json`, which may also have none; or a file that is a template.
  ///
  /// @throws ModelException if it cannot be read
  public static ChatTemplate open(Path path) {
    return Files.isDirectory(path)
        ? open(path, Optional.empty())
        : parse(path, source(path), Map.of());
  }

  /// Reads the template of a model folder.
  ///
  /// @param given another template: a file, or a folder with one
  /// @throws ModelException if there is one that cannot be read
  static ChatTemplate open(Path folder, Optional<Path> given) {
    JsonNode config = Checkpoint.json(folder, "tokenizer_config.json");
    Map<String, Object> names = new LinkedHashMap<>();
    NAMES.forEach(name -> content(config.path(name)).ifPresent(text -> names.put(name, text)));
    Path from = given.orElse(folder);
    return parse(from, source(from), names);
  }

  private static ChatTemplate parse(Path from, Optional<String> source, Map<String, Object> names) {
    try {
      return new ChatTemplate(source, names);
    } catch (TemplateException e) {
      throw new ModelException(from + ": " + e.getMessage(), e);
    }
  }

  /// The name of a special token, which is a text or an object with one.
  private static Optional<String> content(JsonNode node) {
    JsonNode text = node.isObject() ? node.path("content") : node;
    return text.isTextual() ? Optional.of(text.asText()) : Optional.empty();
  }

  private static Optional<String> source(Path from) {
    if (!Files.isDirectory(from)) {
      return Optional.of(read(from));
    }
    Path file = from.resolve("chat_template.jinja");
    if (Files.isRegularFile(file)) {
      return Optional.of(read(file));
    }
    JsonNode node = Checkpoint.json(from, "tokenizer_config.json").path("chat_template");
    if (node.isArray()) { // several by name; the one for plain chats is `default`
      for (JsonNode entry : node) {
        if (entry.path("name").asText().equals("default")) {
          return Optional.of(entry.path("template").asText());
        }
      }
    }
    return node.isTextual() ? Optional.of(node.asText()) : Optional.empty();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new ModelException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// The source of the template, if there is one.
  public Optional<String> source() {
    return source;
  }

  /// The text that begins every prompt, if the model has one.
  public Optional<String> begin() {
    return Optional.ofNullable(names.get("bos_token")).map(Object::toString);
  }

  /// The text of a conversation, with the beginning of the assistant's message.
  ///
  /// @throws ModelException if there is no template, or it refuses the conversation
  public String text(Prompt.Chat chat) {
    return render(chat, Prompt.Part::text) + Prompt.text(chat.open());
  }

  /// The text of the finished messages, and what begins the assistant's.
  ///
  /// @param shown the text of a part
  String render(Prompt.Chat chat, Function<Prompt.Part, String> shown) {
    Template written =
        template.orElseThrow(
            () ->
                new ModelException(
                    "the model has no chat template, so it knows no messages; use a program without roles, or another model"));
    List<Object> rendered = new ArrayList<>();
    for (Prompt.Message message : chat.messages()) {
      StringBuilder content = new StringBuilder();
      message.parts().forEach(part -> content.append(shown.apply(part)));
      Map<Object, Object> fields = new LinkedHashMap<>(message.fields());
      fields.put("role", message.role().word());
      fields.put("content", content.toString());
      rendered.add(fields);
    }
    Map<String, Object> variables = new LinkedHashMap<>(names);
    variables.put("messages", rendered);
    variables.put("add_generation_prompt", true);
    variables.put("enable_thinking", thinks(chat));
    variables.putAll(chat.variables());
    try {
      return written.render(variables);
    } catch (TemplateException e) {
      throw new ModelException(
          "the model's chat template refuses the conversation: " + e.getMessage(), e);
    }
  }

  /// Whether the model goes on with a thought; templates of models that always think write an empty
  /// one otherwise.
  private static boolean thinks(Prompt.Chat chat) {
    return !chat.open().isEmpty() && chat.open().getFirst().text().startsWith("<think>");
  }
}
