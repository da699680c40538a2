package dev.sgl.local.checkpoint;

import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/// Orders of the rows of queries and keys. Rotary positions turn pairs of a head's numbers. Here,
/// number `i` of the first half is paired with number `i` of the second half. Files have other
/// pairs; as queries and keys are only multiplied with each other, their rows may be read in our
/// order.
public final class RotaryOrder {
  private RotaryOrder() {}

  /// For each row in our order, its number in the order of files that turn neighbouring numbers.
  ///
  /// @param dim numbers of a head, even
  static int[] halves(int rows, int dim) {
    return ofAll(rows, ofHead(dim, dim, true));
  }

  /// For each row in the order of files that turn neighbouring numbers, its number in ours.
  ///
  /// @param dim numbers of a head, even
  public static int[] neighbours(int rows, int dim) {
    return order(rows, dim, row -> row % 2 * (dim / 2) + row / 2);
  }

  /// For each number of a head in our order, its number in a file that turns the first numbers of a
  /// head.
  ///
  /// @param dim numbers of a head, even
  /// @param turned how many of them are turned, even
  /// @param neighbours whether neighbouring numbers are a pair; else `i` and `i + turned / 2` are
  public static int[] ofHead(int dim, int turned, boolean neighbours) {
    int half = dim / 2;
    int pairs = turned / 2;
    int[] order = new int[dim];
    for (int i = 0; i < half; i++) {
      boolean isTurned = i < pairs;
      order[i] = isTurned ? neighbours ? 2 * i : i : pairs + i;
      order[half + i] = isTurned ? neighbours ? 2 * i + 1 : pairs + i : half + i;
    }
    return order;
  }

  /// The order of all rows, of that of the numbers of a head.
  static int[] ofAll(int rows, int[] ofHead) {
    return order(rows, ofHead.length, row -> ofHead[row]);
  }

  private static int[] order(int rows, int dim, IntUnaryOperator inHead) {
    return IntStream.range(0, rows)
        .map(row -> row / dim * dim + inHead.applyAsInt(row % dim))
        .toArray();
  }
}
