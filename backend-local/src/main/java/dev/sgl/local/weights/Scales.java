package dev.sgl.local.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The scales of a quantized matrix: a grid of rows and of groups of columns.
///
/// @param rowStride numbers from the scale of a row to that of the next row; 0 if they share
///     it
/// @param groupStride numbers from the scale of a group to that of the next group of the row
public record Scales(Format format, MemorySegment data, long rowStride, long groupStride) {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// The number format of scales.
  public enum Format {
    F32(4),
    BF16(2),
    F16(2),
    /// A byte `e`, which is 2 to the power of `e − 127` (OCP Microscaling, 2023).
    E8M0(1),
    /// The half of that power, for codebooks of doubled numbers.
    HALF_E8M0(1);

    private final int bytes;

    Format(int bytes) {
      this.bytes = bytes;
    }
  }

  /// The scale of a group of a row.
  public float get(long row, long group) {
    long at = row * rowStride + group * groupStride;
    return switch (format) {
      case F32 -> data.get(FLOAT, at * 4);
      case BF16 -> Float.intBitsToFloat(data.get(SHORT, at * 2) << 16);
      case F16 -> Float.float16ToFloat(data.get(SHORT, at * 2));
      case E8M0 -> power(data.get(ValueLayout.JAVA_BYTE, at) & 0xff);
      case HALF_E8M0 -> power(data.get(ValueLayout.JAVA_BYTE, at) & 0xff) * 0.5f;
    };
  }

  private static float power(int exponent) {
    // the least one is below the normal numbers
    return Float.intBitsToFloat(exponent == 0 ? 1 << 22 : exponent << 23);
  }

  /// Some of its rows and groups.
  public Scales view(long firstRow, long rows, long firstGroup, long groups) {
    long first = firstRow * rowStride + firstGroup * groupStride;
    long count =
        rows == 0 || groups == 0 ? 0 : (rows - 1) * rowStride + (groups - 1) * groupStride + 1;
    MemorySegment part = data.asSlice(first * format.bytes, count * format.bytes);
    return new Scales(format, part, rowStride, groupStride);
  }
}
