package dev.sgl.local.kernel.cpu;

import dev.sgl.local.kernel.host.Tensor;

/// Products of activations with a packed weight.
///
/// A tile of eight rows and [Packed#WIDTH] outputs stays in registers while the inputs pass: each
/// output is one lane, so every sum runs over the inputs one by one, from the first to the last,
/// whatever else is computed with it. That is why a row gets the same numbers alone and in any
/// batch.
final class Linear {
  private static final int TILE = 8;
  private static final int WIDTH = Packed.WIDTH;

  /// Calls after which HotSpot has a method compiled by its second compiler, and some more.
  private static final int CALLS_TO_COMPILE = 6_000;

  private Linear() {}

  /// The rows of a product.
  ///
  /// @param inputs `[rows, columns]`
  /// @param stride from a row of the outputs to the next
  record Rows(float[] inputs, int rows, int columns, int stride) {
    /// The row, or the last one.
    int clamp(int row) {
      return Math.min(row, rows - 1);
    }
  }

  /// The outputs of two neighbouring blocks of `weight`, for the first `rows` rows.
  static void run(Tensor x, Packed weight, Tensor out, int rows, int pair) {
    int first = 2 * pair * WIDTH;
    if (rows == 1 && first + 2 * WIDTH <= weight.rows()) {
      pair(x, weight, out, pair);
      return;
    }
    block(x, weight, out, rows, 2 * pair);
    if (first + WIDTH < weight.rows()) {
      block(x, weight, out, rows, 2 * pair + 1);
    }
  }

  /// Calls the tiles until the virtual machine compiles them. Before that a tile is a thousand
  /// times as slow, so these products are small.
  static void warmUp(Packed zeros) {
    Tensor x = Tensor.of(2, zeros.columns());
    Tensor out = Tensor.of(2, zeros.rows());
    for (int i = 0; i < CALLS_TO_COMPILE; i++) {
      run(x, zeros, out, 1, 0);
      run(x, zeros, out, 2, 0);
    }
  }

  private static void pair(Tensor x, Packed weight, Tensor out, int pair) {
    int to = 2 * pair * WIDTH;
    long at = weight.block(2 * pair);
    if (weight.isBf16()) {
      TileBf16.pair(x.values(), weight.columns(), weight.data(), at, out.values(), to);
    } else {
      TileF32.pair(x.values(), weight.columns(), weight.data(), at, out.values(), to);
    }
  }

  private static void block(Tensor x, Packed weight, Tensor out, int rows, int block) {
    int first = block * WIDTH;
    int count = weight.rows() - first;
    if (count >= WIDTH) {
      Rows all = new Rows(x.values(), rows, weight.columns(), out.columns());
      tiles(all, weight, block, out.values(), first);
    } else { // the last block is wider than the remaining outputs
      float[] outputs = new float[rows * WIDTH];
      tiles(new Rows(x.values(), rows, weight.columns(), WIDTH), weight, block, outputs, 0);
      for (int r = 0; r < rows; r++) {
        System.arraycopy(outputs, r * WIDTH, out.values(), r * out.columns() + first, count);
      }
    }
  }

  private static void tiles(Rows rows, Packed weight, int block, float[] out, int to) {
    long at = weight.block(block);
    for (int row = 0; row < rows.rows(); row += TILE) {
      if (weight.isBf16()) {
        TileBf16.eight(rows, row, weight.data(), at, out, to);
      } else {
        TileF32.eight(rows, row, weight.data(), at, out, to);
      }
    }
  }
}
