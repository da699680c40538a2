package dev.sgl.compiler;

import dev.sgl.grammar.SglLexer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.Token;

/// Ways of writing that other languages have, known by the tokens around the place where the parser
/// stumbled, and how the same is written here.
final class Habits {
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
          new Habit("select \\w+ from .*‸ ,", "the choices stand in a list: `from [\"x\", \"y\"]`"),
          new Habit("fork ‸ [0-9]+ as", "it is written `fork i in 1..3 as NAME { … }`"),
          new Habit("[(,] \\w+ ‸ \\w+", "it is written `name: type`"),
          new Habit("\\[ .*‸ :", "a part of a list is written `list.slice(from, to)`"),
          new Habit("\\bcase ‸ ", "an arm is written `1 -> …`, and the last one `_ -> …`"),
          new Habit("\\bdefault ‸ :", "the last arm is written `_ -> …`"),
          new Habit("\\w+ ‸ -> ", "there are no lambdas: write `[x + 1 for x in list]`"),
          new Habit("\\w+ ‸ => ", "there are no lambdas: write `[x + 1 for x in list]`"),
          new Habit(
              "for \\w+ ‸ ,|for ‸ \\w+ ,",
              "a loop has one variable; count with `for i in 0..list.len - 1 { let x = list[i] … }`"),
          new Habit(
              "(for|while|if) ‸ \\(", "it is written without parentheses: `for x in list { … }`"),
          new Habit("\\b(check|if|while) .*‸ =", "`==` compares"),
          new Habit("(int|float|string) < \\S+ ‸ [-,]", "a range is written `1..5`"),
          new Habit("(int|float|string) ‸ \\(", "bounds are written `string<..80>`, `int<1..5>`"));

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
