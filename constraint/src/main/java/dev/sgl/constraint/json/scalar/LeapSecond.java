package dev.sgl.constraint.json.scalar;

import dev.sgl.constraint.regex.ByteMachine;
import java.io.ByteArrayOutputStream;

/// The times of RFC 3339 whose second is 60: they are 23:59:60 in UTC, so the offset follows from
/// the hour and the minute.
///
/// The state holds how far the text is read (0 to 16) and a number of minutes: first those of the
/// time of day, then those that the offset must have.
record LeapSecond() implements ByteMachine {
  private static final int DAY = 24 * 60;
  private static final int LAST = DAY - 1; // the minute in which leap seconds are
  private static final int FRACTION = 8;
  private static final int DIGITS = 9;
  private static final int SIGNED = 10; // then two digits, a colon and two digits
  private static final int END = 15;

  @Override
  public long start() {
    return 0;
  }

  @Override
  public long next(long state, int value) {
    int at = (int) (state / DAY);
    int minutes = (int) (state % DAY);
    int digit = value - '0';
    boolean isDigit = digit >= 0 && digit <= 9;
    return switch (at) {
      case 0 -> isDigit && digit <= 2 ? go(1, digit * 600) : DEAD;
      case 1 -> isDigit && minutes / 60 + digit < 24 ? go(2, minutes + digit * 60) : DEAD;
      case 2 -> value == ':' ? go(3, minutes) : DEAD;
      case 3 -> isDigit && digit <= 5 ? go(4, minutes + digit * 10) : DEAD;
      case 4 -> isDigit ? go(5, minutes + digit) : DEAD;
      case 5 -> value == ':' ? go(6, minutes) : DEAD;
      case 6 -> value == '6' ? go(7, minutes) : DEAD;
      case 7 -> value == '0' ? go(FRACTION, minutes) : DEAD;
      case FRACTION -> value == '.' ? go(DIGITS, minutes) : offset(minutes, value);
      case DIGITS -> isDigit ? go(16, minutes) : DEAD;
      case 16 -> isDigit ? go(16, minutes) : offset(minutes, value);
      case SIGNED, 11, 12, 13, 14 -> value == expected(at, minutes) ? go(at + 1, minutes) : DEAD;
      default -> DEAD;
    };
  }

  private static long offset(int minutes, int value) {
    return switch (value) {
      case 'Z', 'z' -> minutes == LAST ? go(END, 0) : DEAD;
      case '+' -> go(SIGNED, (minutes - LAST + DAY) % DAY);
      case '-' -> go(SIGNED, (LAST - minutes + DAY) % DAY);
      default -> DEAD;
    };
  }

  private static int expected(int at, int minutes) {
    return switch (at) {
      case SIGNED -> '0' + minutes / 600;
      case 11 -> '0' + minutes / 60 % 10;
      case 12 -> ':';
      case 13 -> '0' + minutes % 60 / 10;
      default -> '0' + minutes % 10;
    };
  }

  private static long go(int at, int minutes) {
    return (long) at * DAY + minutes;
  }

  @Override
  public boolean accepts(long state) {
    return state / DAY == END;
  }

  @Override
  public byte[] guess(long state) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (long here = state; !accepts(here); ) {
      int value = usual((int) (here / DAY), (int) (here % DAY));
      text.write(value);
      here = next(here, value);
    }
    return text.toByteArray();
  }

  /// A byte with which the text may go on: where it can be, to the end of a day in UTC.
  private static int usual(int at, int minutes) {
    return switch (at) {
      case 0 -> '2';
      case 1 -> minutes == 1200 ? '3' : '9';
      case 3 -> '5';
      case 4 -> '9';
      case 2, 5 -> ':';
      case 6 -> '6';
      case FRACTION, 16 -> minutes == LAST ? 'Z' : '+';
      case SIGNED, 11, 12, 13, 14 -> expected(at, minutes);
      default -> '0';
    };
  }

  @Override
  public String key() {
    return "leap second";
  }
}
