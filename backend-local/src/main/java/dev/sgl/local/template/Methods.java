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

/// The methods of Python's values that templates call.
final class Methods {
  private Methods() {}

  /// The method `name` of `of`, if it has one.
  static Optional<Callable> of(Object of, String name) {
    return switch (of) {
      case String text -> text(text, name);
      case Python.Markup(var text) -> text(text, name);
      case List<?> list -> list(list, name);
      case Map<?, ?> map -> map(map, name);
      default -> Optional.empty();
    };
  }

  private static Optional<Callable> text(String text, String name) {
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
          case "splitlines" -> (_, _) -> new ArrayList<Object>(text.lines().toList());
          case "replace" ->
              (a, _) ->
                  a.size() > 2
                      ? replaced(text, string(a, 0), string(a, 1), Python.integer(a.get(2)))
                      : text.replace(string(a, 0), string(a, 1));
          case "startswith" -> (a, _) -> options(a).stream().anyMatch(text::startsWith);
          case "endswith" -> (a, _) -> options(a).stream().anyMatch(text::endsWith);
          case "find" -> (a, _) -> (long) text.indexOf(string(a, 0));
          case "rfind" -> (a, _) -> (long) text.lastIndexOf(string(a, 0));
          case "count" ->
              (a, _) ->
                  (long) (text.length() - text.replace(string(a, 0), "").length())
                      / Math.max(1, string(a, 0).length());
          case "join" ->
              (a, _) ->
                  String.join(text, Python.items(a.getFirst()).stream().map(Python::text).toList());
          case "isdigit" -> (_, _) -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
          case "isalpha" -> (_, _) -> !text.isEmpty() && text.chars().allMatch(Character::isLetter);
          case "isspace" -> (_, _) -> !text.isEmpty() && text.isBlank();
          case "removeprefix" ->
              (a, _) ->
                  text.startsWith(string(a, 0)) ? text.substring(string(a, 0).length()) : text;
          case "removesuffix" ->
              (a, _) ->
                  text.endsWith(string(a, 0))
                      ? text.substring(0, text.length() - string(a, 0).length())
                      : text;
          case "format" -> (a, named) -> braces(text, a, named);
          default -> null;
        };
    return Optional.ofNullable(method);
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
    int limit = most < 0 ? -1 : (int) most + 1;
    if (arguments.isEmpty() || arguments.getFirst() == Python.NONE) {
      String stripped = text.strip();
      return stripped.isEmpty()
          ? new ArrayList<>()
          : new ArrayList<Object>(Arrays.asList(stripped.split("\\s+", limit)));
    }
    return new ArrayList<Object>(
        Arrays.asList(text.split(Pattern.quote(string(arguments, 0)), limit)));
  }

  private static Object rightSplit(String text, List<Object> arguments) {
    long most = arguments.size() > 1 ? Python.integer(arguments.get(1)) : Long.MAX_VALUE;
    String separator = string(arguments, 0);
    List<Object> parts = new ArrayList<>();
    String rest = text;
    for (long i = 0; i < most && rest.contains(separator); i++) {
      int at = rest.lastIndexOf(separator);
      parts.addFirst(rest.substring(at + separator.length()));
      rest = rest.substring(0, at);
    }
    parts.addFirst(rest);
    return parts;
  }

  private static String replaced(String text, String old, String by, long most) {
    String out = text;
    int from = 0;
    for (long i = 0; i < most; i++) {
      int at = out.indexOf(old, from);
      if (at < 0) {
        break;
      }
      out = out.substring(0, at) + by + out.substring(at + old.length());
      from = at + by.length();
    }
    return out;
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
      matcher.appendReplacement(out, Matcher.quoteReplacement(Python.text(value)));
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
          case "index" -> (a, _) -> (long) list.indexOf(a.getFirst());
          case "count" ->
              (a, _) -> list.stream().filter(x -> Python.equal(x, a.getFirst())).count();
          case "copy" -> (_, _) -> new ArrayList<>(list);
          default -> null;
        };
    return Optional.ofNullable(method);
  }

  @SuppressWarnings("unchecked")
  private static Optional<Callable> map(Map<?, ?> values, String name) {
    Map<Object, Object> map = (Map<Object, Object>) values;
    Callable method =
        switch (name) {
          case "get" ->
              (a, _) -> map.getOrDefault(a.getFirst(), a.size() > 1 ? a.get(1) : Python.NONE);
          case "items" -> (_, _) -> Filters.pairs(map);
          case "keys" -> (_, _) -> new ArrayList<>(map.keySet());
          case "values" -> (_, _) -> new ArrayList<>(map.values());
          case "copy" -> (_, _) -> new LinkedHashMap<>(map);
          case "pop", "popitem", "update", "setdefault", "clear" -> unsafe("dict", name);
          default -> null;
        };
    return Optional.ofNullable(method);
  }
}
