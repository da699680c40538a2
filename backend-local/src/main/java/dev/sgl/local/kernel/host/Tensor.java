package dev.sgl.local.kernel.host;

import java.util.Arrays;

/// Activations `[rows, columns]` in single precision, on the host.
///
/// @param values row by row
public record Tensor(int rows, int columns, float[] values) {
  /// A tensor of zeros.
  public static Tensor of(int rows, int columns) {
    return new Tensor(rows, columns, new float[Math.multiplyExact(rows, columns)]);
  }

  /// A copy of one row.
  public float[] row(int row) {
    return Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
  }
}
