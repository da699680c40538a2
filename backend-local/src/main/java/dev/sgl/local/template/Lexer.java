package dev.sgl.local.template;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Splits a template into text and the tokens of its tags.
///
/// White space as Hugging Face renders: `trim_blocks` (a line end right after a block tag goes),
/// `lstrip_blocks` (blanks before a block tag that begins its line go), and `-` on either side.
final class Lexer {
  enum Kind {
    TEXT,
    OPEN_OUTPUT,
    OPEN_BLOCK,
    CLOSE,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  record Token(Kind kind, String text, int line) {
    boolean is(Kind wanted, String word) {
      return kind == wanted && text.equals(word);
    }
  }

  private static final List<String> OPERATORS =
      List.of(
          "**", "//", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "~", "|", "(", ")",
          "[", "]", "{", "}", ".", ",", ":", "=");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private boolean stripNext; // the tag before ended with `-`
  private boolean trimNext; // the tag before was a block
  private int counted; // characters whose line ends are in `line`
  private int line = 1;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokens(String source) {
    // Jinja drops one line end at the very end
    String kept = source.endsWith("\n") ? source.substring(0, source.length() - 1) : source;
    return new Lexer(kept.replace("\r\n", "\n")).run();
  }

  /// The line of a place; places never go back.
  private int line(int place) {
    for (; counted < Math.min(place, source.length()); counted++) {
      line += source.charAt(counted) == '\n' ? 1 : 0;
    }
    return line;
  }

  private List<Token> run() {
    while (at < source.length()) {
      int open = nextTag(at);
      text(source.substring(at, open), open);
      if (open == source.length()) {
        break;
      }
      at = open;
      tag();
    }
    tokens.add(new Token(Kind.END, "", line(source.length())));
    return tokens;
  }

  private int nextTag(int from) {
    for (int i = from; i + 1 < source.length(); i++) {
      if (source.charAt(i) == '{' && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return source.length();
  }

  private void text(String text, int open) {
    String kept = text;
    boolean beginsLine = at == 0 || source.charAt(at - 1) == '\n';
    if (stripNext) {
      kept = kept.stripLeading();
    } else if (trimNext && kept.startsWith("\n")) {
      kept = kept.substring(1);
      beginsLine = true;
    }
    if (open < source.length()) {
      char kind = source.charAt(open + 1);
      char mark = open + 2 < source.length() ? source.charAt(open + 2) : ' ';
      if (mark == '-') {
        kept = kept.stripTrailing();
      } else if (kind != '{' && mark != '+') {
        kept = leftStripped(kept, beginsLine);
      }
    }
    stripNext = false;
    trimNext = false;
    if (!kept.isEmpty()) {
      tokens.add(new Token(Kind.TEXT, kept, line(at)));
    }
  }

  /// Without the blanks after the last line end, if there is nothing else in that line.
  private static String leftStripped(String text, boolean beginsLine) {
    int line = text.lastIndexOf('\n') + 1;
    return (line > 0 || beginsLine) && text.substring(line).isBlank()
        ? text.substring(0, line)
        : text;
  }

  private void tag() {
    char kind = source.charAt(at + 1);
    if (kind == '#') {
      int close = source.indexOf("#}", at + 2);
      if (close < 0) {
        throw error("a comment is not closed", at);
      }
      stripNext = source.charAt(close - 1) == '-';
      trimNext = true;
      at = close + 2;
      return;
    }
    boolean output = kind == '{';
    tokens.add(new Token(output ? Kind.OPEN_OUTPUT : Kind.OPEN_BLOCK, "", line(at)));
    at += 2;
    if (at < source.length() && (source.charAt(at) == '-' || source.charAt(at) == '+')) {
      at++;
    }
    inside(output ? "}}" : "%}");
    trimNext = !output;
    if (!output && raw()) {
      trimNext = true;
    }
  }

  private void inside(String close) {
    int depth = 0;
    while (true) {
      while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
        at++;
      }
      if (at >= source.length()) {
        throw error("a tag is not closed", at - 1);
      }
      if (depth == 0
          && (source.startsWith("-" + close, at) || source.startsWith("+" + close, at))) {
        stripNext = source.charAt(at) == '-';
        at += 1 + close.length();
        break;
      }
      if (depth == 0 && source.startsWith(close, at)) {
        at += close.length();
        break;
      }
      Token token = token();
      tokens.add(token);
      if (token.kind() == Kind.OPERATOR) {
        depth += "([{".contains(token.text()) ? 1 : ")]}".contains(token.text()) ? -1 : 0;
      }
    }
    tokens.add(new Token(Kind.CLOSE, "", line(at)));
  }

  private Token token() {
    int start = at;
    char c = source.charAt(at);
    if (c == '"' || c == '\'') {
      return string(c);
    }
    if (Character.isDigit(c)) {
      while (at < source.length()
          && (Character.isDigit(source.charAt(at)) || source.charAt(at) == '_')) {
        at++;
      }
      boolean real =
          at + 1 < source.length()
              && source.charAt(at) == '.'
              && Character.isDigit(source.charAt(at + 1));
      if (real) {
        at++;
        while (at < source.length() && Character.isDigit(source.charAt(at))) {
          at++;
        }
      }
      return new Token(
          real ? Kind.FLOAT : Kind.INTEGER,
          source.substring(start, at).replace("_", ""),
          line(start));
    }
    if (Character.isJavaIdentifierStart(c)) {
      while (at < source.length() && Character.isJavaIdentifierPart(source.charAt(at))) {
        at++;
      }
      return new Token(Kind.NAME, source.substring(start, at), line(start));
    }
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        at += operator.length();
        return new Token(Kind.OPERATOR, operator, line(start));
      }
    }
    throw error("`" + c + "` is not understood", at);
  }

  private Token string(char quote) {
    int start = at++;
    StringBuilder text = new StringBuilder();
    while (at < source.length() && source.charAt(at) != quote) {
      char c = source.charAt(at++);
      if (c != '\\' || at == source.length()) {
        text.append(c);
        continue;
      }
      char escaped = source.charAt(at++);
      switch (escaped) {
        case 'n' -> text.append('\n');
        case 't' -> text.append('\t');
        case 'r' -> text.append('\r');
        case '\\', '\'', '"' -> text.append(escaped);
        case 'u' -> text.append(escaped(start));
        default -> text.append('\\').append(escaped);
      }
    }
    if (at == source.length()) {
      throw error("a text is not closed", start);
    }
    at++;
    return new Token(Kind.STRING, text.toString(), line(start));
  }

  /// The character of four hexadecimal digits.
  private char escaped(int start) {
    String digits = source.substring(at, Math.min(at + 4, source.length()));
    if (!digits.matches("[0-9a-fA-F]{4}")) {
      throw error("a backslash and `u` need four hexadecimal digits", start);
    }
    at += 4;
    return (char) Integer.parseInt(digits, 16);
  }

  /// After `raw`, everything up to `endraw` is text.
  private boolean raw() {
    int size = tokens.size();
    if (size < 3
        || !tokens.get(size - 2).is(Kind.NAME, "raw")
        || tokens.get(size - 3).kind() != Kind.OPEN_BLOCK) {
      return false;
    }
    tokens.subList(size - 3, size).clear();
    Matcher end = Pattern.compile("\\{%-?\\s*endraw\\s*-?%}").matcher(source);
    if (!end.find(at)) {
      throw error("`raw` is not closed", at);
    }
    tokens.add(new Token(Kind.TEXT, source.substring(at, end.start()), line(at)));
    at = end.end();
    return true;
  }

  private TemplateException error(String message, int place) {
    long line = source.substring(0, Math.min(place, source.length())).lines().count();
    return new TemplateException(message).at((int) Math.max(1, line));
  }
}
