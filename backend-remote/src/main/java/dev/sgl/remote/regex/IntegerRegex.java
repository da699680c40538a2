package dev.sgl.remote.regex;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/// The integers of a range as a regular expression: those of each length by themselves, and of one
/// length digit by digit.
final class IntegerRegex {
  private IntegerRegex() {}

  /// The decimal integers from `min` to `max`, without leading zeros.
  static String of(long min, long max) {
    BigInteger low = BigInteger.valueOf(min);
    BigInteger high = BigInteger.valueOf(max);
    List<String> parts = new ArrayList<>();
    if (low.signum() < 0) {
      BigInteger nearest = high.signum() < 0 ? high.negate() : BigInteger.ONE;
      parts.add("-(?:" + positive(nearest, low.negate()) + ")");
    }
    if (high.signum() >= 0) {
      parts.add(positive(low.max(BigInteger.ZERO), high));
    }
    return String.join("|", parts);
  }

  private static String positive(BigInteger low, BigInteger high) {
    List<String> parts = new ArrayList<>();
    int last = high.toString().length();
    for (int length = low.toString().length(); length <= last; length++) {
      BigInteger first = length == 1 ? BigInteger.ZERO : BigInteger.TEN.pow(length - 1);
      BigInteger end = BigInteger.TEN.pow(length).subtract(BigInteger.ONE);
      parts.add(sameLength(low.max(first).toString(), high.min(end).toString()));
    }
    return String.join("|", parts);
  }

  private static String sameLength(String low, String high) {
    int rest = low.length() - 1;
    if (rest < 0) {
      return "";
    }
    String zeros = "0".repeat(rest);
    String nines = "9".repeat(rest);
    char first = low.charAt(0);
    char last = high.charAt(0);
    if (first == last) {
      return first + group(sameLength(low.substring(1), high.substring(1)));
    }
    List<String> parts = new ArrayList<>();
    if (!low.substring(1).equals(zeros)) {
      parts.add(first + group(sameLength(low.substring(1), nines)));
      first++;
    }
    boolean isFull = high.substring(1).equals(nines);
    char end = isFull ? last : (char) (last - 1);
    if (first <= end) {
      parts.add("[" + first + "-" + end + "]" + (rest > 0 ? "[0-9]{" + rest + "}" : ""));
    }
    if (!isFull) {
      parts.add(last + group(sameLength(zeros, high.substring(1))));
    }
    return String.join("|", parts);
  }

  private static String group(String inner) {
    return inner.contains("|") ? "(?:" + inner + ")" : inner;
  }
}
