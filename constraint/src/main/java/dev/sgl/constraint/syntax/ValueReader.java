package dev.sgl.constraint.syntax;

import dev.sgl.constraint.Syntax;
import dev.sgl.constraint.json.scalar.Texts;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads values inside of an object that is written in a [Syntax]. It also reads Python's
/// words and its strings in single quotes, which chat templates write in their place.
public final class ValueReader {
  /// No value, or not the whole of one.
  public static final int NONE = -1;

  private static final int MOST_LEVELS = 500;
  private static final Map<String, String> WORDS =
      Map.of(
          "null", "null", "None", "null", "true", "true", "True", "true", "false", "false", "False",
          "false");
  private static final Pattern WORD = Pattern.compile("[A-Za-z]+");
  private static final Pattern NUMBER =
      Pattern.compile("-?\\d++(?:\\.\\d++)?+(?:[eE][+-]?+\\d++)?+");
  private static final Pattern STRING =
      Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*+\"", Pattern.DOTALL);
  private static final Pattern PYTHON_STRING =
      Pattern.compile("'((?:[^'\\\\]|\\\\.)*+)'", Pattern.DOTALL);
  private static final Pattern CODE = Pattern.compile("x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}");

  private final Syntax syntax;

  /// A reader of values inside of an object of `syntax`.
  public ValueReader(Syntax syntax) {
    this.syntax = syntax;
  }

  /// A string as JSON.
  public static String quoted(String text) {
    return '"' + new String(Texts.written(text), StandardCharsets.UTF_8);
  }

  /// Reads the value at a place of a text.
  ///
  /// @param json to which the value is appended as JSON, if there is one
  /// @return the place behind the value, or [#NONE]
  public int read(String text, int from, StringBuilder json) {
    int before = json.length();
    int end = value(text, from, json, 0);
    if (end == NONE) {
      json.setLength(before);
    }
    return end;
  }

  private int value(String text, int from, StringBuilder json, int level) {
    if (from >= text.length() || level > MOST_LEVELS) {
      return NONE;
    }
    if (syntax.scalars().strings().filter(raw -> text.startsWith(raw.begin(), from)).isPresent()) {
      return raw(text, from, syntax.scalars().strings().get(), json);
    }
    return switch (text.charAt(from)) {
      case '{' -> object(text, from + 1, json, level);
      case '[' -> array(text, from + 1, json, level);
      case '"' -> matched(STRING, text, from, json);
      case '\'' -> pythonString(text, from, json);
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' ->
          matched(NUMBER, text, from, json);
      default -> word(text, from, json);
    };
  }

  private static int raw(String text, int from, Syntax.Raw raw, StringBuilder json) {
    int begin = from + raw.begin().length();
    int end = text.indexOf(raw.end(), begin);
    if (end < 0) {
      return NONE;
    }
    json.append(quoted(text.substring(begin, end)));
    return end + raw.end().length();
  }

  private static int matched(Pattern pattern, String text, int from, StringBuilder json) {
    Matcher found = pattern.matcher(text).region(from, text.length());
    if (!found.lookingAt()) {
      return NONE;
    }
    json.append(found.group());
    return found.end();
  }

  private static int word(String text, int from, StringBuilder json) {
    Matcher found = WORD.matcher(text).region(from, text.length());
    String word = found.lookingAt() ? WORDS.getOrDefault(found.group(), "") : "";
    json.append(word);
    return word.isEmpty() ? NONE : found.end();
  }

  private static int pythonString(String text, int from, StringBuilder json) {
    Matcher found = PYTHON_STRING.matcher(text).region(from, text.length());
    if (!found.lookingAt()) {
      return NONE;
    }
    json.append(quoted(unescaped(found.group(1))));
    return found.end();
  }

  private static String unescaped(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      i++;
      char escape = text.charAt(i);
      int at = "nrtbf".indexOf(escape);
      Matcher code = CODE.matcher(text).region(i, text.length());
      if (code.lookingAt()) {
        out.append((char) Integer.parseInt(code.group().substring(1), 16));
        i = code.end() - 1;
      } else {
        out.append(at >= 0 ? "\n\r\t\b\f".charAt(at) : escape);
      }
    }
    return out.toString();
  }

  private int array(String text, int from, StringBuilder json, int level) {
    json.append('[');
    int at = blank(text, from);
    boolean isFirst = true;
    while (at < text.length() && text.charAt(at) != ']') {
      at = isFirst ? at : comma(text, at, json);
      at = at == NONE ? NONE : value(text, at, json, level + 1);
      if (at == NONE) {
        return NONE;
      }
      at = blank(text, at);
      isFirst = false;
    }
    json.append(']');
    return at < text.length() ? at + 1 : NONE;
  }

  private int object(String text, int from, StringBuilder json, int level) {
    json.append('{');
    int at = blank(text, from);
    boolean isFirst = true;
    while (at < text.length() && text.charAt(at) != '}') {
      at = isFirst ? at : comma(text, at, json);
      at = at == NONE ? NONE : name(text, at, json);
      at = at == NONE ? NONE : value(text, at, json, level + 1);
      if (at == NONE) {
        return NONE;
      }
      at = blank(text, at);
      isFirst = false;
    }
    json.append('}');
    return at < text.length() ? at + 1 : NONE;
  }

  private int comma(String text, int at, StringBuilder json) {
    json.append(", ");
    return text.charAt(at) == ',' ? blank(text, at + 1) : NONE;
  }

  /// Reads a name up to its value.
  private int name(String text, int from, StringBuilder json) {
    if (syntax.inner().isPresent()) {
      String end = syntax.inner().get().afterName();
      int at = text.indexOf(end, from);
      json.append(at < 0 ? "" : quoted(text.substring(from, at)) + ": ");
      return at < 0 ? NONE : at + end.length();
    }
    if (from >= text.length()) {
      return NONE;
    }
    int end =
        text.charAt(from) == '\''
            ? pythonString(text, from, json)
            : matched(STRING, text, from, json);
    int colon = end == NONE ? NONE : blank(text, end);
    json.append(": ");
    return colon != NONE && colon < text.length() && text.charAt(colon) == ':'
        ? blank(text, colon + 1)
        : NONE;
  }

  /// Passes over white space, which may be a part of a name where names are bare.
  private int blank(String text, int from) {
    int at = from;
    while (syntax.inner().isEmpty()
        && at < text.length()
        && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at;
  }
}
