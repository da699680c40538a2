package dev.sgl.program;

import static java.util.Map.entry;

import dev.sgl.constraint.ConstraintException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The standard functions on text, lists, records and numbers: their arguments, results and
/// bodies.
///
/// `f(x, y)` may be written `x.f(y)`, and `f(x)` as the property `x.f`.
public final class Functions {

  /// How a function may be called: `least` to `most` arguments.
  public record Signature(int least, int most, Type returns) {}

  private static final Type LIST = Type.array(Type.ANY);

  /// The types that functions take, but for those that take any value.
  private static final Map<String, List<Type>> TAKEN =
      Map.ofEntries(
          entry("abs", List.of(Type.FLOAT)),
          entry("bullets", List.of(LIST)),
          entry("cosine", List.of(Type.array(Type.FLOAT), Type.array(Type.FLOAT))),
          entry("ends_with", List.of(Type.TEXT, Type.TEXT)),
          entry("first", List.of(LIST)),
          entry("join", List.of(LIST, Type.TEXT)),
          entry("keys", List.of(new Type.MapOf(Type.ANY))),
          entry("last", List.of(LIST)),
          entry("len", List.of(new Type.OneOf(List.of(Type.TEXT, LIST, new Type.MapOf(Type.ANY))))),
          entry("lines", List.of(Type.TEXT)),
          entry("lower", List.of(Type.TEXT)),
          entry("matches", List.of(Type.TEXT, Type.TEXT)),
          entry("max", List.of(LIST)),
          entry("min", List.of(LIST)),
          entry("most_common", List.of(LIST)),
          entry("numbered", List.of(LIST)),
          entry("parse_json", List.of(Type.TEXT)),
          entry("replace", List.of(Type.TEXT, Type.TEXT, Type.TEXT)),
          entry("reverse", List.of(LIST)),
          entry("round", List.of(Type.FLOAT, Type.INT)),
          entry("sort", List.of(LIST)),
          entry("split", List.of(Type.TEXT, Type.TEXT)),
          entry("starts_with", List.of(Type.TEXT, Type.TEXT)),
          entry("sum", List.of(LIST)),
          entry("trim", List.of(Type.TEXT)),
          entry("unique", List.of(LIST)),
          entry("upper", List.of(Type.TEXT)),
          entry("values", List.of(new Type.MapOf(Type.ANY))),
          entry("zip", List.of(LIST, LIST)));

  private record Definition(Signature signature, Function<List<Object>, Object> body) {}

  private static final Map<String, Definition> ALL =
      Map.ofEntries(
          entry("len", one(new Type.Int(0, Long.MAX_VALUE), Functions::length)),
          entry("text", one(Type.TEXT, Values::text)),
          entry("json", one(Type.TEXT, Values::json)),
          entry("int", one(Type.INT, Functions::integer)),
          entry(
              "float",
              one(Type.FLOAT, x -> x instanceof String s ? decimal(s) : Operators.number(x))),
          entry("trim", one(Type.TEXT, x -> Operators.string(x).strip())),
          entry("upper", one(Type.TEXT, x -> Operators.string(x).toUpperCase(Locale.ROOT))),
          entry("lower", one(Type.TEXT, x -> Operators.string(x).toLowerCase(Locale.ROOT))),
          entry("lines", one(Type.array(Type.TEXT), x -> listed(Operators.string(x).lines()))),
          entry("matches", two(Type.BOOL, Functions::matches)),
          entry("parse_json", one(Type.ANY, Functions::parseJson)),
          entry("most_common", one(Type.ANY, Functions::mostCommon)),
          entry("zip", two(Type.array(Type.array(Type.ANY)), Functions::zip)),
          entry("cosine", two(Type.FLOAT, Functions::cosine)),
          entry("split", two(Type.array(Type.TEXT), Functions::split)),
          entry("replace", define(3, 3, Type.TEXT, Functions::replace)),
          entry("contains", two(Type.BOOL, (x, y) -> Operators.contains(y, x))),
          entry(
              "starts_with",
              two(Type.BOOL, (x, y) -> Operators.string(x).startsWith(Operators.string(y)))),
          entry(
              "ends_with",
              two(Type.BOOL, (x, y) -> Operators.string(x).endsWith(Operators.string(y)))),
          entry(
              "join",
              define(
                  1,
                  2,
                  Type.TEXT,
                  a -> join(list(a.get(0)), a.size() > 1 ? Operators.string(a.get(1)) : ""))),
          entry("bullets", one(Type.TEXT, x -> prefixed(list(x), _ -> "- "))),
          entry("numbered", one(Type.TEXT, x -> prefixed(list(x), i -> (i + 1) + ". "))),
          entry("first", one(Type.ANY, x -> Operators.at(list(x), 0))),
          entry("last", one(Type.ANY, x -> Operators.at(list(x), -1))),
          entry("reverse", one(Type.array(Type.ANY), x -> list(x).reversed())),
          entry(
              "sort",
              one(
                  Type.array(Type.ANY),
                  x ->
                      list(x).stream()
                          .sorted(Operators::compare)
                          .map(Object.class::cast)
                          .toList())),
          entry(
              "unique", one(Type.array(Type.ANY), x -> List.copyOf(new LinkedHashSet<>(list(x))))),
          entry("slice", define(2, 3, Type.ANY, Functions::slice)),
          entry("keys", one(Type.array(Type.TEXT), x -> List.copyOf(record(x).keySet()))),
          entry("values", one(Type.array(Type.ANY), x -> List.copyOf(record(x).values()))),
          entry(
              "sum",
              one(
                  Type.ANY,
                  x ->
                      list(x).stream()
                          .map(Object.class::cast)
                          .reduce(0L, (a, b) -> Operators.arithmetic(Expr.Operator.ADD, a, b)))),
          entry(
              "min",
              one(Type.ANY, x -> nonEmpty(x).stream().min(Operators::compare).orElseThrow())),
          entry(
              "max",
              one(Type.ANY, x -> nonEmpty(x).stream().max(Operators::compare).orElseThrow())),
          entry(
              "abs",
              one(
                  Type.ANY,
                  x ->
                      x instanceof Long n
                          ? (Object) Math.absExact(n)
                          : Math.abs(Operators.number(x)))),
          entry("round", define(1, 2, Type.ANY, Functions::round)));

  private Functions() {}

  /// The names of all functions.
  public static Collection<String> names() {
    return ALL.keySet();
  }

  /// How `name` is called, if there is such a function.
  public static Optional<Signature> signature(String name) {
    return Optional.ofNullable(ALL.get(name)).map(Definition::signature);
  }

  /// Of which type the argument of a function must be, counted from 0.
  public static Type taken(String name, int argument) {
    List<Type> taken = TAKEN.getOrDefault(name, List.of());
    return argument < taken.size() ? taken.get(argument) : Type.ANY;
  }

  /// The value of a call.
  ///
  /// @throws TypeException if the function does not take such values
  public static Object call(String name, List<Object> arguments) {
    Definition definition = ALL.get(name);
    if (definition == null) {
      throw new TypeException("`" + name + "` is not a function");
    }
    try {
      return definition.body().apply(arguments);
    } catch (TypeException e) {
      throw new TypeException("`" + name + "`: " + e.getMessage());
    } catch (ArithmeticException e) {
      throw new TypeException("`" + name + "`: the number is too large");
    }
  }

  private static Definition define(
      int least, int most, Type returns, Function<List<Object>, Object> body) {
    return new Definition(new Signature(least, most, returns), body);
  }

  private static Definition one(Type returns, Function<Object, Object> body) {
    return define(1, 1, returns, a -> body.apply(a.getFirst()));
  }

  private static Definition two(Type returns, BiFunction<Object, Object, Object> body) {
    return define(2, 2, returns, a -> body.apply(a.get(0), a.get(1)));
  }

  private static Object length(Object x) {
    return switch (x) {
      case String text -> (long) text.codePointCount(0, text.length());
      case List<?> list -> (long) list.size();
      case Map<?, ?> map -> (long) map.size();
      default -> throw new TypeException(Values.kind(x) + " has no length");
    };
  }

  private static Object integer(Object x) {
    return switch (x) {
      case Long n -> n;
      case Double n -> whole(n);
      case String text -> {
        try {
          yield Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
          throw new TypeException(Values.quote(text) + " is not an integer");
        }
      }
      default -> throw new TypeException(Values.kind(x) + " is not an integer");
    };
  }

  /// The number without its fraction.
  private static long whole(double number) {
    if (!(Math.abs(number) < 0x1p63)) {
      throw new TypeException(number + " is too large for an integer");
    }
    return (long) number;
  }

  private static Object decimal(String text) {
    try {
      double number = Double.parseDouble(text.strip());
      if (Double.isNaN(number) || Double.isInfinite(number)) {
        throw new TypeException(Values.quote(text) + " is not a number");
      }
      return number;
    } catch (NumberFormatException e) {
      throw new TypeException(Values.quote(text) + " is not a number");
    }
  }

  private static Object matches(Object text, Object pattern) {
    Type.Pattern type = new Type.Pattern(Operators.string(pattern));
    try {
      return Types.mismatch(type, Operators.string(text)).isEmpty();
    } catch (ConstraintException e) {
      throw new TypeException(String.valueOf(e.getMessage()));
    }
  }

  private static Object parseJson(Object text) {
    return Types.parse(Operators.string(text))
        .orElseThrow(() -> new TypeException("the text is not JSON"));
  }

  /// The item that is there most often; of several the first.
  private static Object mostCommon(Object x) {
    Map<Object, Integer> counts = new LinkedHashMap<>();
    nonEmpty(x).forEach(item -> counts.merge(item, 1, Integer::sum));
    int most = counts.values().stream().mapToInt(n -> n).max().orElseThrow();
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() == most)
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  private static Object zip(Object x, Object y) {
    List<?> a = list(x);
    List<?> b = list(y);
    return IntStream.range(0, Math.min(a.size(), b.size()))
        .mapToObj(i -> (Object) List.of(a.get(i), b.get(i)))
        .toList();
  }

  /// The cosine of the angle between two vectors; 0 if one of them has no length.
  private static Object cosine(Object x, Object y) {
    List<?> a = list(x);
    List<?> b = list(y);
    if (a.size() != b.size()) {
      throw new TypeException("the vectors have %d and %d numbers".formatted(a.size(), b.size()));
    }
    double product = 0;
    double ofA = 0;
    double ofB = 0;
    for (int i = 0; i < a.size(); i++) {
      double left = Operators.number(a.get(i));
      double right = Operators.number(b.get(i));
      product += left * right;
      ofA += left * left;
      ofB += right * right;
    }
    double lengths = Math.sqrt(ofA) * Math.sqrt(ofB);
    if (!Double.isFinite(lengths)) {
      throw new TypeException("the numbers are too large");
    }
    return lengths == 0 ? 0.0 : product / lengths;
  }

  private static Object split(Object text, Object separator) {
    String whole = Operators.string(text);
    String between = Operators.string(separator);
    if (between.isEmpty()) {
      return listed(whole.codePoints().mapToObj(Character::toString));
    }
    Values.requireList(occurrences(whole, between) + 1);
    return List.<Object>of((Object[]) whole.split(Pattern.quote(between), -1));
  }

  private static List<Object> listed(Stream<String> texts) {
    List<Object> list = new ArrayList<>();
    texts.forEach(
        text -> {
          Values.requireList(list.size() + 1L);
          list.add(text);
        });
    return Collections.unmodifiableList(list);
  }

  private static Object replace(List<Object> arguments) {
    String text = Operators.string(arguments.get(0));
    String old = Operators.string(arguments.get(1));
    String by = Operators.string(arguments.get(2));
    if (by.length() > old.length()) {
      long times = old.isEmpty() ? text.length() + 1L : occurrences(text, old);
      Values.requireText(text.length() + times * (by.length() - old.length()));
    }
    return text.replace(old, by);
  }

  private static long occurrences(String text, String part) {
    long times = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      times++;
    }
    return times;
  }

  private static String join(List<?> items, String separator) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < items.size(); i++) {
      Values.append(i == 0 ? "" : separator, all);
      Values.append(Values.text(items.get(i)), all);
    }
    return all.toString();
  }

  /// One item a line, the first on a new line, so that a list can follow its heading.
  private static String prefixed(List<?> items, Function<Integer, String> prefix) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < items.size(); i++) {
      Values.append("\n" + prefix.apply(i), all);
      Values.append(Values.text(items.get(i)), all);
    }
    return all.toString();
  }

  private static Object slice(List<Object> arguments) {
    Object whole = arguments.getFirst();
    int length = (int) (long) (Long) length(whole);
    int from = bound(arguments.get(1), length);
    int to = Math.max(from, arguments.size() > 2 ? bound(arguments.get(2), length) : length);
    if (whole instanceof String text) {
      return text.substring(text.offsetByCodePoints(0, from), text.offsetByCodePoints(0, to));
    }
    return List.copyOf(list(whole).subList(from, to));
  }

  private static int bound(Object index, int length) {
    long n = (Long) integer(index);
    return Math.clamp(n < 0 ? n + length : n, 0, length);
  }

  private static Object round(List<Object> arguments) {
    if (arguments.size() == 1) {
      return whole(Math.floor(Operators.number(arguments.getFirst()) + 0.5));
    }
    int digits = Math.clamp((Long) integer(arguments.get(1)), 0, 15);
    return BigDecimal.valueOf(Operators.number(arguments.getFirst()))
        .setScale(digits, RoundingMode.HALF_UP)
        .doubleValue();
  }

  private static List<?> list(Object x) {
    if (x instanceof List<?> list) {
      return list;
    }
    throw new TypeException("a list is needed, not " + Values.kind(x));
  }

  private static List<?> nonEmpty(Object x) {
    if (list(x).isEmpty()) {
      throw new TypeException("the list is empty");
    }
    return list(x);
  }

  private static Map<?, ?> record(Object x) {
    if (x instanceof Map<?, ?> map) {
      return map;
    }
    throw new TypeException("a record is needed, not " + Values.kind(x));
  }
}
