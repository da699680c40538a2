package dev.sgl.local.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Floating-point numbers of 8 bits, e4m3 (a sign, 4 bits of exponent, 3 of fraction, no
/// infinity), times the scale of their block of rows and columns. Blocks at the end of rows
/// and columns may be smaller.
///
/// Number format: Micikevicius et al. 2022, "FP8 Formats for Deep Learning".
///
/// @param codes a byte each
/// @param stride bytes from the beginning of a row to that of the next
/// @param scales of blocks: their rows are rows of blocks, their groups columns of blocks
/// @param firstRow the place of the first row in its block
/// @param firstColumn the place of the first column in its block
public record Scaled(
    MemorySegment codes,
    long stride,
    Scales scales,
    int blockRows,
    int blockColumns,
    int firstRow,
    int firstColumn)
    implements Encoding {
  private static final float[] E4M3 = e4m3();
  private static final float MOST_E4M3 = 448;
  private static final int LEAST_EXPONENT = -6; // smaller numbers have no leading 1

  /// Blocks from the first row and column on.
  public static Scaled of(MemorySegment codes, int columns, Scales scales, int rows, int width) {
    return new Scaled(codes, columns, scales, rows, width, 0, 0);
  }

  /// The number of a byte.
  public static float number(byte code) {
    return E4M3[code & 0xff];
  }

  /// The byte of the number in e4m3 that is nearest, ties to even. Above 448, the largest number,
  /// numbers and infinity become 448, with their sign.
  public static byte code(float number) {
    int sign = Float.floatToRawIntBits(number) >>> 24 & 0x80;
    if (Float.isNaN(number)) {
      return (byte) (sign | 0x7f);
    }
    float size = Math.min(Math.abs(number), MOST_E4M3);
    int exponent = Math.max(Math.getExponent(size), LEAST_EXPONENT);
    int eighths =
        (int) Math.rint(Math.scalb((double) size, 3 - exponent)); // 16 of them are the next power
    return (byte) (sign | (exponent - LEAST_EXPONENT << 3) + eighths);
  }

  private static float[] e4m3() {
    float[] numbers = new float[256];
    for (int code = 0; code < 256; code++) {
      int exponent = code >> 3 & 15;
      int fraction = code & 7;
      float size =
          exponent == 0
              ? Math.scalb((float) fraction, -9)
              : Math.scalb((float) (8 + fraction), exponent - 10);
      numbers[code] = (code & 127) == 127 ? Float.NaN : code < 128 ? size : -size;
    }
    return numbers;
  }

  @Override
  public List<MemorySegment> parts() {
    return List.of(codes, scales.data());
  }

  /// Reads the bytes of the first `columns` columns of a row.
  public void readCodes(int row, int columns, byte[] out) {
    MemorySegment.copy(codes, ValueLayout.JAVA_BYTE, row * stride, out, 0, columns);
  }

  /// The scale of a number.
  public float scale(int row, int column) {
    return scales.get((firstRow + row) / blockRows, (firstColumn + column) / blockColumns);
  }

  @Override
  public void read(int row, int columns, float[] out, int at) {
    long from = row * stride;
    int blockRow = (firstRow + row) / blockRows;
    int c = 0;
    while (c < columns) {
      int block = (firstColumn + c) / blockColumns;
      float scale = scales.get(blockRow, block);
      long end = Math.min(columns, (block + 1L) * blockColumns - firstColumn);
      for (; c < end; c++) {
        out[at + c] = number(codes.get(ValueLayout.JAVA_BYTE, from + c)) * scale;
      }
    }
  }

  @Override
  public Scaled view(int firstRow, int rows, int firstColumn, int columns) {
    int row = this.firstRow + firstRow;
    int column = this.firstColumn + firstColumn;
    long bytes = rows == 0 ? 0 : (rows - 1) * stride + columns;
    Scales some =
        scales.view(
            row / blockRows,
            blocks(row, rows, blockRows),
            column / blockColumns,
            blocks(column, columns, blockColumns));
    return new Scaled(
        codes.asSlice(firstRow * stride + firstColumn, bytes),
        stride,
        some,
        blockRows,
        blockColumns,
        row % blockRows,
        column % blockColumns);
  }

  /// Blocks that some rows or columns meet.
  private static int blocks(int first, int count, int size) {
    return count == 0 ? 0 : (first + count - 1) / size - first / size + 1;
  }
}
