package dev.sgl.compiler;

import dev.sgl.grammar.Sgl;
import dev.sgl.program.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/// The values of literals: numbers, words and texts with their escapes.
final class Literals {
  /// Stands for an interpolated value while a text's indentation is stripped.
  private static final char VALUE = '\uFFFC';

  private Literals() {}

  /// The value of a literal that is no text.
  static Object value(Sgl.LiteralContext literal, Consumer<Sgl.LiteralContext> overflow) {
    String text = literal.getText();
    if (literal.INT() != null) {
      try {
        return Long.parseLong(text);
      } catch (NumberFormatException e) {
        overflow.accept(literal);
        return 0L;
      }
    }
    if (literal.FLOAT() != null) {
      return Double.parseDouble(text);
    }
    if (literal.TRUE() != null || literal.FALSE() != null) {
      return literal.TRUE() != null;
    }
    return literal.NONE() != null ? Values.NONE : text;
  }

  /// The fixed pieces of a text: one more than it has values.
  static List<String> pieces(Sgl.TextContext text) {
    StringBuilder raw = new StringBuilder();
    for (Sgl.PartContext part : text.part()) {
      raw.append(part instanceof Sgl.InterpolationContext ? "" + VALUE : part.getText());
    }
    String body = text.BLOCK_OPEN() == null ? raw.toString() : strip(raw.toString());
    return new ArrayList<>(
        Arrays.stream(body.split("" + VALUE, -1)).map(Literals::unescape).toList());
  }

  /// A text block without its common indentation, nor the line ends next to its quotes.
  private static String strip(String raw) {
    String body = raw.replace("\r\n", "\n");
    boolean lead =
        body.stripLeading().length() < body.length()
            && body.indexOf('\n') >= 0
            && body.substring(0, body.indexOf('\n')).isBlank();
    if (!lead) {
      return body;
    }
    String lines = body.substring(body.indexOf('\n') + 1).stripIndent();
    return lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
  }

  private static String unescape(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean more = i + 1 < text.length();
      if ((c == '{' || c == '}') && more && text.charAt(i + 1) == c) {
        out.append(c);
        i++;
      } else if (c == '\\' && more) {
        i++;
        i = escape(text, i, out);
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  /// Appends what the escape at `i` stands for and returns the place of its last character.
  private static int escape(String text, int i, StringBuilder out) {
    switch (text.charAt(i)) {
      case 'n' -> out.append('\n');
      case 't' -> out.append('\t');
      case 'r' -> out.append('\r');
      case 'u' -> {
        int close = text.indexOf('}', i);
        if (close > i + 2 && text.charAt(i + 1) == '{') {
          int point = Integer.parseInt(text.substring(i + 2, Math.min(close, i + 9)), 16);
          out.appendCodePoint(Character.isValidCodePoint(point) ? point : 0xFFFD);
          return close;
        }
        out.append('u');
      }
      default -> out.append(text.charAt(i));
    }
    return i;
  }
}
