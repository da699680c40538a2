package dev.sgl.local.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Python's values as Java's, and what Python does with them: truth, text, order, JSON.
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

  /// The value of what does not exist: empty where it is shown, an error where it is used.
  record Undefined(String hint) {
    TemplateException error() {
      return new TemplateException(hint);
    }
  }

  /// What filters such as `map` give: it can be gone through, but has no length and no JSON.
  record Generator(List<Object> items) {}

  /// Text marked by `safe`: what is added to it is escaped for HTML (MarkupSafe's `Markup`).
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

  /// A value of Java's as Python has it: null as [#NONE], wherever it stands.
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
    return switch (value) {
      case String text -> quoted(text);
      case Boolean truth -> truth ? "True" : "False";
      case Double number -> real(number);
      case List<?> list ->
          list.stream().map(Python::repr).collect(Collectors.joining(", ", "[", "]"));
      case Map<?, ?> map ->
          map.entrySet().stream()
              .map(e -> repr(e.getKey()) + ": " + repr(e.getValue()))
              .collect(Collectors.joining(", ", "{", "}"));
      case Undefined _ -> "Undefined";
      case Generator _ -> "<generator>";
      default -> value.toString();
    };
  }

  private static String quoted(String text) {
    char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
    StringBuilder out = new StringBuilder().append(quote);
    for (char c : text.toCharArray()) {
      switch (c) {
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\\' -> out.append("\\\\");
        default -> out.append(c == quote ? "\\" + c : "" + c);
      }
    }
    return out.append(quote).toString();
  }

  private static String real(double number) {
    if (number == Math.rint(number) && Math.abs(number) < 1e16) {
      return (long) number + ".0";
    }
    return Double.toString(number).replace("E", "e");
  }

  static boolean equal(Object a, Object b) {
    if (isNumber(a) && isNumber(b)) {
      return number(a) == number(b);
    }
    return Objects.equals(a, b);
  }

  static boolean isNumber(Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  static double number(Object value) {
    return switch (value) {
      case Long n -> n;
      case Double n -> n;
      case Boolean b -> b ? 1 : 0;
      case Undefined undefined -> throw undefined.error();
      default -> throw new TemplateException("a number is needed, not " + repr(value));
    };
  }

  static long integer(Object value) {
    return (long) number(value);
  }

  static int compare(Object a, Object b) {
    if (isNumber(a) && isNumber(b)) {
      return Double.compare(number(a), number(b));
    }
    if (a instanceof String x && b instanceof String y) {
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
      case String text when item instanceof String part -> text.contains(part);
      case List<?> list -> list.stream().anyMatch(x -> equal(x, item));
      case Map<?, ?> map -> map.containsKey(item);
      case Undefined _ -> false;
      default -> throw new TemplateException("nothing can be in " + repr(in));
    };
  }

  /// The elements of what a `for` goes through.
  static List<Object> items(Object value) {
    return switch (value) {
      case List<?> list -> new ArrayList<>(list);
      case Map<?, ?> map -> new ArrayList<>(map.keySet());
      case String text -> new ArrayList<>(text.codePoints().mapToObj(Character::toString).toList());
      case Generator(var items) -> new ArrayList<>(items);
      case Undefined _ -> new ArrayList<>();
      default -> throw new TemplateException(repr(value) + " cannot be gone through");
    };
  }

  /// `json.dumps(value, ensure_ascii=False)`, over several lines if `indent` is not negative.
  static String json(Object value, int indent) {
    StringBuilder out = new StringBuilder();
    json(value, indent, 0, out);
    return out.toString();
  }

  private static void json(Object value, int indent, int depth, StringBuilder out) {
    switch (value) {
      case String text -> string(text, out);
      case Boolean truth -> out.append(truth);
      case Double number -> out.append(real(number));
      case List<?> list -> {
        boolean first = true;
        out.append('[');
        for (Object item : list) {
          separate(first, indent, depth + 1, out);
          json(item, indent, depth + 1, out);
          first = false;
        }
        close(first, indent, depth, out);
        out.append(']');
      }
      case Map<?, ?> map -> {
        boolean first = true;
        out.append('{');
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          separate(first, indent, depth + 1, out);
          string(text(entry.getKey()), out);
          out.append(": ");
          json(entry.getValue(), indent, depth + 1, out);
          first = false;
        }
        close(first, indent, depth, out);
        out.append('}');
      }
      case Undefined undefined -> throw undefined.error();
      case Generator _ ->
          throw new TemplateException("Object of type generator is not JSON serializable");
      case Markup(var text) -> string(text, out);
      default -> out.append(value == NONE ? "null" : value.toString());
    }
  }

  private static void separate(boolean first, int indent, int depth, StringBuilder out) {
    if (indent >= 0) {
      out.append(first ? "\n" : ",\n").append(" ".repeat(indent * depth));
    } else if (!first) {
      out.append(", ");
    }
  }

  private static void close(boolean empty, int indent, int depth, StringBuilder out) {
    if (indent >= 0 && !empty) {
      out.append('\n').append(" ".repeat(indent * depth));
    }
  }

  private static void string(String text, StringBuilder out) {
    out.append('"');
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> out.append(c < 0x20 ? String.format("\\u%04x", (int) c) : "" + c);
      }
    }
    out.append('"');
  }
}
