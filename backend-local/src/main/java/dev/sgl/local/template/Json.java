package dev.sgl.local.template;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.json.OutsideJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// JSON as Python's values, and back.
final class Json {
  private static final ObjectMapper MAPPER = OutsideJson.plain();
  private static final int SHOWN = 100; // characters of a text that is no JSON

  private Json() {}

  static Object parse(String text) {
    Work.characters(text.length());
    try {
      return value(MAPPER.readTree(text));
    } catch (JsonProcessingException e) {
      throw new TemplateException("not JSON: " + text.substring(0, Math.min(SHOWN, text.length())));
    }
  }

  /// A tree as the values that a template takes.
  static Object value(JsonNode node) {
    if (node.isObject()) {
      Map<Object, Object> map = new LinkedHashMap<>();
      node.properties().forEach(e -> map.put(e.getKey(), value(e.getValue())));
      return map;
    }
    if (node.isArray()) {
      List<Object> list = new ArrayList<>();
      node.forEach(item -> list.add(value(item)));
      return list;
    }
    if (node.isTextual()) {
      return node.textValue();
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    if (node.isNull() || node.isMissingNode()) {
      return Python.NONE;
    }
    return node.isIntegralNumber() ? Numbers.of(node.bigIntegerValue()) : node.doubleValue();
  }

  /// How `tojson` writes, with the names and defaults of Hugging Face's.
  ///
  /// @param isAscii whether all other characters are escaped
  /// @param margin of each level, if every item has a line of its own
  record Form(
      boolean isAscii,
      Optional<String> margin,
      String between,
      String behindKey,
      boolean isSorted) {

    static Form of(List<Object> arguments, Map<String, Object> named) {
      Object indent = argument(1, "indent", Python.NONE, arguments, named);
      Object separators = argument(2, "separators", Python.NONE, arguments, named);
      Optional<String> margin =
          indent == Python.NONE ? Optional.empty() : Optional.of(indentation(indent));
      List<Object> given =
          separators == Python.NONE
              ? List.of(margin.isPresent() ? "," : ", ", ": ")
              : Python.items(separators);
      if (given.size() != 2) {
        throw new TemplateException("`separators` are two texts");
      }
      return new Form(
          Python.truth(argument(0, "ensure_ascii", false, arguments, named)),
          margin,
          Python.text(given.get(0)),
          Python.text(given.get(1)),
          Python.truth(argument(3, "sort_keys", false, arguments, named)));
    }

    private static Object argument(
        int at, String name, Object standard, List<Object> arguments, Map<String, Object> named) {
      return at < arguments.size() ? arguments.get(at) : named.getOrDefault(name, standard);
    }
  }

  /// `width` blanks, or `width` itself if it is a text.
  static String indentation(Object width) {
    return width instanceof String text ? text : Operators.repeated(" ", Python.integer(width));
  }

  /// `json.dumps(value)`.
  static String text(Object value, Form form) {
    StringBuilder out = new StringBuilder();
    new Writer(form, out).write(value, 0);
    return out.toString();
  }

  private record Writer(Form form, StringBuilder out) {
    void write(Object value, int depth) {
      Work.items(1);
      switch (value) {
        case String text -> string(text);
        case Boolean truth -> out.append(truth);
        case Double number -> out.append(Python.real(number));
        case List<?> list -> {
          out.append('[');
          boolean isFirst = true;
          for (Object item : list) {
            separate(isFirst, depth + 1);
            write(item, depth + 1);
            isFirst = false;
          }
          close(isFirst, depth, ']');
        }
        case Map<?, ?> map -> {
          out.append('{');
          boolean isFirst = true;
          for (Map.Entry<?, ?> entry : (form.isSorted() ? new TreeMap<>(map) : map).entrySet()) {
            separate(isFirst, depth + 1);
            string(Python.text(entry.getKey()));
            out.append(form.behindKey());
            write(entry.getValue(), depth + 1);
            isFirst = false;
          }
          close(isFirst, depth, '}');
        }
        case Python.Undefined undefined -> throw undefined.error();
        case Python.Generator _ ->
            throw new TemplateException("Object of type generator is not JSON serializable");
        case Python.Markup(var text) -> string(text);
        default -> out.append(value == Python.NONE ? "null" : value.toString());
      }
    }

    private void separate(boolean isFirst, int depth) {
      if (!isFirst) {
        Work.characters(form.between().length());
        out.append(form.between());
      }
      line(depth);
    }

    private void close(boolean isEmpty, int depth, char bracket) {
      if (!isEmpty) {
        line(depth);
      }
      out.append(bracket);
    }

    private void line(int depth) {
      if (form.margin().isPresent()) {
        Work.characters((long) form.margin().get().length() * depth);
        out.append('\n').repeat(form.margin().get(), depth);
      }
    }

    private void string(String text) {
      Work.characters(text.length());
      out.append('"');
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        switch (c) {
          case '"' -> out.append("\\\"");
          case '\\' -> out.append("\\\\");
          case '\n' -> out.append("\\n");
          case '\r' -> out.append("\\r");
          case '\t' -> out.append("\\t");
          case '\b' -> out.append("\\b");
          case '\f' -> out.append("\\f");
          default -> {
            if (c < ' ' || form.isAscii() && c > '~') {
              out.append("\\u%04x".formatted((int) c));
            } else {
              out.append(c);
            }
          }
        }
      }
      out.append('"');
    }
  }
}
