package dev.sgl.local.template;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The filters of Jinja: the functions whose names follow `|`.
final class Filters {
  private static final Pattern PLACE = Pattern.compile("%(?:%|([sdrf]))");

  private Filters() {}

  static Object apply(
      String name, Object value, List<Object> arguments, Map<String, Object> named) {
    Work.characters(value instanceof String text ? text.length() : 1);
    return switch (name) {
      case "default", "d" -> standard(value, arguments, named);
      case "length", "count" -> length(value);
      default -> ofText(name, value, arguments, named);
    };
  }

  private static Object ofText(
      String name, Object value, List<Object> arguments, Map<String, Object> named) {
    return switch (name) {
      case "trim" -> trimmed(Python.text(value), arguments);
      case "string" -> Python.text(value);
      case "safe" -> new Python.Markup(Python.text(value));
      case "e", "escape", "forceescape" -> Python.Markup.escaped(value);
      case "upper" -> Python.text(value).toUpperCase(Locale.ROOT);
      case "lower" -> Python.text(value).toLowerCase(Locale.ROOT);
      case "capitalize" -> Methods.capitalized(Python.text(value));
      case "title" -> Methods.title(Python.text(value));
      case "tojson" -> Json.text(value, Json.Form.of(arguments, named));
      case "from_json", "fromjson" -> Json.parse(Python.text(value));
      case "replace" -> replaced(Python.text(value), arguments);
      case "indent" -> indented(Python.text(value), arguments, named);
      case "format" -> format(Python.text(value), arguments);
      case "wordcount" -> (long) Python.text(value).strip().split("\\s+").length;
      default -> ofItems(name, value, arguments, named);
    };
  }

  private static Object ofItems(
      String name, Object value, List<Object> arguments, Map<String, Object> named) {
    return switch (name) {
      case "join" -> join(value, arguments, named);
      case "items" -> itemPairs(value);
      case "dictsort" -> sortedPairs(value);
      case "list" -> Python.items(value);
      case "first" -> end(value, 0);
      case "last" -> end(value, -1);
      case "reverse" -> reversed(value);
      case "sort" -> sorted(value, arguments, named);
      case "unique" -> unique(Python.items(value));
      case "sum" -> Python.items(value).stream().reduce(0L, (a, b) -> Operators.binary("+", a, b));
      case "min" -> Python.items(value).stream().min(Python::compare).orElseThrow();
      case "max" -> Python.items(value).stream().max(Python::compare).orElseThrow();
      case "map" -> map(value, arguments, named);
      case "select" -> chosen(value, Optional.empty(), arguments, true);
      case "reject" -> chosen(value, Optional.empty(), arguments, false);
      case "selectattr" -> chosenByAttribute(value, arguments, true);
      case "rejectattr" -> chosenByAttribute(value, arguments, false);
      case "groupby" -> grouped(value, Python.text(arguments.getFirst()));
      case "batch" -> batched(Python.items(value), (int) Python.integer(arguments.getFirst()));
      default -> ofNumber(name, value);
    };
  }

  private static Object ofNumber(String name, Object value) {
    return switch (name) {
      case "int" -> integer(value);
      case "float" ->
          value instanceof String text ? Double.parseDouble(text) : Python.number(value);
      case "abs" -> absolute(value);
      case "round" -> (double) Math.round(Python.number(value));
      default -> throw new TemplateException("No filter named '" + name + "'.");
    };
  }

  private static String trimmed(String text, List<Object> arguments) {
    return arguments.isEmpty() ? text.strip() : Methods.strip(text, arguments, true, true);
  }

  private static String replaced(String text, List<Object> arguments) {
    return Methods.replaced(
        text,
        Python.text(arguments.get(0)),
        Python.text(arguments.get(1)),
        arguments.size() > 2 ? Python.integer(arguments.get(2)) : -1);
  }

  private static Object itemPairs(Object value) {
    return new Python.Generator(
        value instanceof Python.Undefined ? List.of() : List.copyOf(pairs(map(value))));
  }

  private static Object sortedPairs(Object value) {
    return pairs(map(value)).stream()
        .sorted(Comparator.comparing(pair -> pair.getFirst(), Filters::ignoringCase))
        .toList();
  }

  private static Object reversed(Object value) {
    return value instanceof String text
        ? new StringBuilder(text).reverse().toString()
        : Python.items(value).reversed();
  }

  private static Object unique(List<Object> items) {
    items.forEach(Python::key);
    return new Python.Generator(List.copyOf(new LinkedHashSet<>(items)));
  }

  private static Object absolute(Object value) {
    return value instanceof Double n
        ? (Object) Math.abs(n)
        : Numbers.compare(value, 0L) < 0 ? Numbers.negative(value) : value;
  }

  private static Object length(Object value) {
    return switch (value) {
      case String text -> (long) text.codePointCount(0, text.length());
      case List<?> list -> (long) list.size();
      case Map<?, ?> map -> (long) map.size();
      case Python.Undefined _ -> 0L;
      default ->
          throw new TemplateException("object of type '" + Python.repr(value) + "' has no len()");
    };
  }

  private static Object standard(Object value, List<Object> arguments, Map<String, Object> named) {
    Object other =
        arguments.isEmpty() ? named.getOrDefault("default_value", "") : arguments.getFirst();
    boolean falseToo =
        Python.truth(
            arguments.size() > 1 ? arguments.get(1) : named.getOrDefault("boolean", false));
    return value instanceof Python.Undefined || falseToo && !Python.truth(value) ? other : value;
  }

  private static String join(Object value, List<Object> arguments, Map<String, Object> named) {
    Object between = arguments.isEmpty() ? named.getOrDefault("d", "") : arguments.getFirst();
    Object attribute =
        arguments.size() > 1 ? arguments.get(1) : named.getOrDefault("attribute", Python.NONE);
    return Methods.joined(
        Python.text(between),
        Python.items(value).stream()
            .map(item -> attribute == Python.NONE ? item : field(item, Python.text(attribute)))
            .toList());
  }

  static Map<?, ?> map(Object value) {
    return switch (value) {
      case Map<?, ?> map -> map;
      case Python.Undefined undefined -> throw undefined.error();
      default -> throw new TemplateException("Can only get item pairs from a mapping.");
    };
  }

  static List<List<Object>> pairs(Map<?, ?> map) {
    Work.items(4L * map.size());
    List<List<Object>> pairs = new ArrayList<>();
    map.forEach((key, value) -> pairs.add(List.of(key, value)));
    return pairs;
  }

  private static int ignoringCase(Object a, Object b) {
    return a instanceof String x && b instanceof String y
        ? x.toLowerCase(Locale.ROOT).compareTo(y.toLowerCase(Locale.ROOT))
        : Python.compare(a, b);
  }

  private static Object end(Object value, int index) {
    List<Object> items = Python.items(value);
    if (items.isEmpty()) {
      return new Python.Undefined("No first item, sequence was empty.");
    }
    return index == 0 ? items.getFirst() : items.getLast();
  }

  private static Object sorted(Object value, List<Object> arguments, Map<String, Object> named) {
    Object attribute = named.getOrDefault("attribute", Python.NONE);
    Comparator<Object> order =
        (a, b) ->
            attribute == Python.NONE
                ? ignoringCase(a, b)
                : ignoringCase(field(a, Python.text(attribute)), field(b, Python.text(attribute)));
    boolean reverse =
        Python.truth(
            arguments.isEmpty() ? named.getOrDefault("reverse", false) : arguments.getFirst());
    return Python.items(value).stream()
        .sorted(reverse ? order.reversed() : order)
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static Object integer(Object value) {
    try {
      return value instanceof String text
          ? Numbers.read(text.strip())
          : Numbers.isInteger(value) ? value : (Object) Python.integer(value);
    } catch (NumberFormatException e) {
      return 0L;
    }
  }

  private static String indented(String text, List<Object> arguments, Map<String, Object> named) {
    Object width = arguments.isEmpty() ? named.getOrDefault("width", 4L) : arguments.getFirst();
    String margin = Json.indentation(width);
    boolean first =
        Python.truth(arguments.size() > 1 ? arguments.get(1) : named.getOrDefault("first", false));
    boolean blank =
        Python.truth(arguments.size() > 2 ? arguments.get(2) : named.getOrDefault("blank", false));
    String[] lines = text.split("\n", -1);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < lines.length; i++) {
      boolean push = i == 0 ? first : blank || !lines[i].isBlank();
      Work.characters(lines[i].length() + (push ? margin.length() : 0));
      out.append(i > 0 ? "\n" : "").append(push ? margin : "").append(lines[i]);
    }
    return out.toString();
  }

  /// Python's `%` on a text, for `%s`, `%d`, `%r` and `%f`.
  static String format(String format, List<Object> arguments) {
    Matcher matcher = PLACE.matcher(format);
    StringBuilder out = new StringBuilder();
    int next = 0;
    while (matcher.find()) {
      String put = "%";
      if (matcher.group(1) != null) {
        if (next == arguments.size()) {
          throw new TemplateException("not enough arguments for format string");
        }
        Object argument = arguments.get(next++);
        put =
            switch (matcher.group(1)) {
              case "d" -> "" + Python.integer(argument);
              case "r" -> Python.repr(argument);
              case "f" -> String.format(Locale.ROOT, "%f", Python.number(argument));
              default -> Python.text(argument);
            };
      }
      Work.characters(put.length());
      matcher.appendReplacement(out, Matcher.quoteReplacement(put));
    }
    return matcher.appendTail(out).toString();
  }

  private static Object map(Object value, List<Object> arguments, Map<String, Object> named) {
    List<Object> out = new ArrayList<>();
    for (Object item : present(value)) {
      if (named.get("attribute") instanceof Object attribute) {
        Object found = field(item, Python.text(attribute));
        out.add(
            found instanceof Python.Undefined && named.containsKey("default")
                ? named.get("default")
                : found);
      } else {
        out.add(
            apply(
                Python.text(arguments.getFirst()),
                item,
                arguments.subList(1, arguments.size()),
                named));
      }
    }
    return new Python.Generator(out);
  }

  /// The items of a filter's operand; none if the operand is false.
  private static List<Object> present(Object value) {
    return Python.truth(value) ? Python.items(value) : List.of();
  }

  private static Object chosenByAttribute(Object value, List<Object> arguments, boolean kept) {
    Optional<String> attribute = Optional.of(Python.text(arguments.getFirst()));
    return chosen(value, attribute, arguments.subList(1, arguments.size()), kept);
  }

  private static Object chosen(
      Object value, Optional<String> attribute, List<Object> test, boolean kept) {
    Predicate<Object> holds =
        test.isEmpty()
            ? Python::truth
            : item -> Tests.holds(Python.text(test.getFirst()), item, test.subList(1, test.size()));
    List<Object> out = new ArrayList<>();
    for (Object item : present(value)) {
      if (holds.test(attribute.isPresent() ? field(item, attribute.get()) : item) == kept) {
        out.add(item);
      }
    }
    return new Python.Generator(out);
  }

  /// A field of an item, by a path with dots.
  private static Object field(Object item, String path) {
    Object value = item;
    for (String name : path.split("\\.")) {
      if (value instanceof Map<?, ?> map && map.get(name) instanceof Object found) {
        value = found;
      } else if (value instanceof List<?> list
          && name.matches("[0-9]{1,9}")
          && Integer.parseInt(name) < list.size()) {
        value = list.get(Integer.parseInt(name));
      } else {
        return new Python.Undefined(Python.repr(value) + " has no attribute '" + name + "'");
      }
    }
    return value;
  }

  private static Object grouped(Object value, String attribute) {
    Map<Object, List<Object>> groups = new LinkedHashMap<>();
    for (Object item : Python.items(value)) {
      groups.computeIfAbsent(Python.key(field(item, attribute)), _ -> new ArrayList<>()).add(item);
    }
    return pairs(groups);
  }

  private static Object batched(List<Object> items, int size) {
    List<Object> batches = new ArrayList<>();
    for (int i = 0; i < items.size(); i += Math.max(1, size)) {
      batches.add(new ArrayList<>(items.subList(i, Math.min(items.size(), i + Math.max(1, size)))));
    }
    return new Python.Generator(batches);
  }
}
