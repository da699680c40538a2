package dev.sgl.local.tokens;

import dev.sgl.backend.Prompt;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.weights.ModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Turns prompts into tokens by the model's chat template. Text that the model generated keeps its
/// own tokens.
public final class ChatFormat {
  // marks that stand for generated parts while the template runs: private-use characters
  private static final char OPEN = '\uE000';
  private static final char CLOSE = '\uE001';

  private final Tokenizer tokenizer;
  private final ChatTemplate template;

  private ChatFormat(Tokenizer tokenizer, ChatTemplate template) {
    this.tokenizer = tokenizer;
    this.template = template;
  }

  /// Reads the chat template of a model folder.
  ///
  /// @param given a file with another template
  /// @throws ModelException if there is one that cannot be read
  public static ChatFormat open(Checkpoint model, Tokenizer tokenizer, Optional<Path> given) {
    return new ChatFormat(tokenizer, ChatTemplate.open(model, given));
  }

  /// The source of the template, if there is one.
  public Optional<String> source() {
    return template.source();
  }

  /// The id of the token that begins every text, if the model has one.
  public Optional<Integer> begin() {
    return template.begin().flatMap(name -> tokenizer.special(name).stream().boxed().findFirst());
  }

  /// The texts of special tokens by their roles, such as `eos_token`.
  public Map<String, String> roles() {
    return template.roles();
  }

  /// The text of a conversation.
  ///
  /// @throws ModelException if the model has no chat template, or the template refuses it
  public String text(Prompt.Chat chat) {
    return template.text(chat);
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
      switch (part) {
        case Prompt.Part.Generated(_, var tokens, int healed) when !tokens.isEmpty() -> {
          text.setLength(text.length() - healed);
          first = flush(text, first, ids);
          ids.addAll(tokens);
        }
        case Prompt.Part.Tokens(var tokens) -> {
          first = !first && flush(text, first, ids);
          ids.addAll(tokens);
        }
        case Prompt.Part.Generated _, Prompt.Part.Written _, Prompt.Part.Image _ ->
            text.append(part.text());
      }
    }
    flush(text, first, ids);
    return ids.toArray();
  }

  /// Encodes the text so far. The first piece of a raw prompt gets the tokens that begin a text.
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
    String rendered = template.render(chat, part -> shown(part, marked));
    if (!marked.isEmpty()) {
      // a template may change the text of a message; then the marks are useless
      String plain = template.render(chat, part -> clean(part.text()));
      rendered = unmarked(rendered, marked).equals(plain) ? rendered : plain;
    }
    StringBuilder whole = new StringBuilder(rendered);
    for (Prompt.Part part : chat.open()) {
      whole.append(shown(part, marked));
    }
    return encode(whole.toString(), marked);
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
