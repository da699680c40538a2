package dev.sgl.program;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.sgl.json.OutsideJson;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/// The values of programs: `String`, `Long`, `Double`, `Boolean`, `List`, `Map` with `String` keys
/// in order, and [#NONE].
public final class Values {
  /// The absent value, `none` in source and `null` in JSON.
  public static final Object NONE = new None();

  /// A loop that doubles a text, a list or a nesting shall end with an error.
  private static final int MAX_TEXT = 1 << 24;

  private static final int MAX_LIST = 1_000_000;
  private static final int MAX_DEPTH = 500;
  private static final int MAX_PARTS = 4_000_000;

  private static final ObjectMapper JSON = OutsideJson.plain();

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

  /// @param characters of a text that is to be made
  /// @throws TypeException if they are too many
  static void requireText(long characters) {
    if (characters > MAX_TEXT) {
      throw new TypeException(
          "a text of %,d characters is too long; it may have %,d".formatted(characters, MAX_TEXT));
    }
  }

  /// Adds `more` to a text that is being made.
  ///
  /// @throws TypeException if it becomes too long
  public static void append(String more, StringBuilder text) {
    requireText((long) text.length() + more.length());
    text.append(more);
  }

  /// @param items of a list that is to be made
  /// @throws TypeException if they are too many
  public static void requireList(long items) {
    if (items > MAX_LIST) {
      throw new TypeException(
          "a list of %,d items is too long; it may have %,d".formatted(items, MAX_LIST));
    }
  }

  /// @param parts of a value: items, those of items, and so on
  /// @throws TypeException if they are too many
  public static void requireParts(long parts) {
    if (parts > MAX_PARTS) {
      throw new TypeException("a value may have %,d parts".formatted(MAX_PARTS));
    }
  }

  /// @param depth of the lists and records around a value
  /// @throws TypeException if they are too many
  public static void requireDepth(int depth) {
    if (depth > MAX_DEPTH) {
      throw new TypeException("a value is nested more than %d deep".formatted(MAX_DEPTH));
    }
  }

  /// Refuses a value that is too long to be written, before memory is taken for it: the same
  /// list may be in a value many times.
  private static void requireShort(Object value) {
    characters(value, 0, 0);
  }

  /// About how many characters there are once `value` is written behind `before` others.
  private static long characters(Object value, long before, int depth) {
    requireDepth(depth);
    long characters = before;
    switch (value) {
      case String text -> characters += text.length();
      case List<?> list -> {
        for (Object item : list) {
          characters = characters(item, characters + 1, depth + 1);
        }
      }
      case Map<?, ?> map -> {
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          long behindKey = characters(entry.getKey(), characters + 1, depth + 1);
          characters = characters(entry.getValue(), behindKey + 1, depth + 1);
        }
      }
      default -> characters++;
    }
    requireText(characters);
    return characters;
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
  ///
  /// @throws TypeException if that is too long
  public static String json(Object value) {
    requireShort(value);
    try {
      return encodable(JSON.writeValueAsString(value));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a value: " + value.getClass(), e);
    }
  }

  /// The value as JSON over several lines.
  ///
  /// @throws TypeException if that is too long
  public static String pretty(Object value) {
    requireShort(value);
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
