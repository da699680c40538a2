package dev.sgl.local.tokens;

import dev.sgl.backend.Prompt;
import dev.sgl.constraint.Vocabulary;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/// A prompt without its last token, where that token may be the beginning of a longer one.
///
/// A literal ends where its author put the quote, not where a token ends: after `"http:"` a model
/// would write `://`, but that is a token which begins with the colon. So the last token is taken
/// back, and the generated text has to begin with the text of that token ("token healing", as in
/// the library guidance).
///
/// @param tokens of the prompt
/// @param tail the text that was taken back; empty if nothing was
/// @param last the token that was taken back
public record Healing(int[] tokens, String tail, OptionalInt last) {

  /// Takes nothing back.
  public static Healing none(int[] tokens) {
    return new Healing(tokens, "", OptionalInt.empty());
  }

  /// Takes the last token back if it is the end of a text that a program wrote, and if another
  /// token begins with its text.
  public static Healing of(Prompt prompt, int[] tokens, Vocabulary vocabulary) {
    Healing none = none(tokens);
    List<Prompt.Part> parts =
        switch (prompt) {
          case Prompt.Raw(var all) -> all;
          case Prompt.Chat(_, var open, _) -> open;
        };
    if (parts.isEmpty()
        || tokens.length < 2
        || !(parts.getLast() instanceof Prompt.Part.Written(var literal))) {
      return none;
    }
    byte[] last = vocabulary.bytes(tokens[tokens.length - 1]);
    int node = vocabulary.find(last);
    if (last.length == 0 || vocabulary.end(node) == node + 1) {
      return none;
    }
    try {
      String tail = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(last)).toString();
      return literal.endsWith(tail)
          ? new Healing(
              Arrays.copyOf(tokens, tokens.length - 1),
              tail,
              OptionalInt.of(tokens[tokens.length - 1]))
          : none;
    } catch (CharacterCodingException e) {
      return none; // the token is a part of a character
    }
  }

  /// The bytes of the tail.
  public byte[] bytes() {
    return tail.getBytes(StandardCharsets.UTF_8);
  }
}
