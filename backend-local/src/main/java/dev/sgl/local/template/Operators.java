package dev.sgl.local.template;

import java.util.ArrayList;
import java.util.List;

/// What operators do with Python's values.
final class Operators {
  private Operators() {}

  static Object negative(Object value) {
    return value instanceof Double number ? (Object) (-number) : (Object) (-Python.integer(value));
  }

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

  static Object binary(String operator, Object left, Object right) {
    if (operator.equals("~")) {
      return Python.text(left) + Python.text(right);
    }
    if (left instanceof Python.Undefined undefined) {
      throw undefined.error();
    }
    if (right instanceof Python.Undefined undefined) {
      throw undefined.error();
    }
    if (operator.equals("+") && (left instanceof Python.Markup || right instanceof Python.Markup)) {
      return new Python.Markup(
          Python.Markup.escaped(left).text() + Python.Markup.escaped(right).text());
    }
    if (operator.equals("+") && left instanceof String a && right instanceof String b) {
      return a + b;
    }
    if (operator.equals("+") && left instanceof List<?> a && right instanceof List<?> b) {
      List<Object> both = new ArrayList<>(a);
      both.addAll(b);
      return both;
    }
    if (operator.equals("*") && left instanceof String text && right instanceof Long times) {
      return text.repeat(Math.clamp(times, 0, 1 << 20));
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
    boolean real = left instanceof Double || right instanceof Double || operator.equals("/");
    return real
        ? (Object) real(operator, Python.number(left), Python.number(right))
        : (Object) integer(operator, Python.integer(left), Python.integer(right));
  }

  private static double real(String operator, double a, double b) {
    if (b == 0 && "//%".contains(operator)) {
      throw new TemplateException("division by zero");
    }
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / b;
      case "//" -> Math.floor(a / b);
      case "%" -> a - b * Math.floor(a / b);
      case "**" -> Math.pow(a, b);
      default -> throw new TemplateException("unknown operator " + operator);
    };
  }

  private static long integer(String operator, long a, long b) {
    if (b == 0 && "//%".contains(operator)) {
      throw new TemplateException("division by zero");
    }
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "//" -> Math.floorDiv(a, b);
      case "%" -> Math.floorMod(a, b);
      case "**" -> (long) Math.pow(a, b);
      default -> throw new TemplateException("unknown operator " + operator);
    };
  }
}
