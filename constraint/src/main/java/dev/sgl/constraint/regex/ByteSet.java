package dev.sgl.constraint.regex;

/// A set of byte values.
public record ByteSet(long a, long b, long c, long d) {
  public static final ByteSet NONE = new ByteSet(0, 0, 0, 0);
  public static final ByteSet ALL = new ByteSet(-1, -1, -1, -1);

  /// The set of one value, 0 to 255.
  public static ByteSet of(int value) {
    return range(value, value);
  }

  /// The values from `first` to `last`, both included.
  public static ByteSet range(int first, int last) {
    long[] words = new long[4];
    for (int i = first; i <= last; i++) {
      words[i >> 6] |= 1L << i;
    }
    return new ByteSet(words[0], words[1], words[2], words[3]);
  }

  /// Whether `value`, 0 to 255, is a member.
  public boolean contains(int value) {
    return (word(value >> 6) >>> value & 1) != 0;
  }

  /// Whether it has no member.
  public boolean isEmpty() {
    return (a | b | c | d) == 0;
  }

  /// How many members it has, 0 to 256.
  public int size() {
    return Long.bitCount(a) + Long.bitCount(b) + Long.bitCount(c) + Long.bitCount(d);
  }

  /// The smallest member from `value` on, or -1.
  public int next(int value) {
    for (int from = value; from < 256; from = (from | 63) + 1) {
      long rest = word(from >> 6) >>> from;
      if (rest != 0) {
        return from + Long.numberOfTrailingZeros(rest);
      }
    }
    return -1;
  }

  /// The members of either set.
  public ByteSet or(ByteSet other) {
    return new ByteSet(a | other.a, b | other.b, c | other.c, d | other.d);
  }

  /// The members of both sets.
  public ByteSet and(ByteSet other) {
    return new ByteSet(a & other.a, b & other.b, c & other.c, d & other.d);
  }

  private long word(int index) {
    return switch (index) {
      case 0 -> a;
      case 1 -> b;
      case 2 -> c;
      default -> d;
    };
  }
}
