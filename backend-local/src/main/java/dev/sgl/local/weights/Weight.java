package dev.sgl.local.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// A tensor of a checkpoint as it lies in the file: `[rows, columns]`, a vector is one row.
public record Weight(String name, DType type, int rows, int columns, MemorySegment data) {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// How many numbers it has.
  public long numbers() {
    return (long) rows * columns;
  }

  /// The number at `index`, row by row.
  public float get(long index) {
    return switch (type) {
      case F32 -> data.get(FLOAT, index * 4);
      case BF16 -> Float.intBitsToFloat(data.get(SHORT, index * 2) << 16);
      case F16 -> Float.float16ToFloat(data.get(SHORT, index * 2));
    };
  }

  /// All numbers as single precision.
  public float[] floats() {
    float[] out = new float[Math.multiplyExact(rows, columns)];
    for (int i = 0; i < out.length; i++) {
      out[i] = get(i);
    }
    return out;
  }
}
