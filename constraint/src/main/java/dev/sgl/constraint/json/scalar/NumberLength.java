package dev.sgl.constraint.json.scalar;

import dev.sgl.constraint.regex.ByteMachine;

/// Numbers that are no longer than they have to be: an integer of at most 19 digits, a
/// fraction of at most 17 significant digits (which tell a double from all others: IEEE
/// 754-2019, section 5.12.2) behind at most 17 zeros, an exponent of at most 308. A model that
/// has begun with digits may never stop; here it has to.
///
/// All other texts are accepted, so it has meaning only together with the numbers' own term.
record NumberLength() implements ByteMachine {
  private static final int INTEGER_DIGITS = 19;
  private static final int SIGNIFICANT_DIGITS = 17;
  private static final int ZEROS = 17;
  private static final int MAX_EXPONENT = 308;
  private static final int EXPONENT_DIGITS = 3;

  private static final int INTEGER = 0;
  private static final int FRACTION = 1;
  private static final int EXPONENT = 2;

  /// The digits of a number that have been read.
  ///
  /// @param count of significant digits; in an exponent its value
  /// @param zeros of the fraction before its first significant digit; in an exponent its digits
  private record State(int part, int count, int zeros) {
    static State of(long state) {
      return new State((int) (state >> 20), (int) (state >> 10) & 0x3ff, (int) state & 0x3ff);
    }

    long encoded() {
      return (long) part << 20 | count << 10 | zeros;
    }

    boolean isAllowed() {
      return switch (part) {
        case INTEGER -> count <= INTEGER_DIGITS;
        case FRACTION -> count <= SIGNIFICANT_DIGITS && zeros <= ZEROS;
        default -> count <= MAX_EXPONENT && zeros <= EXPONENT_DIGITS;
      };
    }
  }

  @Override
  public String key() {
    return "length of numbers";
  }

  @Override
  public long start() {
    return new State(INTEGER, 0, 0).encoded();
  }

  @Override
  public long next(long state, int value) {
    State next = next(State.of(state), value);
    return next.isAllowed() ? next.encoded() : DEAD;
  }

  private static State next(State here, int value) {
    boolean isDigit = value >= '0' && value <= '9';
    if (value == '.' && here.part() == INTEGER) {
      return new State(FRACTION, here.count(), 0);
    }
    if (value == 'e' || value == 'E') {
      return new State(EXPONENT, 0, 0);
    }
    if (!isDigit) {
      return here;
    }
    if (here.part() == EXPONENT) {
      return new State(EXPONENT, here.count() * 10 + value - '0', here.zeros() + 1);
    }
    if (here.count() > 0 || value != '0') {
      return new State(here.part(), here.count() + 1, here.zeros());
    }
    return new State(here.part(), 0, here.part() == FRACTION ? here.zeros() + 1 : 0);
  }

  @Override
  public boolean accepts(long state) {
    return true;
  }
}
