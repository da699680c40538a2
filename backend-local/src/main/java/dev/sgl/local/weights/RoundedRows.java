package dev.sgl.local.weights;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// Numbers that are rounded to the nearest of the form [Scaled] as they are read, with a scale for
/// each row: its largest number becomes 448. The parts of a row have its scale.
public record RoundedRows(Encoding of, int firstColumn, int allColumns) implements Encoding {
  private static final float MOST = 448;

  /// All columns.
  RoundedRows(Weight weight) {
    this(weight.encoding(), 0, weight.columns());
  }

  @Override
  public List<MemorySegment> parts() {
    return of.parts();
  }

  /// Reads the bytes of the first `columns` columns of a row.
  ///
  /// @return their scale
  public float readCodes(int row, int columns, byte[] out) {
    float[] numbers = new float[allColumns];
    of.read(row, allColumns, numbers, 0);
    float most = 0;
    for (float number : numbers) {
      most = Math.max(most, Math.abs(number));
    }
    float scale = most == 0 ? 1 : most / MOST;
    for (int c = 0; c < columns; c++) {
      out[c] = Scaled.code(numbers[firstColumn + c] / scale);
    }
    return scale;
  }

  @Override
  public void read(int row, int columns, float[] out, int at) {
    byte[] codes = new byte[columns];
    float scale = readCodes(row, columns, codes);
    for (int c = 0; c < columns; c++) {
      out[at + c] = Scaled.number(codes[c]) * scale;
    }
  }

  @Override
  public RoundedRows view(int firstRow, int rows, int firstColumn, int columns) {
    return new RoundedRows(
        of.view(firstRow, rows, 0, allColumns), this.firstColumn + firstColumn, allColumns);
  }
}
