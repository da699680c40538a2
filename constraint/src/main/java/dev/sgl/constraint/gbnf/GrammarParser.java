package dev.sgl.constraint.gbnf;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.regex.CodePoints;
import dev.sgl.constraint.regex.Regex;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads a grammar in GBNF, the notation of llama.cpp: rules `name ::= …` of texts in quotes,
/// classes in brackets, names, groups, `|` and repeats.
final class GrammarParser {
  private static final int MAX_REPEAT = 10_000;
  private static final int MAX_DEPTH = 250;

  private final String text;
  private final Map<String, Regex> rules = new LinkedHashMap<>();
  private int at;
  private int depth;

  private GrammarParser(String text) {
    this.text = text;
  }

  /// The rules of `text`, in order.
  ///
  /// @throws ConstraintException if it is not well formed; the message says in which line
  static Map<String, Regex> parse(String text) {
    Budget.requireShort("a grammar", text);
    GrammarParser parser = new GrammarParser(text);
    parser.rules();
    return parser.rules;
  }

  private void rules() {
    space(true);
    while (at < text.length()) {
      int start = at;
      String name = name();
      space(false);
      if (!skip("::=")) {
        throw error("`::=` was expected after the name of a rule");
      }
      space(true);
      if (rules.put(name, either(false)) != null) {
        at = start;
        throw error("the rule `" + name + "` is defined twice");
      }
      if (at < text.length() && text.charAt(at) != '\n') {
        throw error("`" + text.charAt(at) + "` was not expected");
      }
      space(true);
    }
  }

  /// @param nested whether this is in a group, where lines may end anywhere
  private Regex either(boolean nested) {
    if (++depth > MAX_DEPTH) {
      throw error("groups are nested too deeply");
    }
    List<Regex> choices = new ArrayList<>();
    choices.add(concat(nested));
    while (skip("|")) {
      space(true);
      choices.add(concat(nested));
    }
    depth--;
    return choices.size() == 1 ? choices.getFirst() : new Regex.Either(choices);
  }

  private Regex concat(boolean nested) {
    List<Regex> parts = new ArrayList<>();
    while (at < text.length()) {
      char c = text.charAt(at);
      Regex part;
      if (c == '"') {
        part = literal();
      } else if (c == '[') {
        part = new Regex.Chars(charClass());
      } else if (c == '(') {
        at++;
        space(true);
        part = either(true);
        if (!skip(")")) {
          throw error("`)` is missing");
        }
      } else if (c == '.') {
        at++;
        part = new Regex.Chars(CodePoints.ALL);
      } else if (isNameChar(c)) {
        part = new Regex.Rule(name());
      } else if (c == '<' || c == '!') {
        throw error("tokens are not supported: a grammar speaks of text");
      } else if (c == '*' || c == '+' || c == '?' || c == '{') {
        throw error("`" + c + "` has nothing to repeat");
      } else {
        break;
      }
      space(nested);
      parts.add(repeated(part, nested));
    }
    return parts.size() == 1 ? parts.getFirst() : new Regex.Concat(parts);
  }

  private Regex repeated(Regex item, boolean nested) {
    Regex expr = item;
    while (true) {
      if (skip("*")) {
        expr = new Regex.Repeat(expr, 0, Regex.UNBOUNDED);
      } else if (skip("+")) {
        expr = new Regex.Repeat(expr, 1, Regex.UNBOUNDED);
      } else if (skip("?")) {
        expr = new Regex.Repeat(expr, 0, 1);
      } else if (skip("{")) {
        expr = counted(expr);
      } else {
        return expr;
      }
      space(nested);
    }
  }

  private Regex counted(Regex item) {
    space(false);
    int min = at < text.length() && text.charAt(at) == ',' ? 0 : number();
    space(false);
    int max = min;
    if (skip(",")) {
      space(false);
      max = at < text.length() && text.charAt(at) == '}' ? Regex.UNBOUNDED : number();
      space(false);
    }
    if (!skip("}")) {
      throw error("`}` is missing");
    }
    if (min > max) {
      throw error("the lower bound is above the upper one");
    }
    return new Regex.Repeat(item, min, max);
  }

  private int number() {
    int start = at;
    while (at < text.length() && Character.isDigit(text.charAt(at))) {
      at++;
    }
    String digits = text.substring(start, at);
    if (digits.isEmpty() || digits.length() > 6 || Integer.parseInt(digits) > MAX_REPEAT) {
      at = start;
      throw error("a count from 0 to " + MAX_REPEAT + " was expected");
    }
    return Integer.parseInt(digits);
  }

  private Regex literal() {
    at++;
    List<Regex> chars = new ArrayList<>();
    while (at < text.length() && text.charAt(at) != '"' && text.charAt(at) != '\n') {
      int c = character();
      chars.add(new Regex.Chars(CodePoints.range(c, c)));
    }
    if (!skip("\"")) {
      throw error("the closing quote is missing");
    }
    return new Regex.Concat(chars);
  }

  private CodePoints charClass() {
    at++;
    boolean negated = skip("^");
    CodePoints set = CodePoints.NONE;
    while (at < text.length() && text.charAt(at) != ']') {
      int first = character();
      int last = first;
      if (text.startsWith("-", at) && !text.startsWith("-]", at)) {
        at++;
        last = character();
      }
      if (first > last) {
        throw error("the range is out of order");
      }
      set = set.or(CodePoints.range(first, last));
    }
    if (!skip("]")) {
      throw error("`]` is missing");
    }
    return negated ? set.not() : set;
  }

  private int character() {
    if (at == text.length()) {
      throw error("a character was expected");
    }
    int c = text.codePointAt(at);
    at += Character.charCount(c);
    if (c != '\\') {
      return c;
    }
    char letter = at < text.length() ? text.charAt(at++) : ' ';
    return switch (letter) {
      case 'x' -> hex(2);
      case 'u' -> hex(4);
      case 'U' -> hex(8);
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'n' -> '\n';
      case '\\', '"', '[', ']', '-', '^' -> letter;
      default -> throw error("unknown escape `\\" + letter + "`");
    };
  }

  private int hex(int digits) {
    int end = at + digits;
    if (end <= text.length() && text.substring(at, end).matches("[0-9a-fA-F]+")) {
      long value = Long.parseLong(text.substring(at, end), 16);
      if (value <= Character.MAX_CODE_POINT) {
        at = end;
        return (int) value;
      }
    }
    throw error(digits + " hexadecimal digits of a character were expected");
  }

  private String name() {
    int start = at;
    while (at < text.length() && isNameChar(text.charAt(at))) {
      at++;
    }
    if (start == at) {
      throw error("the name of a rule was expected");
    }
    return text.substring(start, at);
  }

  private static boolean isNameChar(char c) {
    return c < 0x80 && (Character.isLetterOrDigit(c) || c == '-' || c == '_');
  }

  private void space(boolean lines) {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '#') {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (c == ' ' || c == '\t' || c == '\r' || lines && c == '\n') {
        at++;
      } else {
        return;
      }
    }
  }

  private boolean skip(String token) {
    boolean here = text.startsWith(token, at);
    at += here ? token.length() : 0;
    return here;
  }

  private ConstraintException error(String message) {
    return error(message, text, at);
  }

  /// A mistake in a grammar, with its line and column.
  static ConstraintException error(String message, String text, int at) {
    String before = text.substring(0, Math.min(at, text.length()));
    long line = before.chars().filter(c -> c == '\n').count() + 1;
    int column = before.length() - before.lastIndexOf('\n');
    return new ConstraintException(
        "bad grammar: " + message + ", at line " + line + ", column " + column);
  }
}
