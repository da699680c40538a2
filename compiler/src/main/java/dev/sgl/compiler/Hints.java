package dev.sgl.compiler;

import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
          Map.entry("interface", "a record is written `type NAME = { field: type }`"),
          Map.entry("async", "calls run beside each other by themselves; leave out `async`"),
          Map.entry("export", "what a file defines can be used by others; leave out `export`"),
          Map.entry("const", "`let` stands in a program, a fragment or a function"),
          Map.entry("var", "`let` stands in a program, a fragment or a function"),
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
          "elseif", "it is written `else if CONDITION { … }`",
          "try", "it is written `retry 1 { … } else { … }`",
          "catch", "it is written `retry 1 { … } else { … }`",
          "def", "a function is written `fn NAME(…) { … }`, outside of others");

  private static final Map<String, String> SIGNS =
      Map.of(
          "'", "a text stands in double quotes: \"…\"",
          "`", "a text stands in double quotes: \"…\"",
          ";", "statements and fields need nothing between them",
          "&", "both conditions are joined by `and`",
          "!", "the opposite is written `not …`",
          "#", "a comment begins with `//`",
          "$", "a value in a text is written \"{value}\"",
          "^", "there is no sign for powers: write `x * x`",
          "@", "there are no decorators: a program is written `program NAME(…) { … }`");

  private Hints() {}

  /// What to type in the place of `token`, where the parser did not expect it.
  static Optional<String> of(Parser parser, Token token) {
    RuleContext context = parser.getContext();
    for (String word : List.of(firstOfLine(parser, token), firstOfBlock(parser, token))) {
      if (LINES.containsKey(word)) {
        return Optional.ofNullable(LINES.get(word));
      }
    }
    Optional<String> habit = Habits.of(parser, token);
    if (habit.isPresent()) {
      return habit;
    }
    if (token.getType() == SglLexer.UNKNOWN && SIGNS.containsKey(token.getText())) {
      return Optional.ofNullable(SIGNS.get(token.getText()));
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

  /// The word that begins the head of the block around `token`: `elif` of `} elif x { …`.
  private static String firstOfBlock(Parser parser, Token token) {
    int depth = 1;
    String first = "";
    for (int i = token.getTokenIndex() - 1; i >= 0; i--) {
      Token before = parser.getTokenStream().get(i);
      boolean opens = before.getType() == SglLexer.LBRACE;
      boolean closes = before.getType() == SglLexer.RBRACE;
      if (depth == 0 && (opens || closes)) {
        return first;
      }
      if (depth == 0 && before.getChannel() == Token.DEFAULT_CHANNEL) {
        first = before.getText();
      }
      depth += opens ? -1 : closes ? 1 : 0;
    }
    return first;
  }

  /// A comment behind code that hides a closing brace: `//` does not divide.
  static Optional<String> hiddenBrace(Parser parser) {
    Set<Integer> lines = new HashSet<>(); // on which there is code
    for (int i = 0; i < parser.getTokenStream().size(); i++) {
      Token token = parser.getTokenStream().get(i);
      if (token.getType() == SglLexer.COMMENT
          && token.getText().contains("}")
          && lines.contains(token.getLine())) {
        return Optional.of(
            "the one of line " + token.getLine() + " stands in a comment, which `//` begins");
      }
      if (token.getChannel() == Token.DEFAULT_CHANNEL) {
        lines.add(token.getLine());
      }
    }
    return Optional.empty();
  }

  private static boolean isWord(Token token) {
    return token.getText().matches("[a-z]+");
  }

  /// Whether `token` is in the braces of a text.
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
    private static final int BEFORE = 12;
    private static final int BEHIND = 2;
    private static final int SHOWN = 12; // characters of a token
    private static final String HERE = " ‸ ";

    private record Habit(Pattern around, String help) {
      Habit(String around, String help) {
        this(Pattern.compile(around), help);
      }
    }

    /// Habits of writing types.
    private static final List<Habit> TYPES =
        List.of(
            new Habit(
                "\" (required|enum|anyOf|oneOf|allOf|type|examples) \" : ‸ \\[",
                "a JSON Schema stands in a file of its own: `schema \"file.json\"`; a type is written `{ name: string }`"),
            new Habit("\\b([Ll]ist|[Aa]rray|Sequence) [\\[<] ‸ ", "a list is written `TYPE[]`"),
            new Habit(
                "\\bOptional [\\[<] ‸ ",
                "what may be missing is `TYPE | none`; an optional field is written `name?: type`"),
            new Habit("\\bUnion [\\[<] ‸ ", "one of several types is written `A | B`"),
            new Habit(
                "\\b(Literal|enum) [\\[<(] ‸ |\\benum ‸ \\{",
                "one of several is written `\"a\" | \"b\"`"),
            new Habit(
                "\\b([Dd]ict|Map|Record|HashMap) [\\[<] ‸ |\\bmap < \\w+ ‸ ,",
                "a map is written `map<TYPE>`; its names are texts"),
            new Habit("[=:|] ‸ \\[", "a list is written `TYPE[]`"),
            new Habit("[=:|] ‸ / ", "a regular expression is written `r\"…\"`"),
            new Habit("\\| ‸ \\|", "one `|` stands between two types"),
            new Habit(": (\"[^\"]*\"|\\w+) ‸ or ", "one of several types is written `A | B`"),
            new Habit(
                ": (\\w+|\\]|>) ‸ \\? ",
                "an optional field is written `name?: type`; what may be missing is `type | none`"),
            new Habit(
                "\\{[^(]*: (\\w+|\\]|>|\") ‸ = ",
                "fields have no defaults; one that may be missing is written `name?: type`"),
            new Habit("(int|float|string) < \\S+ ‸ [-,]", "a range is written `1..5`"),
            new Habit(
                "(int|float|string) (‸ \\(|\\( \\w+ ‸ =|\\[ \\S+ ‸ ,)",
                "bounds are written `string<..80>`, `int<1..5>`"),
            new Habit("[\\w\"\\]>] ‸ @ ", "a field is described by a comment before it: `/// …`"));

    /// Habits of writing values.
    private static final List<Habit> VALUES =
        List.of(
            new Habit(
                "\\blambda (\\w+ )?‸|\\( (\\w+ (, \\w+ )*\\) )?‸ = >|\\( \\w+ ‸ (-> |= >)|\\( .*\\w+ ‸ -> ",
                "there are no lambdas: write `[x + 1 for x in list]`"),
            new Habit("\\( [^)]*‸ for ", "a list is made in brackets: `[x + 1 for x in list]`"),
            new Habit(" [-+*/%] ‸ =", "it is written `x = x + …`"),
            new Habit("\\w \\+ ‸ \\+|\\w - - ‸ ", "it is written `x = x + 1`"),
            new Habit("\\* ‸ \\*", "there is no sign for powers: write `x * x`"),
            new Habit("[=!]= ‸ =", "it is written `==`, or `!=`"),
            new Habit("< ‸ >", "it is written `!=`"),
            new Habit("\\bnot ‸ in ", "it is written `not (x in list)`"),
            new Habit("‸ \\? [.?]", "what may be missing is looked at first: `if x != none { … }`"),
            new Habit("‸ \\? |\\bif .*‸ else ", "it is written `if CONDITION { … } else { … }`"),
            new Habit("\\[ ([^\\]]*, )?‸ \\.\\.", "lists are added: `list + [x]`"),
            new Habit("\\{ ([^}]*, )?‸ \\.\\.", "a record is written out: `{a: r.a, b: 2}`"),
            new Habit("\\.\\. ‸ \\.", "a range is written `1..5`, with both ends"),
            new Habit("[{,] (\\w+|\\w+ : \\w+ , \\w+) ‸ [},]", "a field is written `name: value`"),
            new Habit("\\[ .*‸ :", "a part of a list is written `list.slice(from, to)`"),
            new Habit("\\breturn .*‸ ,", "several values are a list or a record: `return [a, b]`"));

    /// Habits of writing statements and definitions.
    private static final List<Habit> STATEMENTS =
        List.of(
            new Habit("(^| )‸ / \\*", "a comment begins with `//`"),
            new Habit(
                "\\{ ‸ [%#]", "a loop or a condition stands around texts: `for x in list { … }`"),
            new Habit(
                "select \\w+ from .*‸ ,", "the choices stand in a list: `from [\"x\", \"y\"]`"),
            new Habit("\\bselect ‸ \\(", "it is written `select NAME from [\"x\", \"y\"]`"),
            new Habit("\\bgen ‸ \\(", "it is written `gen NAME: TYPE (option: value)`"),
            new Habit("fork ‸ [0-9]+ as", "it is written `fork i in 1..3 as NAME { … }`"),
            new Habit(
                "\\b(system|user|assistant) ‸ :|\\bwith ‸ (system|user|assistant) ",
                "a message is written `user \"…\"`, or `user { … }`"),
            new Habit(
                "\\blet ‸ [{\\[]|\\blet \\w+ ‸ ,", "`let` binds one variable: `let a = record.a`"),
            new Habit(" ‸ : =|let \\w+ : ‸ =", "it is written `let x = …`"),
            new Habit("\\bcase ‸ ", "an arm is written `1 -> …`, and the last one `_ -> …`"),
            new Habit("\\bdefault ‸ :", "the last arm is written `_ -> …`"),
            new Habit(" ‸ = > ", "an arm is written `1 -> …`, and the last one `_ -> …`"),
            new Habit(
                "for \\w+ ‸ ,|for ‸ \\w+ ,",
                "a loop has one variable; count with `for i in 0..list.len - 1 { let x = list[i] … }`"),
            new Habit("\\bfor \\w+ ‸ (of|=) ", "a loop is written `for x in list { … }`"),
            new Habit(
                "(for|while|if) ‸ \\(", "it is written without parentheses: `for x in list { … }`"),
            new Habit("\\bif .*‸ then ", "it is written `if CONDITION { … } else { … }`"),
            new Habit(
                "\\b(while|if|for|else|with|retry|match) .*‸ :|\\belse ‸ :",
                "a block stands in braces: `{ … }`"),
            new Habit("\\b(check|if|while) .*‸ =", "`==` compares"),
            new Habit(
                "\\) ‸ : (string|int|float|bool|json|text|any|[A-Z]\\w*) ",
                "the type of the result is written `-> TYPE`"),
            new Habit("\\b(program|fn|fragment|test) .*‸ :", "a block stands in braces: `{ … }`"),
            new Habit(
                "\\btool .*‸ \\{",
                "a tool has no block, the host does it; code is a `fn`, and a test answers with `given tool NAME -> VALUE`"),
            new Habit("\\btest ‸ \\w+", "a test has a text for its name: `test \"…\" { … }`"),
            new Habit(
                "\\bgiven tool .*‸ ->",
                "in the parentheses stand names for the arguments: `given tool NAME(x) -> VALUE`"),
            new Habit("\\bgiven (\\w+ )?‸ (\\w+ )?->", "it is written `given tool NAME -> VALUE`"),
            new Habit("[(,] \\w+ ‸ \\w+", "it is written `name: type`"));

    private Habits() {}

    /// How to write what stands around `token`, if it is a habit of other languages.
    static Optional<String> of(Parser parser, Token token) {
      String around = around(parser, token);
      return Stream.of(TYPES, VALUES, STATEMENTS)
          .flatMap(List::stream)
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
