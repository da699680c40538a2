package dev.sgl.local.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The methods of Python's values that templates call.
final class Methods {
  private static final Pattern BLANKS = Pattern.compile("\\s+");

  private Methods() {}

  /// The method `name` of `of`, if it has one.
  static Optional<Callable> of(Object of, String name) {
    return switch (of) {
      case String text -> text(text, name).map(method -> counted(text, method));
      case Python.Markup(var text) -> text(text, name).map(method -> counted(text, method));
      case List<?> list -> list(list, name);
      case Map<?, ?> map -> map(map, name);
      default -> Optional.empty();
    };
  }

  private static Callable counted(String text, Callable method) {
    return (arguments, named) -> {
      Work.characters(text.length());
      return method.call(arguments, named);
    };
  }

  private static Optional<Callable> text(String text, String name) {
    return edit(text, name).or(() -> question(text, name));
  }

  /// A method of str that makes another text, or several.
  private static Optional<Callable> edit(String text, String name) {
    Callable method =
        switch (name) {
          case "strip" -> (a, _) -> strip(text, a, true, true);
          case "lstrip" -> (a, _) -> strip(text, a, true, false);
          case "rstrip" -> (a, _) -> strip(text, a, false, true);
          case "upper" -> (_, _) -> text.toUpperCase(Locale.ROOT);
          case "lower" -> (_, _) -> text.toLowerCase(Locale.ROOT);
          case "title" -> (_, _) -> title(text);
          case "capitalize" -> (_, _) -> capitalized(text);
          case "split" -> (a, named) -> split(text, a, named);
          case "rsplit" -> (a, _) -> rightSplit(text, a);
          case "splitlines" -> (_, _) -> parts(text.lines());
          case "replace" -> (a, _) -> replaced(text, a);
          case "join" -> (a, _) -> joined(text, Python.items(a.getFirst()));
          case "removeprefix" -> (a, _) -> withoutPrefix(text, string(a, 0));
          case "removesuffix" -> (a, _) -> withoutSuffix(text, string(a, 0));
          case "format" -> (a, named) -> braces(text, a, named);
          default -> null;
        };
    return Optional.ofNullable(method);
  }

  /// A method of str that searches or tests the text.
  private static Optional<Callable> question(String text, String name) {
    Callable method =
        switch (name) {
          case "startswith" -> (a, _) -> options(a).stream().anyMatch(text::startsWith);
          case "endswith" -> (a, _) -> options(a).stream().anyMatch(text::endsWith);
          case "find" -> (a, _) -> (long) text.indexOf(wanted(text, a));
          case "rfind" -> (a, _) -> (long) text.lastIndexOf(wanted(text, a));
          case "count" ->
              (a, _) -> (long) occurrences(text, wanted(text, a), Long.MAX_VALUE).size();
          case "isdigit" -> (_, _) -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
          case "isalpha" -> (_, _) -> !text.isEmpty() && text.chars().allMatch(Character::isLetter);
          case "isspace" -> (_, _) -> !text.isEmpty() && text.isBlank();
          default -> null;
        };
    return Optional.ofNullable(method);
  }

  private static String replaced(String text, List<Object> arguments) {
    return replaced(
        text,
        string(arguments, 0),
        string(arguments, 1),
        arguments.size() > 2 ? Python.integer(arguments.get(2)) : -1);
  }

  private static String withoutPrefix(String text, String prefix) {
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  private static String withoutSuffix(String text, String suffix) {
    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
  }

  private static List<String> options(List<Object> arguments) {
    return arguments.getFirst() instanceof List<?> list
        ? list.stream().map(Python::text).toList()
        : List.of(string(arguments, 0));
  }

  private static String string(List<Object> arguments, int index) {
    if (index < arguments.size() && arguments.get(index) instanceof String text) {
      return text;
    }
    throw new TemplateException("a method of str needs a str as argument " + (index + 1));
  }

  static String strip(String text, List<Object> arguments, boolean left, boolean right) {
    String chars =
        arguments.isEmpty() || arguments.getFirst() == Python.NONE ? "" : string(arguments, 0);
    int from = 0;
    int to = text.length();
    while (left && from < to && stripped(text.charAt(from), chars)) {
      from++;
    }
    while (right && to > from && stripped(text.charAt(to - 1), chars)) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean stripped(char c, String chars) {
    return chars.isEmpty() ? Character.isWhitespace(c) || c == '\u00A0' : chars.indexOf(c) >= 0;
  }

  static String capitalized(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  static String title(String text) {
    StringBuilder out = new StringBuilder();
    boolean inside = false;
    for (char c : text.toCharArray()) {
      out.append(inside ? Character.toLowerCase(c) : Character.toUpperCase(c));
      inside = Character.isLetter(c);
    }
    return out.toString();
  }

  private static Object split(String text, List<Object> arguments, Map<String, Object> named) {
    long most =
        arguments.size() > 1
            ? Python.integer(arguments.get(1))
            : Python.integer(named.getOrDefault("maxsplit", -1L));
    if (arguments.isEmpty() || arguments.getFirst() == Python.NONE) {
      String stripped = text.strip();
      int limit = most < 0 ? -1 : (int) Math.min(most + 1, Integer.MAX_VALUE);
      return stripped.isEmpty()
          ? new ArrayList<>()
          : limit < 0
              ? parts(BLANKS.splitAsStream(stripped))
              : parts(Arrays.stream(BLANKS.split(stripped, limit)));
    }
    String separator = separator(text, arguments);
    return cut(
        text, occurrences(text, separator, most < 0 ? Long.MAX_VALUE : most), separator.length());
  }

  private static Object rightSplit(String text, List<Object> arguments) {
    long most = arguments.size() > 1 ? Python.integer(arguments.get(1)) : -1;
    String separator = separator(text, arguments);
    List<Integer> places = new ArrayList<>();
    int at = text.length();
    while (most < 0 || places.size() < most) {
      at = text.lastIndexOf(separator, at - separator.length());
      if (at < 0) {
        break;
      }
      Work.items(1);
      places.addFirst(at);
    }
    return cut(text, places, separator.length());
  }

  /// The separator of a split, which must not be empty.
  private static String separator(String text, List<Object> arguments) {
    String separator = wanted(text, arguments);
    if (separator.isEmpty()) {
      throw new TemplateException("empty separator");
    }
    return separator;
  }

  /// The text to look for, which is the first argument.
  private static String wanted(String text, List<Object> arguments) {
    String wanted = string(arguments, 0);
    Work.search(text, wanted);
    return wanted;
  }

  private static List<Object> cut(String text, List<Integer> places, int width) {
    List<Object> parts = new ArrayList<>();
    int from = 0;
    for (int place : places) {
      parts.add(text.substring(from, place));
      from = place + width;
    }
    parts.add(text.substring(from));
    return parts;
  }

  private static List<Object> parts(Stream<String> parts) {
    return parts.peek(_ -> Work.items(1)).collect(Collectors.toCollection(ArrayList::new));
  }

  /// The places of a part in a text, never overlapping; an empty part is found around each
  /// character.
  private static List<Integer> occurrences(String text, String part, long most) {
    List<Integer> places = new ArrayList<>();
    int at = text.indexOf(part);
    while (at >= 0 && places.size() < most) {
      Work.items(1);
      places.add(at);
      int next = at + Math.max(1, part.length());
      at = next > text.length() ? -1 : text.indexOf(part, next);
    }
    return places;
  }

  /// @param most replacements; all if it is negative
  static String replaced(String text, String old, String by, long most) {
    Work.search(text, old);
    StringBuilder out = new StringBuilder();
    int from = 0;
    for (int place : occurrences(text, old, most < 0 ? Long.MAX_VALUE : most)) {
      Work.characters(place - from + by.length());
      out.append(text, from, place).append(by);
      from = place + old.length();
    }
    return out.append(text, from, text.length()).toString();
  }

  static String joined(String between, List<Object> parts) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      String part = Python.text(parts.get(i));
      Work.characters((long) part.length() + between.length());
      out.append(i > 0 ? between : "").append(part);
    }
    return out.toString();
  }

  /// `str.format` with `{}`, `{0}` and `{name}`.
  private static String braces(String text, List<Object> arguments, Map<String, Object> named) {
    Matcher matcher = Pattern.compile("\\{(\\w*)}").matcher(text);
    StringBuilder out = new StringBuilder();
    int next = 0;
    while (matcher.find()) {
      String key = matcher.group(1);
      Object value =
          key.isEmpty()
              ? arguments.get(next++)
              : key.matches("[0-9]+")
                  ? arguments.get(Integer.parseInt(key))
                  : named.getOrDefault(key, "");
      String put = Python.text(value);
      Work.characters(put.length());
      matcher.appendReplacement(out, Matcher.quoteReplacement(put));
    }
    return matcher.appendTail(out).toString();
  }

  /// Templates run in a sandbox that lets them change nothing.
  private static Callable unsafe(String type, String name) {
    throw new TemplateException(
        "access to attribute '" + name + "' of '" + type + "' object is unsafe.");
  }

  private static Optional<Callable> list(List<?> list, String name) {
    Callable method =
        switch (name) {
          case "append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear" ->
              unsafe("list", name);
          case "index" ->
              (a, _) ->
                  IntStream.range(0, list.size())
                      .filter(i -> Python.equal(list.get(i), a.getFirst()))
                      .mapToObj(i -> (Object) (long) i)
                      .findFirst()
                      .orElseThrow(() -> new TemplateException("the value is not in list"));
          case "count" ->
              (a, _) -> list.stream().filter(x -> Python.equal(x, a.getFirst())).count();
          case "copy" -> (_, _) -> Python.items(list);
          default -> null;
        };
    return Optional.ofNullable(method);
  }

  private static Map<Object, Object> copied(Map<Object, Object> map) {
    Work.items(2L * map.size());
    return new LinkedHashMap<>(map);
  }

  @SuppressWarnings("unchecked")
  private static Optional<Callable> map(Map<?, ?> values, String name) {
    Map<Object, Object> map = (Map<Object, Object>) values;
    Callable method =
        switch (name) {
          case "get" ->
              (a, _) ->
                  map.getOrDefault(Python.key(a.getFirst()), a.size() > 1 ? a.get(1) : Python.NONE);
          case "items" -> (_, _) -> Filters.pairs(map);
          case "keys" -> (_, _) -> Python.items(map);
          case "values" -> (_, _) -> Python.items(List.copyOf(map.values()));
          case "copy" -> (_, _) -> copied(map);
          case "pop", "popitem", "update", "setdefault", "clear" -> unsafe("dict", name);
          default -> null;
        };
    return Optional.ofNullable(method);
  }
}
