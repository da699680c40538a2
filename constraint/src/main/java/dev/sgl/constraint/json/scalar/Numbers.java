package dev.sgl.constraint.json.scalar;

import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.regex.ByteMachine;
import dev.sgl.constraint.regex.ByteSet;
import dev.sgl.constraint.regex.Regex;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Sets of numbers as sets of texts.
///
/// Numbers are written without exponent where they are bounded in any way. All texts of a number
/// (`5`, `5.0`, `5.00`) are in a set or none of them is, so that the complement of a set is that of
/// its texts; minus zero is in none.
public final class Numbers {
  private static final int MAX_DIGITS = 400;

  private final Terms terms;
  private final Term digit;
  private final Term digits; // any number of them
  private final Term zeros; // any number of them
  private final Term tail; // a fraction, or none
  private final Term zeroTail; // a fraction of zeros, or none
  private final Term magnitude; // of a number that is not zero, or zero

  /// Sets of numbers as terms of `terms`.
  public Numbers(Terms terms) {
    this.terms = terms;
    digit = range('0', '9');
    digits = terms.star(digit);
    zeros = terms.star(terms.text("0"));
    Term point = terms.text(".");
    tail = terms.optional(terms.concat(point, digit, digits));
    zeroTail = terms.optional(terms.concat(point, terms.text("0"), zeros));
    magnitude = terms.concat(terms.either(terms.text("0"), whole()), tail);
  }

  private Term range(int first, int last) {
    return terms.bytes(ByteSet.range(first, last));
  }

  /// A whole number above zero.
  private Term whole() {
    return terms.concat(range('1', '9'), digits);
  }

  /// Any JSON number (RFC 8259, section 6).
  public Term any() {
    Term sign = terms.optional(terms.bytes(ByteSet.of('-')));
    Term integer = terms.either(terms.text("0"), whole());
    Term exponent =
        terms.concat(
            terms.either(terms.text("e"), terms.text("E")),
            terms.optional(terms.either(terms.text("+"), terms.text("-"))),
            digit,
            digits);
    return terms.concat(sign, integer, tail, terms.optional(exponent));
  }

  /// All numbers in plain notation.
  public Term plain() {
    Term zero = terms.concat(terms.text("0"), zeroTail);
    Term negative = terms.both(magnitude, terms.not(zero));
    return terms.either(magnitude, terms.concat(terms.text("-"), negative));
  }

  /// @param byValue whether `1.0` is an integer, as from draft 6 on
  public NumberSet integers(boolean byValue) {
    Term fraction = byValue ? zeroTail : terms.empty;
    Term positive = terms.concat(whole(), fraction);
    Term zero = terms.concat(terms.text("0"), fraction);
    return new NumberSet(
        terms.either(zero, positive, terms.concat(terms.text("-"), positive)), true, false);
  }

  /// All texts in plain notation of this one number.
  ///
  /// @throws ConstraintException if it has more than 400 digits
  public NumberSet value(BigDecimal value) {
    BigDecimal plain = value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
    if (Math.abs(plain.scale()) > MAX_DIGITS || plain.precision() > MAX_DIGITS) {
      throw new ConstraintException("the number has more than " + MAX_DIGITS + " digits");
    }
    Term text = terms.text(plain.toPlainString());
    Term all = plain.scale() > 0 ? terms.concat(text, zeros) : terms.concat(text, zeroTail);
    return new NumberSet(all, plain.scale() <= 0, true);
  }

  /// How a number is written when it is not read: without a fraction where all numbers are
  /// integers, the shortest way where they were listed, and else with a length that a double needs,
  /// unless all numbers are longer.
  public Term written(NumberSet set) {
    Term term = set.listed() ? set.term() : bounded(set.term());
    if (set.integral()) {
      Term sign = terms.optional(terms.text("-"));
      term = terms.both(term, terms.concat(sign, digit, digits));
    } else if (set.listed()) {
      Term padded = terms.concat(anything(), terms.text("."), digits, terms.text("0"));
      term = terms.both(term, terms.not(padded));
    }
    return term;
  }

  private Term bounded(Term numbers) {
    Term some = terms.both(numbers, terms.run(new NumberLength()));
    return terms.search().isEmpty(some) ? numbers : some;
  }

  private Term anything() {
    return terms.star(terms.bytes(ByteSet.ALL));
  }

  /// The integers from `min` to `max`, as they are written.
  public static Term integers(Terms terms, long min, long max) {
    Numbers numbers = new Numbers(terms);
    Term least = numbers.above(BigDecimal.valueOf(min), true).term();
    Term most = numbers.below(BigDecimal.valueOf(max), true).term();
    Term both = terms.both(least, most, numbers.integers(true).term());
    return numbers.written(new NumberSet(both, true, false));
  }

  // --- ranges

  /// The numbers from `bound` on, or only those above it.
  public NumberSet above(BigDecimal bound, boolean inclusive) {
    BigDecimal value = checked(bound);
    Term term;
    if (value.signum() > 0 || value.signum() == 0 && !inclusive) {
      term = largerMagnitudes(value, inclusive);
    } else if (value.signum() == 0) {
      term = magnitude;
    } else {
      term = terms.either(magnitude, negative(smallerMagnitudes(value.negate(), inclusive)));
    }
    return new NumberSet(term, false, false);
  }

  /// The numbers up to `bound`, or only those below it.
  public NumberSet below(BigDecimal bound, boolean inclusive) {
    BigDecimal value = checked(bound);
    Term negative = negative(magnitude);
    Term term;
    if (value.signum() > 0) {
      term = terms.either(negative, smallerMagnitudes(value, inclusive));
    } else if (value.signum() == 0) {
      term = inclusive ? terms.either(negative, terms.concat(terms.text("0"), zeroTail)) : negative;
    } else {
      term = terms.concat(terms.text("-"), largerMagnitudes(value.negate(), inclusive));
    }
    return new NumberSet(term, false, false);
  }

  private static BigDecimal checked(BigDecimal bound) {
    BigDecimal value = bound.signum() == 0 ? BigDecimal.ZERO : bound.stripTrailingZeros();
    if (Math.abs(value.scale()) > MAX_DIGITS || value.precision() > MAX_DIGITS) {
      throw new ConstraintException("the bound has more than " + MAX_DIGITS + " digits");
    }
    return value;
  }

  private Term negative(Term magnitudes) {
    Term zero = terms.concat(terms.text("0"), zeroTail);
    return terms.concat(terms.text("-"), terms.both(magnitudes, terms.not(zero)));
  }

  private Term largerMagnitudes(BigDecimal bound, boolean inclusive) {
    String[] parts = parts(bound);
    List<Term> ways = new ArrayList<>();
    String whole = parts[0];
    int more = whole.length() + 1;
    ways.add(
        terms.concat(
            range('1', '9'), terms.repeat(digit, more - 1, Regex.UNBOUNDED), tail)); // more digits
    for (int i = 0; i < whole.length(); i++) {
      if (whole.charAt(i) < '9') {
        Term rest = terms.repeat(digit, whole.length() - i - 1, whole.length() - i - 1);
        Term larger = range(whole.charAt(i) + 1, '9');
        ways.add(terms.concat(terms.text(whole.substring(0, i)), larger, rest, tail));
      }
    }
    ways.add(terms.concat(terms.text(whole), largerFraction(parts[1], inclusive)));
    return terms.either(ways);
  }

  /// Fractions, with their point, that are not below `.bound`.
  private Term largerFraction(String bound, boolean inclusive) {
    if (bound.isEmpty()) {
      return inclusive ? tail : terms.concat(terms.text("."), zeros, range('1', '9'), digits);
    }
    Term term = inclusive ? digits : terms.concat(zeros, range('1', '9'), digits);
    for (int i = bound.length() - 1; i >= 0; i--) {
      Term same = terms.concat(range(bound.charAt(i), bound.charAt(i)), term);
      Term larger =
          bound.charAt(i) == '9'
              ? terms.nothing
              : terms.concat(range(bound.charAt(i) + 1, '9'), digits);
      term = terms.either(same, larger);
    }
    return terms.concat(terms.text("."), term);
  }

  private Term smallerMagnitudes(BigDecimal bound, boolean inclusive) {
    String[] parts = parts(bound);
    String whole = parts[0];
    List<Term> ways = new ArrayList<>();
    if (whole.length() > 1) {
      ways.add(terms.concat(terms.text("0"), tail));
      ways.add(terms.concat(range('1', '9'), terms.repeat(digit, 0, whole.length() - 2), tail));
    }
    for (int i = 0; i < whole.length(); i++) {
      int least = i == 0 && whole.length() > 1 ? '1' : '0';
      if (whole.charAt(i) > least) {
        Term rest = terms.repeat(digit, whole.length() - i - 1, whole.length() - i - 1);
        Term smaller = range(least, whole.charAt(i) - 1);
        ways.add(terms.concat(terms.text(whole.substring(0, i)), smaller, rest, tail));
      }
    }
    ways.add(terms.concat(terms.text(whole), smallerFraction(parts[1], inclusive)));
    return terms.either(ways);
  }

  private Term smallerFraction(String bound, boolean inclusive) {
    if (bound.isEmpty()) {
      return inclusive ? zeroTail : terms.nothing;
    }
    Term term = inclusive ? zeros : terms.nothing;
    for (int i = bound.length() - 1; i >= 0; i--) {
      Term same = terms.concat(range(bound.charAt(i), bound.charAt(i)), term);
      Term smaller =
          bound.charAt(i) == '0'
              ? terms.nothing
              : terms.concat(range('0', bound.charAt(i) - 1), digits);
      boolean endsBelow = i > 0; // after the digits before, the text may end: it is below
      term = terms.either(same, smaller, endsBelow ? terms.empty : terms.nothing);
    }
    return terms.optional(terms.concat(terms.text("."), term));
  }

  private static String[] parts(BigDecimal value) {
    String text = value.toPlainString();
    int point = text.indexOf('.');
    return point < 0
        ? new String[] {text, ""}
        : new String[] {text.substring(0, point), text.substring(point + 1)};
  }

  // --- multiples

  /// The numbers that `divisor`, which is above zero, divides without a remainder.
  ///
  /// @throws ConstraintException if the divisor has too many digits
  public NumberSet multiplesOf(BigDecimal divisor) {
    BigDecimal value = checked(divisor);
    int scale = Math.max(0, value.scale());
    BigInteger modulus = value.scaleByPowerOfTen(scale).toBigIntegerExact();
    if (modulus.bitLength() > 40 || scale > 18) {
      throw new ConstraintException("the divisor has too many digits");
    }
    Term multiples = terms.run(new Multiples(modulus.longValue(), scale, "multiples of " + value));
    Term either =
        terms.either(terms.both(magnitude, multiples), terms.both(plain(), signed(multiples)));
    return new NumberSet(either, scale == 0, false);
  }

  private Term signed(Term magnitudes) {
    return terms.concat(terms.text("-"), magnitudes);
  }

  /// The decimal texts of the multiples of `modulus` times 10^-`scale`. The state holds how many
  /// digits of the fraction were read, plus one once the point was, and the remainder so far.
  private record Multiples(long modulus, int scale, String key) implements ByteMachine {
    private static final long BASE = 1L << 42;

    @Override
    public long start() {
      return 0;
    }

    @Override
    public long next(long state, int value) {
      long places = state / BASE;
      long rest = state % BASE;
      if (value == '.') {
        return places == 0 ? BASE + rest : DEAD;
      }
      if (value < '0' || value > '9') {
        return DEAD;
      }
      if (places == scale + 1) {
        return value == '0' && rest == 0 ? state : DEAD;
      }
      long more = (rest * 10 + (value - '0')) % modulus;
      if (places > 0 && places == scale && more != 0) {
        return DEAD;
      }
      return (places == 0 ? 0 : places + 1) * BASE + more;
    }

    /// As many digits as the modulus has, or as are left of the fraction: they can make up for any
    /// remainder, or for some.
    @Override
    public byte[] guess(long state) {
      long places = state / BASE;
      int digits = places == 0 ? Long.toString(modulus).length() : (int) (scale + 1 - places);
      long rest = state % BASE;
      for (int i = 0; i < digits; i++) {
        rest = rest * 10 % modulus;
      }
      String more = Long.toString((modulus - rest) % modulus);
      String zeros = "0".repeat(Math.max(0, digits - more.length()));
      return (zeros + more).getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public boolean accepts(long state) {
      long places = state / BASE;
      long rest = state % BASE;
      for (long i = Math.max(1, places); i <= scale; i++) {
        rest = rest * 10 % modulus;
      }
      return rest == 0;
    }
  }
}
