package dev.sgl.constraint.gbnf;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.regex.CodePoints;
import dev.sgl.constraint.regex.Regex;
import dev.sgl.constraint.regex.RegexParser;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads a grammar in the notation of Lark: rules `name: …` and terminals `NAME: …` of texts in
/// quotes, regular expressions in slashes, names, groups, `|` and repeats. It allows the texts that
/// Lark's Earley parser reads; `%ignore` allows its terminal before each other and at the end.
/// Names of trees, and priorities, choose between readings of a text, and change nothing here.
///
/// Reference: Lark documentation, "Grammar Reference".
final class LarkParser {
  private static final String START = "start";
  private static final int MAX_REPEAT = 10_000;
  private static final int MAX_DEPTH = 250;

  private static final Pattern DEFINITION =
      Pattern.compile("(?m)^[ \\t]*[?!]*_?[A-Za-z]\\w*(?:\\.-?\\d+)?[ \\t]*:(?!:)");
  private static final Pattern GBNF = Pattern.compile("(?m)^[ \\t]*[\\w-]+[ \\t]*::=");

  private static final Pattern NAME = Pattern.compile("_?[A-Za-z][A-Za-z0-9_]*");
  private static final Pattern PRIORITY = Pattern.compile("\\.-?[0-9]+");
  private static final Pattern FLAGS = Pattern.compile("[a-z]*");
  private static final Pattern COUNT = Pattern.compile("~[ \\t]*([0-9]+)(?:\\.\\.([0-9]+))?");

  private static final Pattern IMPORT =
      Pattern.compile(
          "%import[ \\t]+([\\w.]+?)(?:\\.(\\w+)(?:[ \\t]*->[ \\t]*(\\w+))?|[ \\t]*\\(([\\w, \\t]*)\\))[ \\t]*(?=\\n|$)");

  private final String text;
  private final Map<String, Regex> rules = new LinkedHashMap<>();
  private final List<String> ignored = new ArrayList<>();
  private int at;
  private int depth;
  private boolean inTerminal;

  private LarkParser(String text) {
    this.text = text;
  }

  /// Whether a grammar is in Lark's notation, not in GBNF.
  static boolean isLark(String text) {
    return !GBNF.matcher(text).find() && DEFINITION.matcher(text).find();
  }

  /// The rules of `text`, and `root`, which is its rule `start`.
  ///
  /// @throws ConstraintException if it is not well formed, or has what no grammar here can say
  static Map<String, Regex> parse(String text) {
    Budget.requireShort("a grammar", text);
    LarkParser parser = new LarkParser(text);
    parser.definitions();
    return parser.finished();
  }

  private Map<String, Regex> finished() {
    if (!rules.containsKey(START)) {
      throw new ConstraintException("bad grammar: the rule `start` is missing");
    }
    Map<String, Regex> all = new LinkedHashMap<>();
    rules.forEach((name, regex) -> all.put(own(name), regex));
    Regex start = new Regex.Rule(START);
    all.put("root", ignored.isEmpty() ? start : Regex.concat(start, ignoredText()));
    return all;
  }

  /// The name of a rule here, where `root` is another.
  private static String own(String name) {
    return name.equals("root") ? "root'" : name;
  }

  /// Ignored text.
  private Regex ignoredText() {
    List<Regex> choices = new ArrayList<>();
    ignored.forEach(name -> choices.add(new Regex.Rule(own(name))));
    return new Regex.Repeat(new Regex.Either(choices), 0, Regex.UNBOUNDED);
  }

  // --- definitions

  private void definitions() {
    readIgnored();
    skipLines();
    while (at < text.length()) {
      if (text.startsWith("%import", at)) {
        importCommon();
      } else if (text.startsWith("%ignore", at)) {
        at = lineEnd(); // it was read before
      } else if (text.charAt(at) == '%') {
        throw error("`%s` is not supported; write the grammar in GBNF".formatted(word()));
      } else {
        definition();
      }
      skipLines();
    }
  }

  /// Reads the ignored terminals first, since rules are read with them.
  private void readIgnored() {
    Matcher line = Pattern.compile("(?m)^[ \\t]*%ignore[ \\t]+(.*)$").matcher(text);
    while (line.find()) {
      String name = "%ignore" + ignored.size();
      LarkParser inner = new LarkParser(line.group(1));
      inner.inTerminal = true;
      inner.skipSpace();
      rules.put(name, inner.either());
      if (inner.at < inner.text.length()) {
        at = line.start();
        throw error("`%ignore` has one terminal");
      }
      ignored.add(name);
    }
  }

  private void definition() {
    int start = at;
    while (skip("?") || skip("!")) {}
    String name = name();
    if (text.startsWith("{", at)) {
      throw error("templates are not supported; write the grammar in GBNF");
    }
    take(PRIORITY);
    skipSpace();
    if (!skip(":")) {
      throw error("`:` was expected after the name of a rule");
    }
    inTerminal = isTerminal(name);
    skipLines();
    Regex regex = either();
    if (at < text.length() && text.charAt(at) != '\n') {
      throw error("`" + text.charAt(at) + "` was not expected");
    }
    if (rules.put(name, regex) != null) {
      at = start;
      throw error("the rule `" + name + "` is defined twice");
    }
  }

  private static boolean isTerminal(String name) {
    return Character.isUpperCase(name.charAt(name.startsWith("_") ? 1 : 0));
  }

  private void importCommon() {
    Matcher line = IMPORT.matcher(text).region(at, text.length());
    if (!line.lookingAt() || !line.group(1).equals("common")) {
      throw error("only terminals of `common` can be imported");
    }
    List<String> names =
        line.group(2) == null ? List.of(line.group(4).split("[, \\t]+")) : List.of(line.group(2));
    for (String name : names) {
      String alias = line.group(3) == null ? name : line.group(3);
      String pattern = LarkTerminals.COMMON.get(name);
      if (pattern == null) {
        throw error("there is no terminal `" + name + "` in `common`");
      }
      rules.put(alias, expression(pattern, ""));
    }
    at = line.end();
  }

  // --- expressions

  private Regex either() {
    if (++depth > MAX_DEPTH) {
      throw error("groups are nested too deeply");
    }
    List<Regex> choices = new ArrayList<>();
    do {
      skipSpace();
      choices.add(concat());
      if (skip("->")) { // the name of a tree
        skipSpace();
        name();
        skipSpace();
      }
    } while (nextChoice());
    depth--;
    return choices.size() == 1 ? choices.getFirst() : new Regex.Either(choices);
  }

  /// Goes to the next choice, which may be on the next line.
  private boolean nextChoice() {
    int here = at;
    skipLines();
    if (skip("|")) {
      skipLines();
      return true;
    }
    at = here;
    return false;
  }

  private Regex concat() {
    List<Regex> parts = new ArrayList<>();
    while (at < text.length()) {
      char c = text.charAt(at);
      Regex part;
      if (c == '(') {
        at++;
        part = group(")");
      } else if (c == '[') {
        at++;
        part = new Regex.Repeat(group("]"), 0, 1);
      } else if (c == '"' || c == '/') {
        part = token(c == '"' ? literal() : expression());
      } else if (isNameStart(c)) {
        String name = name();
        boolean isToken = isTerminal(name) && !inTerminal;
        part = isToken ? token(new Regex.Rule(own(name))) : new Regex.Rule(own(name));
      } else {
        break;
      }
      parts.add(repeated(part));
      skipSpace();
    }
    return parts.size() == 1 ? parts.getFirst() : new Regex.Concat(parts);
  }

  private static boolean isNameStart(char c) {
    return c == '_' || c < 0x80 && Character.isLetter(c);
  }

  private Regex group(String close) {
    skipLines();
    Regex inside = either();
    skipLines();
    if (!skip(close)) {
      throw error("`" + close + "` is missing");
    }
    return inside;
  }

  /// A terminal in a rule, before which there may be ignored text.
  private Regex token(Regex terminal) {
    return inTerminal || ignored.isEmpty()
        ? terminal
        : new Regex.Concat(List.of(ignoredText(), terminal));
  }

  private Regex repeated(Regex item) {
    skipSpace();
    if (skip("*")) {
      return new Regex.Repeat(item, 0, Regex.UNBOUNDED);
    }
    if (skip("+")) {
      return new Regex.Repeat(item, 1, Regex.UNBOUNDED);
    }
    if (skip("?")) {
      return new Regex.Repeat(item, 0, 1);
    }
    Matcher count = COUNT.matcher(text).region(at, text.length());
    if (!count.lookingAt()) {
      return item;
    }
    int min = count(count.group(1));
    int max = count.group(2) == null ? min : count(count.group(2));
    if (min > max) {
      throw error("the lower bound is above the upper one");
    }
    at = count.end();
    return new Regex.Repeat(item, min, max);
  }

  private int count(String digits) {
    if (digits.length() > 6 || Integer.parseInt(digits) > MAX_REPEAT) {
      throw error("a count from 0 to " + MAX_REPEAT + " was expected");
    }
    return Integer.parseInt(digits);
  }

  /// A text in quotes, or a range between two of one character each.
  private Regex literal() {
    String said = unescaped(between('"', "the closing quote is missing"));
    boolean ignoresCase = skip("i");
    if (!skip("..")) {
      return characters(said, ignoresCase);
    }
    String last = unescaped(between('"', "the end of a range was expected"));
    boolean isRange =
        said.codePointCount(0, said.length()) == 1 && last.codePointCount(0, last.length()) == 1;
    if (!isRange || said.codePointAt(0) > last.codePointAt(0)) {
      throw error("a range goes from one character to a later one");
    }
    return new Regex.Chars(CodePoints.range(said.codePointAt(0), last.codePointAt(0)));
  }

  private static Regex characters(String said, boolean ignoresCase) {
    List<Regex> chars = new ArrayList<>();
    said.codePoints()
        .forEach(
            c -> {
              CodePoints set = CodePoints.range(c, c);
              if (ignoresCase) {
                int lower = Character.toLowerCase(c);
                int upper = Character.toUpperCase(c);
                set = set.or(CodePoints.range(lower, lower)).or(CodePoints.range(upper, upper));
              }
              chars.add(new Regex.Chars(set));
            });
    return new Regex.Concat(chars);
  }

  /// The text between two quotes or slashes, with its escapes.
  private String between(char mark, String missing) {
    int end = at + 1;
    while (end < text.length() && text.charAt(end) != mark && text.charAt(end) != '\n') {
      end += text.charAt(end) == '\\' ? 2 : 1;
    }
    if (at >= text.length() || text.charAt(at) != mark || !text.startsWith("" + mark, end)) {
      throw error(missing);
    }
    String inside = text.substring(at + 1, end);
    at = end + 1;
    return inside;
  }

  /// A text with its escapes as characters; a backslash that begins none is one itself.
  private String unescaped(String said) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < said.length(); i++) {
      char c = said.charAt(i);
      if (c != '\\' || i + 1 == said.length()) {
        plain.append(c);
        continue;
      }
      char letter = said.charAt(++i);
      int digits =
          switch (letter) {
            case 'x' -> 2;
            case 'u' -> 4;
            case 'U' -> 8;
            default -> 0;
          };
      if (digits > 0) {
        plain.appendCodePoint(code(said, i + 1, digits));
        i += digits;
        continue;
      }
      switch (letter) {
        case 'n' -> plain.append('\n');
        case 't' -> plain.append('\t');
        case 'r' -> plain.append('\r');
        case 'f' -> plain.append('\f');
        case '\\', '"' -> plain.append(letter);
        default -> plain.append('\\').append(letter);
      }
    }
    return plain.toString();
  }

  private int code(String said, int from, int digits) {
    String hex = said.substring(from, Math.min(said.length(), from + digits));
    if (!hex.matches("[0-9a-fA-F]{%d}".formatted(digits))
        || Long.parseLong(hex, 16) > Character.MAX_CODE_POINT) {
      throw error(digits + " hexadecimal digits of a character were expected");
    }
    return Integer.parseInt(hex, 16);
  }

  private Regex expression() {
    String pattern = between('/', "the closing slash is missing");
    String flags = taken(FLAGS, "flags were expected").group();
    return expression(pattern.replace("\\/", "/"), flags);
  }

  /// A regular expression, which must say nothing of the text around it.
  private Regex expression(String pattern, String flags) {
    if (!flags.matches("[su]*")) {
      throw error("the flags `" + flags + "` are not supported");
    }
    String whole = flags.contains("s") ? "(?s)" + pattern : pattern;
    Regex regex = RegexParser.parse(whole, RegexParser.Dialect.UNICODE);
    if (regex.looksAround()) {
      throw error("`^`, `$`, `\\b` and look-ahead are not supported in a grammar");
    }
    return regex;
  }

  // --- characters

  private Matcher taken(Pattern pattern, String missing) {
    Matcher here = pattern.matcher(text).region(at, text.length());
    if (!here.lookingAt()) {
      throw error(missing);
    }
    at = here.end();
    return here;
  }

  private void take(Pattern pattern) {
    Matcher here = pattern.matcher(text).region(at, text.length());
    at = here.lookingAt() ? here.end() : at;
  }

  private String name() {
    return taken(NAME, "the name of a rule was expected").group();
  }

  private String word() {
    return text.substring(at, lineEnd()).split("\\s")[0];
  }

  private int lineEnd() {
    int end = text.indexOf('\n', at);
    return end < 0 ? text.length() : end;
  }

  private void skipSpace() {
    while (at < text.length()) {
      boolean isComment = text.charAt(at) == '#' || text.startsWith("//", at);
      if (isComment) {
        at = lineEnd();
      } else if (" \t\r".indexOf(text.charAt(at)) >= 0) {
        at++;
      } else {
        return;
      }
    }
  }

  private void skipLines() {
    skipSpace();
    while (skip("\n")) {
      skipSpace();
    }
  }

  private boolean skip(String token) {
    boolean here = text.startsWith(token, at);
    at += here ? token.length() : 0;
    return here;
  }

  private ConstraintException error(String message) {
    return GrammarParser.error(message, text, at);
  }
}
