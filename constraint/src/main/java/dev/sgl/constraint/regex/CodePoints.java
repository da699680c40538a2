package dev.sgl.constraint.regex;

import java.util.Arrays;
import java.util.function.IntPredicate;

/// A set of Unicode scalar values, as sorted ranges that neither overlap nor touch.
///
/// Surrogates are never members: no text contains them.
public final class CodePoints {
  public static final CodePoints NONE = new CodePoints(new int[0]);
  public static final CodePoints ALL = range(0, Character.MAX_CODE_POINT);

  private static final int SURROGATES = 0xd800;
  private static final int AFTER_SURROGATES = 0xe000;

  private final int[] bounds; // first and last of each range

  private CodePoints(int[] bounds) {
    this.bounds = bounds;
  }

  /// The values from `first` to `last`, both included.
  public static CodePoints range(int first, int last) {
    return new Builder().add(first, last).build();
  }

  /// The characters of `text`.
  public static CodePoints of(String text) {
    Builder builder = new Builder();
    text.codePoints().forEach(c -> builder.add(c, c));
    return builder.build();
  }

  /// The values for which `test` holds.
  static CodePoints where(IntPredicate test) {
    Builder builder = new Builder();
    int start = -1;
    for (int c = 0; c <= Character.MAX_CODE_POINT + 1; c++) {
      boolean in = c <= Character.MAX_CODE_POINT && test.test(c);
      if (in && start < 0) {
        start = c;
      } else if (!in && start >= 0) {
        builder.add(start, c - 1);
        start = -1;
      }
    }
    return builder.build();
  }

  /// How many ranges there are.
  public int ranges() {
    return bounds.length / 2;
  }

  /// The first member of the range of index `range`, counted from 0.
  public int first(int range) {
    return bounds[2 * range];
  }

  /// The last member of the range of index `range`, counted from 0.
  public int last(int range) {
    return bounds[2 * range + 1];
  }

  /// Whether it has no member.
  public boolean isEmpty() {
    return bounds.length == 0;
  }

  /// Whether `codePoint` is a member.
  public boolean contains(int codePoint) {
    int at = Arrays.binarySearch(bounds, codePoint);
    return at >= 0 || (-at - 1) % 2 == 1;
  }

  /// The members of either set.
  public CodePoints or(CodePoints other) {
    return new Builder().addAll(this).addAll(other).build();
  }

  /// The members of both sets.
  public CodePoints and(CodePoints other) {
    Builder builder = new Builder();
    for (int i = 0, j = 0; i < ranges() && j < other.ranges(); ) {
      int from = Math.max(first(i), other.first(j));
      int to = Math.min(last(i), other.last(j));
      if (from <= to) {
        builder.add(from, to);
      }
      if (last(i) < other.last(j)) {
        i++;
      } else {
        j++;
      }
    }
    return builder.build();
  }

  /// All scalar values but the members.
  public CodePoints not() {
    Builder builder = new Builder();
    int from = 0;
    for (int i = 0; i < ranges(); i++) {
      builder.add(from, first(i) - 1);
      from = last(i) + 1;
    }
    return builder.add(from, Character.MAX_CODE_POINT).build();
  }

  /// The members that are not in `other`.
  public CodePoints minus(CodePoints other) {
    return and(other.not());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CodePoints that && Arrays.equals(bounds, that.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }

  /// Collects ranges in any order.
  static final class Builder {
    private long[] ranges = new long[8];
    private int count;

    Builder add(int first, int last) {
      if (first < SURROGATES && last >= AFTER_SURROGATES) {
        return add(first, SURROGATES - 1).add(AFTER_SURROGATES, last);
      }
      int from = first >= SURROGATES && first < AFTER_SURROGATES ? AFTER_SURROGATES : first;
      int to = last >= SURROGATES && last < AFTER_SURROGATES ? SURROGATES - 1 : last;
      if (from <= to) {
        if (count == ranges.length) {
          ranges = Arrays.copyOf(ranges, count * 2);
        }
        ranges[count++] = (long) from << 32 | to;
      }
      return this;
    }

    Builder addAll(CodePoints set) {
      for (int i = 0; i < set.ranges(); i++) {
        add(set.first(i), set.last(i));
      }
      return this;
    }

    CodePoints build() {
      if (count == 0) {
        return new CodePoints(new int[0]);
      }
      Arrays.sort(ranges, 0, count);
      int[] bounds = new int[2 * count];
      int size = 0;
      for (int i = 0; i < count; i++) {
        int from = (int) (ranges[i] >> 32);
        int to = (int) ranges[i];
        if (size > 0 && from <= bounds[size - 1] + 1) {
          bounds[size - 1] = Math.max(bounds[size - 1], to);
        } else {
          bounds[size++] = from;
          bounds[size++] = to;
        }
      }
      return new CodePoints(Arrays.copyOf(bounds, size));
    }
  }
}
