package dev.sgl.server.turn;

import dev.sgl.backend.Prompt;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Token;
import dev.sgl.server.format.ThoughtFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// How a model that thinks begins: in marks of its own, before it says anything.
///
/// @param format of the thought
/// @param begin the text that the prompt still needs so that a thought begins; empty if its end is
///     one
/// @param isSure whether the model thinks; else its first words show whether it does
public record Thought(ThoughtFormat format, String begin, boolean isSure) {

  /// The same behind a prompt that ends with its beginning.
  Thought begun() {
    return new Thought(format, "", isSure);
  }

  /// Tokens at the end of a prompt that may hold the mark.
  private static final int LAST_TOKENS = 12;

  /// How the model thinks behind a prompt. A model whose template always begins a thought does; one
  /// whose template can switch it off does unless the template has written an empty thought. Any
  /// other may. A thought that is continued has begun.
  ///
  /// @param known how the model thinks; empty if it does not
  public static Optional<Thought> of(
      Prompt.Chat prompt, TokenBackend backend, Optional<ThoughtFormat> known) {
    if (known.isEmpty()) {
      return Optional.empty();
    }
    ThoughtFormat format = known.get();
    if (prompt.continues()) {
      Object thought = prompt.messages().getLast().fields().get("reasoning_content");
      return "".equals(thought) ? Optional.of(new Thought(format, "", true)) : Optional.empty();
    }
    if (!prompt.open().isEmpty()) {
      return Optional.empty();
    }
    String end = end(prompt, backend);
    if (end.endsWith(format.begin())) {
      return Optional.of(new Thought(format, "", true));
    }
    boolean isChoice = backend.card().chatTemplate().orElse("").contains("enable_thinking");
    boolean wanted = !Boolean.FALSE.equals(prompt.variables().get("enable_thinking"));
    return wanted && !end.endsWith(format.end())
        ? Optional.of(new Thought(format, format.begin() + format.behindBegin(), isChoice))
        : Optional.empty();
  }

  /// The last words of a prompt.
  private static String end(Prompt prompt, TokenBackend backend) {
    List<Integer> tokens = backend.tokens(prompt);
    return tokens.stream()
        .skip(Math.max(0, tokens.size() - LAST_TOKENS))
        .flatMap(id -> backend.token(id).stream())
        .map(Token::text)
        .collect(Collectors.joining())
        .stripTrailing();
  }
}
