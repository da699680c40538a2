package dev.sgl.local.template;

import java.math.BigInteger;

/// Python's integers, which have no end: `Long`, or `BigInteger` where that is too small.
final class Numbers {
  private static final int MOST_BITS = 1 << 16;
  private static final int MOST_DIGITS = 4300; // as in Python

  private Numbers() {}

  static Object read(String digits) {
    if (digits.length() > MOST_DIGITS) {
      throw new TemplateException("a number has more than " + MOST_DIGITS + " digits");
    }
    return of(new BigInteger(digits));
  }

  static Object of(BigInteger number) {
    if (number.bitLength() > MOST_BITS) {
      throw new TemplateException("a number is too large");
    }
    return number.bitLength() < Long.SIZE ? (Object) number.longValueExact() : number;
  }

  static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof BigInteger || value instanceof Boolean;
  }

  private static BigInteger big(Object value) {
    return value instanceof BigInteger number ? number : BigInteger.valueOf(Python.integer(value));
  }

  static int compare(Object a, Object b) {
    return isInteger(a) && isInteger(b)
        ? big(a).compareTo(big(b))
        : Double.compare(Python.number(a), Python.number(b));
  }

  static Object negative(Object value) {
    return isInteger(value) ? of(big(value).negate()) : (Object) (-Python.number(value));
  }

  static Object binary(String operator, Object left, Object right) {
    boolean isNegativePower = operator.equals("**") && Python.number(right) < 0;
    boolean isInteger = isInteger(left) && isInteger(right);
    return isInteger && !operator.equals("/") && !isNegativePower
        ? integer(operator, big(left), big(right))
        : (Object) real(operator, Python.number(left), Python.number(right));
  }

  private static double real(String operator, double a, double b) {
    requireDivisor(operator, b == 0);
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

  private static Object integer(String operator, BigInteger a, BigInteger b) {
    requireDivisor(operator, b.signum() == 0);
    return of(
        switch (operator) {
          case "+" -> a.add(b);
          case "-" -> a.subtract(b);
          case "*" -> a.multiply(b);
          case "//" -> floorDivided(a, b);
          case "%" -> a.subtract(b.multiply(floorDivided(a, b)));
          case "**" -> power(a, b);
          default -> throw new TemplateException("unknown operator " + operator);
        });
  }

  private static void requireDivisor(String operator, boolean isZero) {
    if (isZero && "//%".contains(operator)) {
      throw new TemplateException("division by zero");
    }
  }

  private static BigInteger floorDivided(BigInteger a, BigInteger b) {
    BigInteger[] parts = a.divideAndRemainder(b);
    boolean isBelow = parts[1].signum() != 0 && parts[1].signum() != b.signum();
    return isBelow ? parts[0].subtract(BigInteger.ONE) : parts[0];
  }

  private static BigInteger power(BigInteger a, BigInteger b) {
    if (b.bitLength() >= Integer.SIZE || a.bitLength() * b.longValue() > MOST_BITS) {
      throw new TemplateException("a number is too large");
    }
    return a.pow(b.intValue());
  }
}
