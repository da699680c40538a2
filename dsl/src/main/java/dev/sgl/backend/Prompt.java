package dev.sgl.backend;

import dev.sgl.program.Role;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What the model sees before it speaks.
public sealed interface Prompt {

  /// Plain text, for raw completion.
  record Raw(List<Part> parts) implements Prompt {
    public Raw {
      parts = List.copyOf(parts);
    }
  }

  /// Finished messages, and the beginning of the assistant's message that the model continues.
  ///
  /// @param variables what a chat template is told besides the messages, such as `tools`: maps,
  ///     lists, strings, numbers and booleans
  record Chat(List<Message> messages, List<Part> open, Map<String, Object> variables)
      implements Prompt {
    /// The variable that, if true, makes the last of the messages the one that the model continues:
    /// `open` belongs to its text; to its thought, if `reasoning_content` is there and empty; and
    /// comes behind its `tool_calls`, if it has any.
    public static final String CONTINUES = "continue_final_message";

    public Chat {
      messages = List.copyOf(messages);
      open = List.copyOf(open);
      variables = Map.copyOf(variables);
    }

    /// A chat whose template gets the messages only.
    public Chat(List<Message> messages, List<Part> open) {
      this(messages, open, Map.of());
    }

    /// Whether the last of the messages is the one that the model continues.
    public boolean continues() {
      return Boolean.TRUE.equals(variables.get(CONTINUES));
    }
  }

  /// One finished message.
  ///
  /// @param fields what a chat template is told of the message besides its role and its text, such
  ///     as `tool_calls`
  record Message(Role role, List<Part> parts, Map<String, Object> fields) {
    public Message {
      parts = List.copyOf(parts);
      fields = Map.copyOf(fields);
    }

    /// A message whose template gets its role and its text only.
    public Message(Role role, List<Part> parts) {
      this(role, parts, Map.of());
    }

    /// Its whole text.
    public String text() {
      return Prompt.text(parts);
    }
  }

  /// A piece of text, with the tokens that it has if the model generated it; or a picture.
  sealed interface Part {
    /// The text; empty for a picture and for [Tokens].
    String text();

    /// Text that a program wrote.
    record Written(String text) implements Part {}

    /// Text that the model wrote, as the tokens that it was.
    ///
    /// @param healed characters at the end of the text before it that the tokens spell, too
    record Generated(String text, List<Integer> tokens, int healed) implements Part {
      public Generated {
        tokens = List.copyOf(tokens);
      }
    }

    /// A raw prompt as the tokens that it is; nothing is put before them.
    record Tokens(List<Integer> tokens) implements Part {
      public Tokens {
        tokens = List.copyOf(tokens);
      }

      @Override
      public String text() {
        return "";
      }
    }

    /// A picture in a user's message.
    ///
    /// @param url the address of the picture, or the picture itself as a `data:` URL
    record Image(String url) implements Part {
      @Override
      public String text() {
        return "";
      }
    }
  }

  /// The same with more at its end.
  default Prompt with(List<Part> more) {
    return switch (this) {
      case Raw(var parts) -> new Raw(joined(parts, more));
      case Chat(var messages, var open, var variables) ->
          new Chat(messages, joined(open, more), variables);
    };
  }

  private static List<Part> joined(List<Part> parts, List<Part> more) {
    return Stream.concat(parts.stream(), more.stream()).toList();
  }

  /// Whether there are pictures in it.
  static boolean hasImages(Prompt prompt) {
    return switch (prompt) {
      case Raw(var parts) -> parts.stream().anyMatch(Part.Image.class::isInstance);
      case Chat(var messages, var open, _) ->
          messages.stream().anyMatch(m -> m.parts().stream().anyMatch(Part.Image.class::isInstance))
              || open.stream().anyMatch(Part.Image.class::isInstance);
    };
  }

  /// Characters of all texts in it.
  static long length(Prompt prompt) {
    return switch (prompt) {
      case Raw(var parts) -> length(parts);
      case Chat(var messages, var open, _) ->
          messages.stream().mapToLong(m -> length(m.parts())).sum() + length(open);
    };
  }

  private static long length(List<Part> parts) {
    return parts.stream().mapToLong(part -> part.text().length()).sum();
  }

  /// The texts of the parts, joined.
  static String text(List<Part> parts) {
    return parts.stream().map(Part::text).collect(Collectors.joining());
  }
}
