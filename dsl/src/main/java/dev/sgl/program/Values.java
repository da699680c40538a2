package dev.sgl.program;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/// The values of programs: `String`, `Long`, `Double`, `Boolean`, `List`, `Map` with `String` keys
/// in order, and [#NONE].
public final class Values {
  /// The absent value, `none` in source and `null` in JSON.
  public static final Object NONE = new None();

  private static final ObjectMapper JSON = new ObjectMapper();

  private Values() {}

  private static final class None {
    @JsonValue
    Object json() {
      return NullNode.instance;
    }

    @Override
    public String toString() {
      return "none";
    }
  }

  /// The value as text, as interpolation says it: text as it is, records and lists as JSON.
  public static String text(Object value) {
    return switch (value) {
      case String text -> text;
      case Double number -> number(number);
      case List<?> list -> json(list);
      case Map<?, ?> map -> json(map);
      default -> value.toString();
    };
  }

  /// The value as compact JSON.
  public static String json(Object value) {
    try {
      return encodable(JSON.writeValueAsString(value));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a value: " + value.getClass(), e);
    }
  }

  /// The value as JSON over several lines.
  public static String pretty(Object value) {
    try {
      return encodable(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a value: " + value.getClass(), e);
    }
  }

  /// The same JSON in characters that can all be encoded: a half of a surrogate pair, which no
  /// encoding has, is escaped.
  public static String encodable(String json) {
    if (json.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
      return json;
    }
    StringBuilder out = new StringBuilder();
    json.codePoints()
        .forEach(
            point -> {
              boolean half = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
              out.append(half ? String.format("\\u%04x", point) : Character.toString(point));
            });
    return out.toString();
  }

  /// Text as a literal of the language.
  public static String quote(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '{' -> out.append("{{");
        case '}' -> out.append("}}");
        default -> out.append(c);
      }
    }
    return out.append('"').toString();
  }

  /// What kind of value it is, with its article: for messages.
  public static String kind(Object value) {
    return switch (value) {
      case String _ -> "a text";
      case Long _ -> "an integer";
      case Double _ -> "a number";
      case Boolean _ -> "a truth value";
      case List<?> _ -> "a list";
      case Map<?, ?> _ -> "a record";
      default -> "no value";
    };
  }

  private static String number(double value) {
    boolean plain = Math.abs(value) < 1e15 && !Double.isNaN(value);
    return plain ? BigDecimal.valueOf(value).stripTrailingZeros().toPlainString() : "" + value;
  }
}
