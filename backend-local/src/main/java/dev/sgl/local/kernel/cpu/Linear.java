package dev.sgl.local.kernel.cpu;

import dev.sgl.local.kernel.host.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Optional;

/// Products of activations with a packed weight, by pieces of [#WIDTH] outputs.
///
/// A tile of outputs stays in registers while the inputs pass: each output is one lane, so every
/// sum runs over the inputs from the first to the last, whatever else is computed with it. That
/// is why a row gets the same numbers alone and in any batch.
final class Linear {
  private static final int VECTORS = 4; // that one row is multiplied with at once

  /// Outputs of a piece.
  static final int WIDTH = Math.max(Layout.ROWS, VECTORS * Lanes.COUNT);

  /// Blocks of a piece.
  static final int BLOCKS = WIDTH / Layout.ROWS;

  private static final int TILE = 8; // rows of activations that are multiplied at once

  /// Columns that are unpacked at once: 32 KiB of the widest vectors.
  private static final int STRIP = 256;

  /// Calls after which HotSpot has a method compiled by its second compiler, and some more.
  private static final int CALLS_TO_COMPILE = 6_000;

  private final Workers workers;
  private final Optional<ByteProducts> bytes;
  private final float[][] unpacked; // a strip of weights, of each worker

  /// @param bytes products of quantized weights; without them, codes become numbers in single
  ///     precision
  Linear(Workers workers, Optional<ByteProducts> bytes) {
    this.workers = workers;
    this.bytes = bytes;
    this.unpacked = new float[workers.count()][2 * Lanes.COUNT * (STRIP + 1)];
  }

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

  /// How many pieces a weight has; the last one may be wider than the remaining outputs.
  static int pieces(int outputs) {
    return (outputs + WIDTH - 1) / WIDTH;
  }

  /// Writes the products of the first `rows` rows to `out`, plus a bias.
  void run(Tensor x, Packed weight, Optional<float[]> bias, Tensor out, int rows) {
    if (!usesTiles(weight.layout())) {
      bytes.orElseThrow().round(x, rows, weight, workers);
    }
    workers.run(
        pieces(weight.rows()),
        (piece, worker) -> {
          piece(x, weight, out, rows, piece, worker);
          bias.ifPresent(b -> addBias(b, out, rows, piece * WIDTH));
        });
  }

  private static void addBias(float[] bias, Tensor out, int rows, int from) {
    int to = Math.min(bias.length, from + WIDTH);
    for (int r = 0; r < rows; r++) {
      for (int o = from; o < to; o++) {
        out.values()[r * out.columns() + o] += bias[o];
      }
    }
  }

  private void piece(Tensor x, Packed weight, Tensor out, int rows, int piece, int worker) {
    int first = piece * WIDTH;
    int count = Math.min(WIDTH, weight.rows() - first);
    if (count == WIDTH) {
      Rows all = new Rows(x.values(), rows, weight.columns(), out.columns());
      piece(all, weight, piece, worker, out.values(), first);
      return;
    }
    float[] outputs = new float[rows * WIDTH];
    Rows all = new Rows(x.values(), rows, weight.columns(), WIDTH);
    piece(all, weight, piece, worker, outputs, 0);
    for (int r = 0; r < rows; r++) {
      System.arraycopy(outputs, r * WIDTH, out.values(), r * out.columns() + first, count);
    }
  }

  private void piece(Rows rows, Packed weight, int piece, int worker, float[] out, int to) {
    if (!usesTiles(weight.layout())) {
      int block = piece * BLOCKS;
      bytes.orElseThrow().multiply(weight, block, BLOCKS, rows.rows(), out, to, rows.stride());
    } else if (rows.rows() == 1 && weight.layout().equals(Layout.BF16) && rows.columns() % 2 == 0) {
      oneRow(rows, weight, piece, out, to);
    } else {
      tiles(rows, weight, piece, worker, out, to);
    }
  }

  private static void oneRow(Rows rows, Packed weight, int piece, float[] out, int to) {
    long[] starts = new long[VECTORS];
    for (int v = 0; v < Lanes.perRows(WIDTH); v += VECTORS) {
      for (int i = 0; i < VECTORS; i++) {
        starts[i] = Unpacker.start(weight, piece * Lanes.perRows(WIDTH) + v + i);
      }
      int at = to + v * Lanes.COUNT;
      Tile.one(rows.inputs(), rows.columns(), weight.codes(), starts, out, at);
    }
  }

  /// Unpacks the weights, strip by strip of two vectors of outputs, which stays in the nearest
  /// cache while all rows are multiplied with it.
  private void tiles(Rows rows, Packed weight, int piece, int worker, float[] out, int to) {
    float[] numbers = unpacked[worker];
    Unpacker unpacker = new Unpacker(weight);
    for (int r = 0; r < rows.rows(); r++) {
      Arrays.fill(out, to + r * rows.stride(), to + r * rows.stride() + WIDTH, 0);
    }
    for (int v = 0; v < Lanes.perRows(WIDTH); v += 2) {
      int vector = piece * Lanes.perRows(WIDTH) + v;
      int at = to + v * Lanes.COUNT;
      for (int first = 0; first < rows.columns(); first += STRIP) {
        Tile.Strip strip = new Tile.Strip(first, Math.min(STRIP, rows.columns() - first));
        unpacker.unpack(vector, strip, numbers);
        if (rows.rows() == 1) {
          Tile.one(rows.inputs(), strip, numbers, out, at);
        } else {
          for (int row = 0; row < rows.rows(); row += TILE) {
            Tile.eight(rows, row, strip, numbers, out, at);
          }
        }
      }
    }
  }

  /// Whether tiles of Java compute products with weights of a layout.
  private boolean usesTiles(Layout layout) {
    return layout.isPlain() || bytes.isEmpty();
  }

  /// Multiplies small weights of a layout until the virtual machine compiles the tiles. Before that
  /// a tile is a thousand times as slow.
  void warmUp(Layout layout, Arena arena) {
    if (!usesTiles(layout)) {
      return;
    }
    int columns = layout.isPlain() ? 4 : layout.group();
    Packed zeros = Packed.empty(layout, WIDTH, columns, arena);
    Rows two = new Rows(new float[2 * columns], 2, columns, WIDTH);
    Rows one = new Rows(two.inputs(), 1, columns, WIDTH);
    float[] out = new float[2 * WIDTH];
    for (int i = 0; i < CALLS_TO_COMPILE; i++) {
      piece(one, zeros, 0, 0, out, 0);
      piece(two, zeros, 0, 0, out, 0);
    }
  }
}
