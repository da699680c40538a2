package dev.sgl.compiler;

import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.antlr.v4.runtime.CommonTokenStream;
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

  /// Ways of writing that other languages have, known by the tokens around the place where the
  /// parser stumbled, and how the same is written here.
  private static final class Habits {
    private static final int BEFORE = 8;
    private static final int BEHIND = 2;
    private static final int SHOWN = 12; // characters of a token
    private static final String HERE = " ‸ ";

    private record Habit(Pattern around, String help) {
      Habit(String around, String help) {
        this(Pattern.compile(around), help);
      }
    }

    private static final List<Habit> ALL =
        List.of(
            new Habit("\\b([Ll]ist|[Aa]rray|Sequence) [\\[<] ‸ ", "a list is written `TYPE[]`"),
            new Habit("[=:|] ‸ \\[", "a list is written `TYPE[]`"),
            new Habit(
                ": (\\w+|\\]|>) ‸ \\? ",
                "an optional field is written `name?: type`; what may be missing is `type | none`"),
            new Habit(" [-+*/%] ‸ =", "it is written `x = x + …`"),
            new Habit(" ‸ \\? ", "it is written `if CONDITION { … } else { … }`"),
            new Habit("(^| )‸ / \\*", "a comment begins with `//`"),
            new Habit(
                "select \\w+ from .*‸ ,", "the choices stand in a list: `from [\"x\", \"y\"]`"),
            new Habit("fork ‸ [0-9]+ as", "it is written `fork i in 1..3 as NAME { … }`"),
            new Habit("[(,] \\w+ ‸ \\w+", "it is written `name: type`"),
            new Habit("\\[ .*‸ :", "a part of a list is written `list.slice(from, to)`"),
            new Habit("\\bcase ‸ ", "an arm is written `1 -> …`, and the last one `_ -> …`"),
            new Habit("\\bdefault ‸ :", "the last arm is written `_ -> …`"),
            new Habit("\\( .*\\w+ ‸ -> ", "there are no lambdas: write `[x + 1 for x in list]`"),
            new Habit("\\w+ ‸ => ", "there are no lambdas: write `[x + 1 for x in list]`"),
            new Habit(
                "for \\w+ ‸ ,|for ‸ \\w+ ,",
                "a loop has one variable; count with `for i in 0..list.len - 1 { let x = list[i] … }`"),
            new Habit(
                "(for|while|if) ‸ \\(", "it is written without parentheses: `for x in list { … }`"),
            new Habit("\\b(check|if|while) .*‸ =", "`==` compares"),
            new Habit("(int|float|string) < \\S+ ‸ [-,]", "a range is written `1..5`"),
            new Habit(
                "(int|float|string) ‸ \\(", "bounds are written `string<..80>`, `int<1..5>`"));

    private Habits() {}

    /// How to write what stands around `token`, if it is a habit of other languages.
    static Optional<String> of(Parser parser, Token token) {
      String around = around(parser, token);
      return ALL.stream()
          .filter(habit -> habit.around().matcher(around).find())
          .findFirst()
          .map(Habit::help);
    }

    /// The tokens of the same line before, `‸`, and those from the token on.
    private static String around(Parser parser, Token token) {
      List<String> words = new ArrayList<>();
      for (int i = token.getTokenIndex() - 1; i >= 0 && words.size() < BEFORE; i--) {
        Token before = parser.getTokenStream().get(i);
        if (before.getLine() < token.getLine()) {
          break;
        }
        if (before.getChannel() == Token.DEFAULT_CHANNEL) {
          words.addFirst(shown(before));
        }
      }
      ((CommonTokenStream) parser.getTokenStream()).fill(); // it reads on as the parser does
      StringBuilder around = new StringBuilder(" ").append(String.join(" ", words)).append(HERE);
      int behind = 0;
      for (int i = token.getTokenIndex();
          i < parser.getTokenStream().size() && behind <= BEHIND;
          i++) {
        Token next = parser.getTokenStream().get(i);
        if (next.getChannel() == Token.DEFAULT_CHANNEL && next.getType() != SglLexer.EOF) {
          around.append(shown(next)).append(' ');
          behind++;
        }
      }
      return around.toString();
    }

    private static String shown(Token token) {
      String text = token.getText();
      return text.length() > SHOWN ? text.substring(0, SHOWN) : text;
    }
  }
}
