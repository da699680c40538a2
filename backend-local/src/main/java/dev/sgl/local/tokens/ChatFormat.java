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

/// Prompts to tokens: the model's chat template, with what the model generated kept as the tokens
/// that it was.
public final class ChatFormat {
  // marks that stand for generated parts while the template runs: private-use characters
  private static final char OPEN = '\uE000';
  private static final char CLOSE = '\uE001';

  private final Tokenizer tokenizer;
  private final Optional<String> source;
  private final Optional<Template> template;
  private final Map<String, Object> names;

  private ChatFormat(Tokenizer tokenizer, Optional<String> source, Map<String, Object> names) {
    this.tokenizer = tokenizer;
    this.source = source;
    this.template = source.map(s -> Template.parse(s, LocalDateTime::now));
    this.names = names;
  }

  /// Reads the template of a model folder: `chat_template.jinja`, or `chat_template` of
  /// `tokenizer_config.json`.
  ///
  /// @param given a file with another template
  /// @throws ModelException if there is one that cannot be read
  public static ChatFormat open(Checkpoint model, Tokenizer tokenizer, Optional<Path> given) {
    JsonNode config = model.json("tokenizer_config.json");
    Map<String, Object> names = new LinkedHashMap<>();
    for (String name : List.of("bos_token", "eos_token", "pad_token", "unk_token")) {
      content(config.path(name)).ifPresent(text -> names.put(name, text));
    }
    try {
      Optional<String> source =
          given.isPresent() ? given.map(ChatFormat::read) : source(model.folder(), config);
      return new ChatFormat(tokenizer, source, names);
    } catch (TemplateException e) {
      throw new ModelException(model.folder() + ": " + e.getMessage(), e);
    }
  }

  /// The name of a special token, which is a text or an object with one.
  private static Optional<String> content(JsonNode node) {
    JsonNode text = node.isObject() ? node.path("content") : node;
    return text.isTextual() ? Optional.of(text.asText()) : Optional.empty();
  }

  private static Optional<String> source(Path folder, JsonNode config) {
    Path file = folder.resolve("chat_template.jinja");
    if (Files.isRegularFile(file)) {
      return Optional.of(read(file));
    }
    JsonNode node = config.path("chat_template");
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

  /// The id of the token that begins every text, if the model has one.
  public Optional<Integer> begin() {
    return Optional.ofNullable(names.get("bos_token"))
        .flatMap(name -> tokenizer.special(name.toString()).stream().boxed().findFirst());
  }

  /// The tokens of a prompt.
  ///
  /// @throws ModelException if it has messages and the model has no chat template, or the template
  ///     refuses them
  public int[] tokens(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Raw(var parts) -> raw(parts);
      case Prompt.Chat chat -> chat(chat);
    };
  }

  private int[] raw(List<Prompt.Part> parts) {
    Ids ids = new Ids();
    StringBuilder text = new StringBuilder();
    boolean first = true;
    for (Prompt.Part part : parts) {
      if (part instanceof Prompt.Part.Generated(_, var tokens, int healed) && !tokens.isEmpty()) {
        text.setLength(text.length() - healed);
        first = flush(text, first, ids);
        ids.addAll(tokens);
      } else if (part instanceof Prompt.Part.Tokens(var tokens)) {
        first = !first && flush(text, first, ids);
        ids.addAll(tokens);
      } else {
        text.append(part.text());
      }
    }
    flush(text, first, ids);
    return ids.toArray();
  }

  /// Encodes the text so far; the first piece of a raw prompt gets what begins a whole text.
  private boolean flush(StringBuilder text, boolean first, Ids ids) {
    if (first) {
      ids.addAll(tokenizer.encodeWhole(text.toString()));
    } else if (!text.isEmpty()) {
      ids.addAll(tokenizer.encodeContinued(text.toString()));
    }
    text.setLength(0);
    return false;
  }

  private int[] chat(Prompt.Chat chat) {
    List<Prompt.Part.Generated> marked = new ArrayList<>();
    String rendered = render(chat, part -> shown(part, marked));
    if (!marked.isEmpty()) {
      // a template may change what a message says; then the marks are of no use
      String plain = render(chat, part -> clean(part.text()));
      rendered = unmarked(rendered, marked).equals(plain) ? rendered : plain;
    }
    StringBuilder whole = new StringBuilder(rendered);
    for (Prompt.Part part : chat.open()) {
      whole.append(shown(part, marked));
    }
    return encode(whole.toString(), marked);
  }

  private String render(Prompt.Chat chat, Function<Prompt.Part, String> shown) {
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

  private static String shown(Prompt.Part part, List<Prompt.Part.Generated> marked) {
    if (part instanceof Prompt.Part.Generated generated && !generated.tokens().isEmpty()) {
      marked.add(generated);
      return "" + OPEN + (marked.size() - 1) + CLOSE;
    }
    return clean(part.text());
  }

  /// Text without the characters that mark generated parts.
  private static String clean(String text) {
    return text.replace(OPEN, '\uFFFD').replace(CLOSE, '\uFFFD');
  }

  private static String unmarked(String text, List<Prompt.Part.Generated> marked) {
    StringBuilder out = new StringBuilder();
    int at = 0;
    for (int open = text.indexOf(OPEN); open >= 0; open = text.indexOf(OPEN, at)) {
      int close = text.indexOf(CLOSE, open);
      out.append(text, at, open)
          .append(clean(marked.get(Integer.parseInt(text.substring(open + 1, close))).text()));
      at = close + 1;
    }
    return out.append(text.substring(at)).toString();
  }

  private int[] encode(String text, List<Prompt.Part.Generated> marked) {
    Ids ids = new Ids();
    int at = 0;
    for (int open = text.indexOf(OPEN); open >= 0; open = text.indexOf(OPEN, at)) {
      int close = text.indexOf(CLOSE, open);
      Prompt.Part.Generated part = marked.get(Integer.parseInt(text.substring(open + 1, close)));
      int end = open - part.healed();
      if (end > at) {
        ids.addAll(piece(text.substring(at, end), at));
      }
      ids.addAll(part.tokens());
      at = close + 1;
    }
    if (at < text.length()) {
      ids.addAll(piece(text.substring(at), at));
    }
    return ids.toArray();
  }

  private int[] piece(String text, int at) {
    return at == 0 ? tokenizer.encode(text) : tokenizer.encodeContinued(text);
  }

  /// A growing list of ids.
  private static final class Ids {
    private final List<Integer> ids = new ArrayList<>();

    void addAll(int[] more) {
      for (int id : more) {
        ids.add(id);
      }
    }

    void addAll(List<Integer> more) {
      ids.addAll(more);
    }

    int[] toArray() {
      return ids.stream().mapToInt(Integer::intValue).toArray();
    }
  }
}
