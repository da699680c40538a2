package dev.sgl.local.template;

import java.util.ArrayList;
import java.util.List;

/// What operators do with Python's values.
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
    if (operator.equals("+") && (left instanceof Python.Markup || right instanceof Python.Markup)) {
      return new Python.Markup(
          joined(Python.Markup.escaped(left).text(), Python.Markup.escaped(right).text()));
    }
    if (operator.equals("+") && left instanceof String a && right instanceof String b) {
      return joined(a, b);
    }
    if (operator.equals("+") && left instanceof List<?> a && right instanceof List<?> b) {
      Work.items((long) a.size() + b.size());
      List<Object> both = new ArrayList<>(a);
      both.addAll(b);
      return both;
    }
    if (operator.equals("*") && left instanceof String text && right instanceof Long times) {
      return repeated(text, times);
    }
    if (operator.equals("%") && left instanceof String format) {
      return Filters.format(
          format, right instanceof List<?> list ? new ArrayList<>(list) : List.of(right));
    }
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
