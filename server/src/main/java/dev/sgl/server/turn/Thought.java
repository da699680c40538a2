package dev.sgl.server.turn;

import dev.sgl.backend.Prompt;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Token;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// How a model that thinks begins: in marks of its own, before it says anything.
///
/// @param begin what the prompt still needs so that a thought begins; empty if its end is one
public record Thought(String begin) {
  static final String BEGIN = "<think>";
  static final String END = "</think>";

  /// Tokens at the end of a prompt that may hold the mark.
  private static final int LAST_TOKENS = 12;

  /// How the model thinks behind a prompt. A model whose template always begins a thought does; one
  /// whose template can switch it off does unless the template has written an empty thought. A
  /// thought that is continued has begun.
  public static Optional<Thought> of(Prompt.Chat prompt, TokenBackend backend) {
    String template = backend.card().chatTemplate().orElse("");
    if (template.contains(BEGIN) && prompt.continues()) {
      Object thought = prompt.messages().getLast().fields().get("reasoning_content");
      return "".equals(thought) ? Optional.of(new Thought("")) : Optional.empty();
    }
    if (!template.contains(BEGIN) || !prompt.open().isEmpty()) {
      return Optional.empty();
    }
    List<Integer> tokens = backend.tokens(prompt);
    String end =
        tokens.stream()
            .skip(Math.max(0, tokens.size() - LAST_TOKENS))
            .flatMap(id -> backend.token(id).stream())
            .map(Token::text)
            .collect(Collectors.joining())
            .stripTrailing();
    if (end.endsWith(BEGIN)) {
      return Optional.of(new Thought(""));
    }
    boolean isChoice = template.contains("enable_thinking");
    boolean wanted = !Boolean.FALSE.equals(prompt.variables().get("enable_thinking"));
    return isChoice && wanted && !end.endsWith(END)
        ? Optional.of(new Thought(BEGIN + "\n"))
        : Optional.empty();
  }
}
