package dev.sgl.local.checkpoint;

import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/// The two orders of the rows of queries and keys. Rotary positions turn pairs of a head's numbers:
/// in model folders, number `i` of the first half with number `i` of the second half; in GGUF files
/// of the architecture llama, neighbouring numbers.
public final class RotaryOrder {
  private RotaryOrder() {}

  /// For each row in the order of model folders, its number in the order of GGUF files.
  ///
  /// @param dim numbers of a head, even
  static int[] halves(int rows, int dim) {
    return order(rows, dim, row -> row % (dim / 2) * 2 + row / (dim / 2));
  }

  /// For each row in the order of GGUF files, its number in the order of model folders.
  ///
  /// @param dim numbers of a head, even
  public static int[] neighbours(int rows, int dim) {
    return order(rows, dim, row -> row % 2 * (dim / 2) + row / 2);
  }

  private static int[] order(int rows, int dim, IntUnaryOperator inHead) {
    return IntStream.range(0, rows)
        .map(row -> row / dim * dim + inHead.applyAsInt(row % dim))
        .toArray();
  }

  /// Numbers, one of each row, in another order.
  public static float[] ordered(float[] numbers, int[] order) {
    float[] out = new float[order.length];
    for (int row = 0; row < order.length; row++) {
      out[row] = numbers[order[row]];
    }
    return out;
  }
}
