package dev.sgl.local.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/// The layout of a weight's numbers in memory. Each layout can read a row in single precision, and
/// has views of some rows or columns, for ranks and for fused weights.
public sealed interface Encoding {

  /// The memory that the numbers lie in.
  List<MemorySegment> parts();

  /// Writes the first `columns` numbers of a row to `out`, from `at` on.
  void read(int row, int columns, float[] out, int at);

  /// Some of its rows and columns.
  Encoding view(int firstRow, int rows, int firstColumn, int columns);

  /// Numbers one after the other.
  ///
  /// @param stride numbers from the beginning of a row to that of the next
  record Plain(DType type, MemorySegment data, long stride) implements Encoding {
    private static final ValueLayout.OfFloat FLOAT =
        ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
        ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// The number at an index of the data.
    public float get(long index) {
      return switch (type) {
        case F32 -> data.get(FLOAT, index * 4);
        case BF16 -> Float.intBitsToFloat(data.get(SHORT, index * 2) << 16);
        case F16 -> Float.float16ToFloat(data.get(SHORT, index * 2));
      };
    }

    @Override
    public List<MemorySegment> parts() {
      return List.of(data);
    }

    @Override
    public void read(int row, int columns, float[] out, int at) {
      for (int i = 0; i < columns; i++) {
        out[at + i] = get(row * stride + i);
      }
    }

    @Override
    public Plain view(int firstRow, int rows, int firstColumn, int columns) {
      long first = firstRow * stride + firstColumn;
      long numbers = rows == 0 ? 0 : (rows - 1) * stride + columns;
      MemorySegment part = data.asSlice(first * type.bytes(), numbers * type.bytes());
      return new Plain(type, part, stride);
    }
  }
}
