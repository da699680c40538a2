package dev.sgl.compiler;

import dev.sgl.grammar.Sgl;
import dev.sgl.program.Values;
import java.util.ArrayList;
import java.util.List;

/// The values of literals: numbers, words and texts with their escapes.
final class Literals {
  private Literals() {}

  /// The value of a literal that is no text.
  ///
  /// @param overflow is told of a number that is too large
  static Object value(Sgl.LiteralContext literal, Runnable overflow) {
    String text = literal.getText();
    if (literal.INT() != null) {
      return integer(text, overflow);
    }
    if (literal.FLOAT() != null) {
      return decimal(text, overflow);
    }
    if (literal.TRUE() != null || literal.FALSE() != null) {
      return literal.TRUE() != null;
    }
    return literal.NONE() != null ? Values.NONE : text;
  }

  static Long integer(String text, Runnable overflow) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      overflow.run();
      return 0L;
    }
  }

  static Double decimal(String text, Runnable overflow) {
    double value = Double.parseDouble(text);
    if (Double.isInfinite(value)) {
      overflow.run();
      return 0.0;
    }
    return value;
  }

  /// A text without values in it; braces and the values in them are left out.
  static String fixed(Sgl.TextContext text) {
    return String.join("", pieces(text));
  }

  /// Whether an escape, such as `\n`, is one of the language.
  static boolean isEscape(String escape) {
    return escape.matches("\\\\([ntr\"\\\\{}']|u\\{[0-9a-fA-F]{1,6}})");
  }

  /// The fixed pieces of a text: one more than it has values.
  static List<String> pieces(Sgl.TextContext text) {
    List<String> pieces = raw(text.part());
    List<String> stripped = text.BLOCK_OPEN() == null ? pieces : strip(pieces);
    return stripped.stream().map(Literals::unescape).toList();
  }

  /// The fixed pieces of a text without quotes around it.
  static List<String> pieces(List<Sgl.PartContext> parts) {
    return raw(parts).stream().map(Literals::unescape).toList();
  }

  private static List<String> raw(List<Sgl.PartContext> parts) {
    List<StringBuilder> raw = new ArrayList<>(List.of(new StringBuilder()));
    for (Sgl.PartContext part : parts) {
      if (part instanceof Sgl.InterpolationContext) {
        raw.add(new StringBuilder());
      } else {
        raw.getLast().append(part.getText());
      }
    }
    return raw.stream().map(p -> p.toString().replace("\r\n", "\n")).toList();
  }

  /// The pieces of a text block without its common indentation, nor the line ends next to its
  /// quotes. Blanks at the end of a line stay: before a `gen` they matter.
  private static List<String> strip(List<String> pieces) {
    String first = pieces.getFirst();
    int open = first.indexOf('\n');
    if (open < 0 || !first.substring(0, open).isBlank()) {
      return pieces;
    }
    int indent = indentation(pieces);
    List<String> out = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      out.add(pieces.get(i).replaceAll("\n {0," + indent + "}", "\n"));
    }
    out.set(0, out.getFirst().substring(out.getFirst().indexOf('\n') + 1));
    String last = out.getLast();
    int close = last.lastIndexOf('\n');
    if (close >= 0 && last.substring(close).isBlank()) {
      out.set(out.size() - 1, last.substring(0, close));
    } else if (close < 0 && last.isBlank() && out.size() == 1) {
      out.set(0, "");
    }
    return out;
  }

  /// Blanks that all lines begin with, the line of the closing quotes included; other blank lines
  /// do not count.
  private static int indentation(List<String> pieces) {
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < pieces.size(); i++) {
      String[] lines = pieces.get(i).split("\n", -1);
      for (int line = 1; line < lines.length; line++) {
        boolean ends = line == lines.length - 1; // at a value, or at the closing quotes
        if (!lines[line].isBlank() || ends) {
          least =
              Math.min(least, lines[line].length() - lines[line].replaceFirst("^ +", "").length());
        }
      }
    }
    return least;
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

  /// Appends the character that the escape at `i` means, and returns the place of the last
  /// character of the escape.
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
