package dev.sgl.compiler;

import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.RuleContext;
import org.antlr.v4.runtime.Token;

/// What people who come from other languages may have meant.
final class Hints {
  private static final Map<String, String> DEFINITIONS =
      Map.ofEntries(
          Map.entry("def", "a function is written `fn NAME(…) { … }`"),
          Map.entry("func", "a function is written `fn NAME(…) { … }`"),
          Map.entry("function", "a function is written `fn NAME(…) { … }`"),
          Map.entry("class", "a record is written `type NAME = { field: type }`"),
          Map.entry("struct", "a record is written `type NAME = { field: type }`"),
          Map.entry("record", "a record is written `type NAME = { field: type }`"),
          Map.entry("enum", "one of several is written `type NAME = \"a\" | \"b\"`"),
          Map.entry("import", "a file is used so: `use \"./file.sgl\" as name`"),
          Map.entry("include", "a file is used so: `use \"./file.sgl\" as name`"),
          Map.entry("from", "a file is used so: `use \"./file.sgl\" as name`"),
          Map.entry("let", "`let` stands in a program, a fragment or a function"),
          Map.entry("user", "messages stand in a program: `program main() { … }`"),
          Map.entry("system", "messages stand in a program: `program main() { … }`"),
          Map.entry("assistant", "messages stand in a program: `program main() { … }`"));

  /// What a line begins with.
  private static final Map<String, String> LINES =
      Map.of(
          "elif", "it is written `else if CONDITION { … }`",
          "elsif", "it is written `else if CONDITION { … }`",
          "switch", "it is written `match VALUE { PATTERN -> STATEMENT }`",
          "foreach", "it is written `for NAME in LIST { … }`",
          "try", "it is written `retry 1 { … } else { … }`",
          "def", "a function is written `fn NAME(…) { … }`, outside of others");

  private static final Map<String, String> SIGNS =
      Map.of(
          "'", "a text stands in double quotes: \"…\"",
          "`", "a text stands in double quotes: \"…\"",
          ";", "statements need nothing between them",
          "&", "both conditions are joined by `and`",
          "!", "the opposite is written `not …`",
          "#", "a comment begins with `//`",
          "$", "a value in a text is written \"{value}\"",
          "@", "a name stands alone");

  private Hints() {}

  /// What to type in the place of `token`, where the parser did not expect it.
  static Optional<String> of(Parser parser, Token token) {
    RuleContext context = parser.getContext();
    if (token.getType() == SglLexer.UNKNOWN && SIGNS.containsKey(token.getText())) {
      return Optional.ofNullable(SIGNS.get(token.getText()));
    }
    String first = firstOfLine(parser, token);
    if (LINES.containsKey(first)) {
      return Optional.ofNullable(LINES.get(first));
    }
    Optional<String> habit = Habits.of(parser, token);
    if (habit.isPresent()) {
      return habit;
    }
    if (isInText(parser, token)) {
      return Optional.of("a brace that is text is written twice: `{{` and `}}`");
    }
    if (token.getType() == SglLexer.ASSIGN
        && (context instanceof Sgl.OptionContext || context instanceof Sgl.Options_Context)) {
      return Optional.of("an option is written `name: value`");
    }
    if (token.getType() == SglLexer.PIPE && parser.getTokenStream().LA(2) == SglLexer.PIPE) {
      return Optional.of("one of both conditions is written `or`");
    }
    if (token.getType() == SglLexer.GEN || token.getType() == SglLexer.SELECT) {
      return Optional.of("`%1$s x …` is a statement, which binds `x`".formatted(token.getText()));
    }
    if (context instanceof Sgl.NameContext && isWord(token)) {
      return Optional.of(
          "`" + token.getText() + "` is a word of the language; choose another name");
    }
    if (context instanceof Sgl.FileContext || context instanceof Sgl.DefinitionContext) {
      return Optional.ofNullable(DEFINITIONS.get(token.getText()));
    }
    return Optional.empty();
  }

  private static String firstOfLine(Parser parser, Token token) {
    Token first = token;
    for (int i = token.getTokenIndex(); i >= 0; i--) {
      Token before = parser.getTokenStream().get(i);
      if (before.getLine() < token.getLine()) {
        break;
      }
      first = before.getChannel() == Token.DEFAULT_CHANNEL ? before : first;
    }
    return first.getText();
  }

  private static boolean isWord(Token token) {
    return token.getText().matches("[a-z]+");
  }

  /// Whether `token` stands in the braces of a text.
  private static boolean isInText(Parser parser, Token token) {
    Deque<Integer> open = new ArrayDeque<>();
    for (int i = 0; i < token.getTokenIndex(); i++) {
      switch (parser.getTokenStream().get(i).getType()) {
        case SglLexer.TEXT_OPEN, SglLexer.BLOCK_OPEN -> open.push(SglLexer.TEXT_OPEN);
        case SglLexer.LBRACE -> open.push(SglLexer.LBRACE);
        case SglLexer.TEXT_CLOSE, SglLexer.BLOCK_CLOSE, SglLexer.TEXT_END, SglLexer.RBRACE ->
            open.poll();
        default -> {}
      }
    }
    return open.contains(SglLexer.TEXT_OPEN);
  }
}
