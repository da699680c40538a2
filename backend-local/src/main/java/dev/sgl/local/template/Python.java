package dev.sgl.local.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Python's values as Java's, and their truth, text and order.
///
/// `str` is `String`, `int` `Long`, `float` `Double`, `bool` `Boolean`, `list` and `tuple` `List`,
/// `dict` `Map`, `None` [#NONE]; a name that is not defined is an [Undefined].
final class Python {
  static final Object NONE =
      new Object() {
        @Override
        public String toString() {
          return "None";
        }
      };

  /// The value of a name or attribute that does not exist: empty as text and as a list, false as a
  /// condition, an error in operators and where an attribute of it is read.
  record Undefined(String hint) {
    TemplateException error() {
      return new TemplateException(hint);
    }
  }

  /// The result of filters such as `map`: a `for` can iterate over it, but it has no length and no
  /// JSON.
  record Generator(List<Object> items) {}

  /// Text marked by `safe`: text that is added to it is escaped for HTML (MarkupSafe's `Markup`).
  record Markup(String text) {
    static Markup escaped(Object value) {
      return value instanceof Markup markup
          ? markup
          : new Markup(
              Python.text(value)
                  .replace("&", "&amp;")
                  .replace("<", "&lt;")
                  .replace(">", "&gt;")
                  .replace("'", "&#39;")
                  .replace("\"", "&#34;"));
    }
  }

  private Python() {}

  /// The Python value of a Java value: null becomes [#NONE], also within lists and maps.
  static Object of(@Nullable Object value) {
    return switch (value) {
      case null -> NONE;
      case Map<?, ?> map -> {
        Map<Object, Object> own = new LinkedHashMap<>();
        map.forEach((key, inner) -> own.put(key, of(inner)));
        yield own;
      }
      case List<?> list -> {
        List<Object> own = new ArrayList<>();
        list.forEach(inner -> own.add(of(inner)));
        yield own;
      }
      case BigInteger number -> Numbers.of(number);
      case Integer number -> (long) number;
      default -> value;
    };
  }

  static boolean truth(Object value) {
    return switch (value) {
      case Boolean truth -> truth;
      case String text -> !text.isEmpty();
      case Markup(var text) -> !text.isEmpty();
      case Long number -> number != 0;
      case Double number -> number != 0;
      case List<?> list -> !list.isEmpty();
      case Namespace _ -> true;
      case Map<?, ?> map -> !map.isEmpty();
      case Undefined _ -> false;
      default -> value != NONE;
    };
  }

  /// `str(value)`, as output shows it.
  static String text(Object value) {
    return switch (value) {
      case String text -> text;
      case Markup(var text) -> text;
      case Undefined _ -> "";
      default -> repr(value);
    };
  }

  static String repr(Object value) {
    StringBuilder out = new StringBuilder();
    repr(value, out);
    return out.toString();
  }

  private static void repr(Object value, StringBuilder out) {
    Work.items(1);
    switch (value) {
      case String text -> quoted(text, out);
      case Boolean truth -> out.append(truth ? "True" : "False");
      case Double number -> out.append(real(number));
      case List<?> list -> {
        out.append('[');
        String between = "";
        for (Object item : list) {
          out.append(between);
          repr(item, out);
          between = ", ";
        }
        out.append(']');
      }
      case Map<?, ?> map -> {
        out.append('{');
        String between = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          out.append(between);
          repr(entry.getKey(), out);
          out.append(": ");
          repr(entry.getValue(), out);
          between = ", ";
        }
        out.append('}');
      }
      case Undefined _ -> out.append("Undefined");
      case Generator _ -> out.append("<generator>");
      default -> out.append(value);
    }
  }

  private static void quoted(String text, StringBuilder out) {
    Work.characters(text.length());
    char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
    out.append(quote);
    for (char c : text.toCharArray()) {
      switch (c) {
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\\' -> out.append("\\\\");
        default -> out.append(c == quote ? "\\" + c : "" + c);
      }
    }
    out.append(quote);
  }

  /// `repr` of a float: its shortest digits, with an exponent from 1e16 on and below 1e-4.
  static String real(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    if (number == 0) {
      return Double.toString(number); // with its sign
    }
    BigDecimal digits = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = digits.toPlainString();
      return plain.contains(".") ? plain : plain + ".0";
    }
    String mantissa = digits.movePointLeft(exponent).stripTrailingZeros().toPlainString();
    return "%se%s%02d".formatted(mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  static boolean equal(Object a, Object b) {
    Work.step();
    if (isNumber(a) && isNumber(b)) {
      return Numbers.compare(a, b) == 0;
    }
    if (a instanceof String x && b instanceof String y) {
      Work.characters(Math.min(x.length(), y.length()));
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      return x.size() == y.size()
          && IntStream.range(0, x.size()).allMatch(i -> equal(x.get(i), y.get(i)));
    }
    if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
      return x.size() == y.size()
          && x.entrySet().stream()
              .allMatch(e -> y.get(e.getKey()) instanceof Object v && equal(e.getValue(), v));
    }
    return a.equals(b);
  }

  static boolean isNumber(Object value) {
    return value instanceof Double || Numbers.isInteger(value);
  }

  /// The value as a key of a `dict`, which no list and no `dict` can be.
  static Object key(Object value) {
    if (value instanceof List || value instanceof Map) {
      throw new TemplateException("unhashable type: " + (value instanceof List ? "list" : "dict"));
    }
    return value;
  }

  static double number(Object value) {
    return switch (value) {
      case Long n -> n;
      case Double n -> n;
      case BigInteger n -> n.doubleValue();
      case Boolean b -> b ? 1 : 0;
      case Undefined undefined -> throw undefined.error();
      default -> throw new TemplateException("a number is needed, not " + repr(value));
    };
  }

  static long integer(Object value) {
    return switch (value) {
      case Long n -> n;
      case BigInteger _ -> throw new TemplateException("a number is too large");
      default -> (long) number(value);
    };
  }

  static int compare(Object a, Object b) {
    Work.step();
    if (isNumber(a) && isNumber(b)) {
      return Numbers.compare(a, b);
    }
    if (a instanceof String x && b instanceof String y) {
      Work.characters(Math.min(x.length(), y.length()));
      return x.compareTo(y);
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
        int order = compare(x.get(i), y.get(i));
        if (order != 0) {
          return order;
        }
      }
      return Integer.compare(x.size(), y.size());
    }
    throw new TemplateException(repr(a) + " and " + repr(b) + " cannot be compared");
  }

  static boolean contains(Object in, Object item) {
    return switch (in) {
      case String text when item instanceof String part -> {
        Work.search(text, part);
        yield text.contains(part);
      }
      case List<?> list -> list.stream().anyMatch(x -> equal(x, item));
      case Map<?, ?> map -> map.containsKey(key(item));
      case Undefined _ -> false;
      default -> throw new TemplateException("nothing can be in " + repr(in));
    };
  }

  /// The elements that a `for` over `value` iterates over.
  static List<Object> items(Object value) {
    Work.items(
        switch (value) {
          case List<?> list -> list.size();
          case Map<?, ?> map -> map.size();
          case String text -> 3L * text.length();
          case Generator(var items) -> items.size();
          default -> 1;
        });
    return switch (value) {
      case List<?> list -> new ArrayList<>(list);
      case Map<?, ?> map -> new ArrayList<>(map.keySet());
      case String text -> new ArrayList<>(text.codePoints().mapToObj(Character::toString).toList());
      case Generator(var items) -> new ArrayList<>(items);
      case Undefined _ -> new ArrayList<>();
      default -> throw new TemplateException(repr(value) + " cannot be gone through");
    };
  }
}
