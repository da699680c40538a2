package dev.sgl.local.kernel.cpu;

import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/// A weight in blocks of as many rows as two vectors have lanes, each block column by column:
/// `[rows / WIDTH, columns, WIDTH]`, in bf16 or single precision. Numbers in bf16 lie in pairs, one
/// of the first vector and one of the second, so that one load of integers gives both vectors by a
/// shift and a mask.
///
/// So the numbers that one input is multiplied by lie side by side, a product needs no sum over the
/// lanes of a vector, and memory is read from its beginning to its end.
final class Packed implements Matrix {
  private static final int N = FloatVector.SPECIES_PREFERRED.length();
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Rows of a block.
  static final int WIDTH = 2 * N;

  /// Columns that are packed at once, so that both source and target stay in the cache.
  private static final int STRIP = 64;

  private final boolean bf16;
  private final int rows;
  private final int columns;
  private final MemorySegment data;

  private Packed(boolean bf16, int rows, int columns, MemorySegment data) {
    this.bf16 = bf16;
    this.rows = rows;
    this.columns = columns;
    this.data = data;
  }

  /// Packs a weight; one in f16 is widened, because vectors have no conversion for it, and
  /// blocks of GGUF files to bf16.
  static Packed of(Weight weight, Arena arena, Workers workers) {
    boolean bf16 = weight.encoding().plain(DType.BF16) == DType.BF16;
    int blocks = (weight.rows() + WIDTH - 1) / WIDTH;
    long bytes = (long) blocks * WIDTH * weight.columns() * (bf16 ? 2 : 4);
    MemorySegment data = HugePages.allocate(arena, bytes);
    Packed packed = new Packed(bf16, weight.rows(), weight.columns(), data);
    switch (weight.encoding()) {
      case Encoding.Plain plain -> workers.run(blocks, (block, _) -> packed.pack(plain, block));
      case Encoding.Blocks _, Encoding.Reordered _ ->
          workers.run(blocks, (block, _) -> packed.packRows(weight.encoding(), block));
    }
    weight.encoding().parts().forEach(HugePages::forget);
    return packed;
  }

  /// A weight of zeros, of two blocks.
  static Packed zeros(boolean bf16, int columns, Arena arena) {
    return new Packed(bf16, 2 * WIDTH, columns, arena.allocate(2L * WIDTH * columns * 4, 64));
  }

  private void pack(Encoding.Plain numbers, int block) {
    int first = block * WIDTH;
    int end = Math.min(WIDTH, rows - first);
    for (int strip = 0; strip < columns; strip += STRIP) {
      for (int r = 0; r < end; r++) {
        pack(numbers, first + r, strip, Math.min(columns, strip + STRIP));
      }
    }
  }

  private void pack(Encoding.Plain numbers, int row, int from, int to) {
    long source = row * numbers.stride();
    for (int c = from; c < to; c++) {
      if (bf16) {
        data.set(SHORT, place(row, c) * 2, numbers.data().get(SHORT, (source + c) * 2));
      } else {
        data.set(FLOAT, place(row, c) * 4, numbers.get(source + c));
      }
    }
  }

  /// Packs a block row by row.
  private void packRows(Encoding numbers, int block) {
    float[] row = new float[columns];
    for (int r = block * WIDTH; r < Math.min(rows, (block + 1) * WIDTH); r++) {
      numbers.read(r, columns, row, 0);
      for (int c = 0; c < columns; c++) {
        if (bf16) {
          data.set(SHORT, place(r, c) * 2, DType.bf16(row[c]));
        } else {
          data.set(FLOAT, place(r, c) * 4, row[c]);
        }
      }
    }
  }

  /// Which number of the data that of a row and column is.
  private long place(int row, int column) {
    int r = row % WIDTH;
    return ((long) (row / WIDTH) * columns + column) * WIDTH + (bf16 ? r % N * 2 + r / N : r);
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  /// Pairs of blocks; the second block of the last one may be missing.
  int pairs() {
    return (rows + 2 * WIDTH - 1) / (2 * WIDTH);
  }

  boolean isBf16() {
    return bf16;
  }

  MemorySegment data() {
    return data;
  }

  /// Where a block begins, in bytes.
  long block(int block) {
    return (long) block * columns * WIDTH * (bf16 ? 2 : 4);
  }

  /// Writes one row to `out`, from `to` on.
  void row(int row, float[] out, int to) {
    for (int c = 0; c < columns; c++) {
      long at = place(row, c);
      out[to + c] =
          bf16 ? Float.intBitsToFloat(data.get(SHORT, at * 2) << 16) : data.get(FLOAT, at * 4);
    }
  }
}
