package dev.sgl.local.template;

import java.util.ArrayList;
import java.util.List;

/// The operators of Python's values, as templates use them.
final class Operators {
  private Operators() {}

  static boolean holds(String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> Python.equal(left, right);
      case "!=" -> !Python.equal(left, right);
      case "in" -> Python.contains(right, left);
      case "not in" -> !Python.contains(right, left);
      case "<" -> Python.compare(left, right) < 0;
      case "<=" -> Python.compare(left, right) <= 0;
      case ">" -> Python.compare(left, right) > 0;
      case ">=" -> Python.compare(left, right) >= 0;
      default -> throw new TemplateException("unknown operator " + operator);
    };
  }

  static String repeated(String text, long times) {
    int count = Math.clamp(times, 0, Integer.MAX_VALUE);
    Work.characters((long) text.length() * count);
    return text.repeat(text.isEmpty() ? 0 : count);
  }

  private static String joined(String a, String b) {
    Work.characters((long) a.length() + b.length());
    return a + b;
  }

  static Object binary(String operator, Object left, Object right) {
    if (operator.equals("~")) {
      return joined(Python.text(left), Python.text(right));
    }
    if (left instanceof Python.Undefined undefined) {
      throw undefined.error();
    }
    if (right instanceof Python.Undefined undefined) {
      throw undefined.error();
    }
    return switch (operator) {
      case "+" -> sum(left, right);
      case "*" -> product(left, right);
      case "%" -> remainder(left, right);
      default -> numbers(operator, left, right);
    };
  }

  private static Object sum(Object left, Object right) {
    if (left instanceof Python.Markup || right instanceof Python.Markup) {
      return new Python.Markup(
          joined(Python.Markup.escaped(left).text(), Python.Markup.escaped(right).text()));
    }
    if (left instanceof String a && right instanceof String b) {
      return joined(a, b);
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      Work.items((long) a.size() + b.size());
      List<Object> both = new ArrayList<>(a);
      both.addAll(b);
      return both;
    }
    return numbers("+", left, right);
  }

  private static Object product(Object left, Object right) {
    return left instanceof String text && right instanceof Long times
        ? repeated(text, times)
        : numbers("*", left, right);
  }

  /// Of numbers; of a text, the text with its places for arguments filled.
  private static Object remainder(Object left, Object right) {
    return left instanceof String format
        ? Filters.format(
            format, right instanceof List<?> list ? new ArrayList<>(list) : List.of(right))
        : numbers("%", left, right);
  }

  private static Object numbers(String operator, Object left, Object right) {
    if (!Python.isNumber(left) || !Python.isNumber(right)) {
      throw new TemplateException(
          "unsupported operand type(s) for "
              + operator
              + ": "
              + Python.repr(left)
              + " and "
              + Python.repr(right));
    }
    return Numbers.binary(operator, left, right);
  }
}
