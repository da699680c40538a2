package dev.sgl.program;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/// What operators do with values: arithmetic, order, equality, `in`, and reading an item.
public final class Operators {
  private Operators() {}

  /// `left operator right` of an operator that computes.
  ///
  /// @throws TypeException if it does not take such values
  public static Object arithmetic(Expr.Operator operator, Object left, Object right) {
    if (operator == Expr.Operator.ADD && left instanceof String text) {
      String more = Values.text(right);
      Values.requireText((long) text.length() + more.length());
      return text + more;
    }
    if (operator == Expr.Operator.ADD && left instanceof List<?> a && right instanceof List<?> b) {
      Values.requireList((long) a.size() + b.size());
      List<Object> both = new ArrayList<>(a);
      both.addAll(b);
      return Collections.unmodifiableList(both);
    }
    if (left instanceof Long a && right instanceof Long b) {
      return integers(operator, a, b);
    }
    if (isNumber(left) && isNumber(right)) {
      return decimals(operator, number(left), number(right));
    }
    throw new TypeException(
        "`"
            + operator.symbol()
            + "` does not take "
            + Values.kind(left)
            + " and "
            + Values.kind(right));
  }

  private static Object integers(Expr.Operator operator, long a, long b) {
    try {
      return switch (operator) {
        case ADD -> Math.addExact(a, b);
        case SUB -> Math.subtractExact(a, b);
        case MUL -> Math.multiplyExact(a, b);
        case DIV -> a % notZero(b) == 0 ? (Object) (a / b) : (Object) ((double) a / b);
        case MOD -> Math.floorMod(a, notZero(b));
        case OR, AND, EQ, NE, LT, LE, GT, GE, IN, NEG, NOT ->
            throw new IllegalArgumentException(operator.symbol());
      };
    } catch (ArithmeticException e) {
      throw new TypeException(
          "the result of " + a + " " + operator.symbol() + " " + b + " is too large");
    }
  }

  private static long notZero(long divisor) {
    if (divisor == 0) {
      throw new TypeException("division by zero");
    }
    return divisor;
  }

  private static Object decimals(Expr.Operator operator, double a, double b) {
    if (b == 0 && (operator == Expr.Operator.DIV || operator == Expr.Operator.MOD)) {
      throw new TypeException("division by zero");
    }
    double result =
        switch (operator) {
          case ADD -> a + b;
          case SUB -> a - b;
          case MUL -> a * b;
          case DIV -> a / b;
          case MOD -> a - b * Math.floor(a / b);
          case OR, AND, EQ, NE, LT, LE, GT, GE, IN, NEG, NOT ->
              throw new IllegalArgumentException(operator.symbol());
        };
    if (!Double.isFinite(result)) {
      throw new TypeException(
          "the result of " + a + " " + operator.symbol() + " " + b + " is too large");
    }
    return result;
  }

  /// Orders numbers by size and texts by their characters.
  ///
  /// @throws TypeException for other values
  public static int compare(Object a, Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    if (isNumber(a) && isNumber(b)) {
      return Double.compare(number(a), number(b));
    }
    if (a instanceof String x && b instanceof String y) {
      return x.compareTo(y);
    }
    throw new TypeException(Values.kind(a) + " and " + Values.kind(b) + " have no order");
  }

  /// Whether two values are the same; `1` and `1.0` are, also inside of lists and records.
  public static boolean equal(Object a, Object b) {
    if (isNumber(a) && isNumber(b)) {
      return compare(a, b) == 0;
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      return x.size() == y.size()
          && IntStream.range(0, x.size()).allMatch(i -> equal(x.get(i), y.get(i)));
    }
    if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
      return x.keySet().equals(y.keySet())
          && x.entrySet().stream()
              .allMatch(e -> equal(e.getValue(), Objects.requireNonNull(y.get(e.getKey()))));
    }
    return a.equals(b);
  }

  /// Whether `item` is in a list, a key of a record, or a part of a text.
  ///
  /// @throws TypeException if `in` is none of these
  public static boolean contains(Object item, Object in) {
    return switch (in) {
      case String text -> text.contains(string(item));
      case List<?> list -> list.stream().anyMatch(x -> equal(item, x));
      case Map<?, ?> map -> map.containsKey(item);
      default -> throw new TypeException("nothing can be in " + Values.kind(in));
    };
  }

  /// The item of `list` at `index`, from the end if negative.
  ///
  /// @throws TypeException if there is none
  public static Object at(List<?> list, long index) {
    long position = index < 0 ? list.size() + index : index;
    if (position < 0 || position >= list.size()) {
      throw new TypeException("there is no item " + index + " in a list of " + list.size());
    }
    return list.get((int) position);
  }

  private static boolean isNumber(Object x) {
    return x instanceof Long || x instanceof Double;
  }

  static double number(Object x) {
    return switch (x) {
      case Long n -> n;
      case Double n -> n;
      default -> throw new TypeException("a number is needed, not " + Values.kind(x));
    };
  }

  static String string(Object x) {
    if (x instanceof String text) {
      return text;
    }
    throw new TypeException("a text is needed, not " + Values.kind(x));
  }
}
