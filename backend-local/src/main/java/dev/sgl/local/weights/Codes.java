package dev.sgl.local.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/// A matrix of unsigned codes of 4 or 8 bits, packed in words or bytes. Several threads may
/// read it at the same time.
public final class Codes {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Which neighbours share a word or byte. The first one has the lowest bits.
  public enum Packing {
    /// Neighbouring columns share a word of 32 bits.
    COLUMNS,
    /// Neighbouring rows share a word of 32 bits.
    ROWS,
    /// Neighbouring rows share a word of 32 bits: those with an even number in its low half.
    INTERLEAVED_ROWS,
    /// Neighbouring columns share a byte if they have 4 bits.
    BYTES
  }

  /// Rows that are read at once where neighbouring rows lie side by side in memory: a single
  /// row would need a cache line for each of its words.
  private static final int TILE = 64;

  private static final int MOST_TILES = 32;

  private final Packing packing;
  private final int bits;
  private final int plus;
  private final MemorySegment data;
  private final long rowStride;
  private final long columnStride;
  private final Map<Integer, Tile> tiles = new ConcurrentHashMap<>(); // by the first row

  /// @param plus is added to each number in memory, modulo the count of numbers of its bits,
  ///     to get the code: for signed bytes 128, say
  /// @param rowStride words or bytes from those of a row to those of the next row; if rows
  ///     share a word, of the next rows
  /// @param columnStride words or bytes from those of a column to those of the next column; if
  ///     columns share a word or byte, of the next columns
  public Codes(
      Packing packing, int bits, int plus, MemorySegment data, long rowStride, long columnStride) {
    this.packing = packing;
    this.bits = bits;
    this.plus = plus;
    this.data = data;
    this.rowStride = rowStride;
    this.columnStride = columnStride;
  }

  /// Which neighbours share a word or byte.
  public Packing packing() {
    return packing;
  }

  /// Bits of a code.
  public int bits() {
    return bits;
  }

  /// The number that is added to each number in memory to get the code.
  public int plus() {
    return plus;
  }

  /// The words or bytes.
  public MemorySegment data() {
    return data;
  }

  /// Words or bytes to those of the next row, or of the next rows if they share a word.
  public long rowStride() {
    return rowStride;
  }

  /// Words or bytes to those of the next column, or of the next columns if they share them.
  public long columnStride() {
    return columnStride;
  }

  /// Neighbours in a word or byte.
  public int count() {
    return (packing == Packing.BYTES ? 8 : 32) / bits;
  }

  /// The code of a row and column.
  public int get(int row, int column) {
    return code(unit(word(row, column)) >>> shift(row, column));
  }

  private int code(int shifted) {
    return shifted + plus & (1 << bits) - 1;
  }

  private long word(int row, int column) {
    return switch (packing) {
      case COLUMNS, BYTES -> row * rowStride + column / count() * columnStride;
      case ROWS, INTERLEAVED_ROWS -> row / count() * rowStride + column * columnStride;
    };
  }

  private int unit(long index) {
    return packing == Packing.BYTES
        ? data.get(ValueLayout.JAVA_BYTE, index)
        : data.get(INT, index * 4);
  }

  /// The lowest bit of a code in its word or byte.
  private int shift(int row, int column) {
    int count = count();
    return bits
        * switch (packing) {
          case COLUMNS, BYTES -> column % count;
          case ROWS -> row % count;
          case INTERLEAVED_ROWS -> row % count / 2 + row % 2 * (count / 2);
        };
  }

  /// Reads the first `columns` codes of a row.
  public void read(int row, int columns, byte[] out) {
    if (columnStride <= rowStride || columns == 0) {
      readRow(row, columns, out);
      return;
    }
    int first = row / TILE * TILE;
    Tile tile = tiles.get(first);
    if (tile == null || !tile.has(row - first, columns)) {
      Tile read = new Tile(tile(first, columns));
      if (tiles.size() >= MOST_TILES) {
        tiles.clear();
      }
      tile = tiles.merge(first, read, (old, _) -> old.has(row - first, columns) ? old : read);
    }
    System.arraycopy(tile.rows[row - first], 0, out, 0, columns);
    if (tile.left.decrementAndGet() <= 0) {
      tiles.remove(first, tile);
    }
  }

  /// Rows that lie side by side, until each has been read once.
  private static final class Tile {
    private final byte[][] rows;
    private final AtomicInteger left;

    Tile(byte[][] rows) {
      this.rows = rows;
      this.left = new AtomicInteger(rows.length);
    }

    boolean has(int row, int columns) {
      return row < rows.length && rows[row].length >= columns;
    }
  }

  private void readRow(int row, int columns, byte[] out) {
    switch (packing) {
      case COLUMNS, BYTES -> readWords(row, columns, out);
      case ROWS, INTERLEAVED_ROWS -> readAcross(row, columns, out);
    }
  }

  /// Some rows from `first` on, as many as there are.
  private byte[][] tile(int first, int columns) {
    int rowsOfWord = packing == Packing.ROWS || packing == Packing.INTERLEAVED_ROWS ? count() : 1;
    int columnsOfWord = count() / (packing == Packing.BYTES ? 1 : rowsOfWord);
    long size = data.byteSize() / (packing == Packing.BYTES ? 1 : 4);
    long words = (size - 1 - word(first, columns - 1)) / rowStride + 1;
    int rows = (int) Math.min(TILE, words * rowsOfWord);
    int[] shifts = IntStream.range(0, rowsOfWord).map(row -> shift(row, 0)).toArray();
    byte[][] tile = new byte[rows][columns];
    for (int c = 0; c < columns; c += columnsOfWord) {
      long at = word(first, c);
      int end = Math.min(columnsOfWord, columns - c);
      for (int r = 0; r < rows; r += rowsOfWord) {
        int unit = unit(at);
        at += rowStride;
        for (int i = 0; i < rowsOfWord; i++) {
          int shifted = unit >>> shifts[i];
          for (int j = 0; j < end; j++) {
            tile[r + i][c + j] = (byte) code(shifted >>> j * bits);
          }
        }
      }
    }
    return tile;
  }

  private void readWords(int row, int columns, byte[] out) {
    int count = count();
    long word = row * rowStride;
    if (count == 1 && columnStride == 1) {
      for (int c = 0; c < columns; c++) {
        out[c] = (byte) (data.get(ValueLayout.JAVA_BYTE, word + c) + plus);
      }
      return;
    }
    for (int first = 0; first < columns; first += count) {
      int unit = unit(word);
      int end = Math.min(columns, first + count);
      for (int c = first; c < end; c++) {
        out[c] = (byte) code(unit);
        unit >>>= bits;
      }
      word += columnStride;
    }
  }

  private void readAcross(int row, int columns, byte[] out) {
    int shift = shift(row, 0);
    long word = word(row, 0);
    for (int c = 0; c < columns; c++) {
      out[c] = (byte) code(data.get(INT, word * 4) >>> shift);
      word += columnStride;
    }
  }

  /// Some of its rows and columns.
  ///
  /// @throws ModelException if a word or byte would be divided at the first of them
  public Codes view(int firstRow, int rows, int firstColumn, int columns) {
    int first =
        switch (packing) {
          case COLUMNS, BYTES -> firstColumn;
          case ROWS, INTERLEAVED_ROWS -> firstRow;
        };
    if (first % count() != 0) {
      throw new ModelException(
          "weights of which %d share a word are divided by %d only, not at %d"
              .formatted(count(), count(), first));
    }
    long begin = word(firstRow, firstColumn);
    long words =
        rows == 0 || columns == 0
            ? 0
            : word(firstRow + rows - 1, firstColumn + columns - 1) - begin + 1;
    int bytes = packing == Packing.BYTES ? 1 : 4;
    MemorySegment part = data.asSlice(begin * bytes, words * bytes);
    return new Codes(packing, bits, plus, part, rowStride, columnStride);
  }
}
