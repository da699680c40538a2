package dev.sgl.local.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The layout of a weight's numbers in memory. Each layout can read a row in single precision, and
/// has views of some rows or columns, for ranks and for fused weights.
public sealed interface Encoding
    permits Encoding.Plain,
        Encoding.Coded,
        Encoding.Reordered,
        Grouped,
        Scaled,
        Encoding.RoundedRows {

  /// The memory that the numbers lie in.
  List<MemorySegment> parts();

  /// Bytes of that memory.
  default long bytes() {
    return parts().stream().mapToLong(MemorySegment::byteSize).sum();
  }

  /// Writes the first `columns` numbers of a row to `out`, from `at` on.
  ///
  /// @throws ModelException if a block of numbers does not end there
  void read(int row, int columns, float[] out, int at);

  /// The type of plain numbers that lose least when they take its place: its own, and for quantized
  /// numbers one of 16 bits, that of the numbers they were rounded from.
  ///
  /// @param narrow the type that is preferred for quantized numbers
  default DType plain(DType narrow) {
    return switch (this) {
      case Plain plain -> plain.type();
      case Rounded rounded -> ofSource(rounded.of(), narrow);
      case RoundedRows rounded -> ofSource(rounded.of(), narrow);
      case Coded _, Grouped _, Scaled _ -> narrow;
      case Reordered reordered -> reordered.of().plain(narrow);
    };
  }

  private static DType ofSource(Encoding source, DType narrow) {
    DType type = source.plain(narrow);
    return type == DType.F32 ? narrow : type;
  }

  /// Its name, as people know it: `BF16`, `Q4_K`, `FP8 e4m3`, `GPTQ 4 bit`.
  default String format() {
    return switch (this) {
      case Plain plain -> plain.type().name();
      case Blocks blocks -> blocks.type().name();
      case Rounded rounded -> rounded.rounding() + " rounded from " + rounded.of().format();
      case Reordered reordered -> reordered.of().format();
      case Grouped grouped -> grouped.name();
      case Scaled _ -> "FP8 e4m3";
      case RoundedRows rounded -> "FP8 rounded from " + rounded.of().format();
    };
  }

  /// Bits of a number or code, without scales.
  default int bits() {
    return switch (this) {
      case Plain plain -> 8 * plain.type().bytes();
      case Coded coded -> coded.scheme().bits();
      case Reordered reordered -> reordered.of().bits();
      case Grouped grouped -> grouped.scheme().bits();
      case Scaled _, RoundedRows _ -> 8;
    };
  }

  /// The codes of the numbers; empty if they are plain.
  default Optional<Quantized> quantized() {
    return Optional.empty();
  }

  /// Some of its rows and columns.
  Encoding view(int firstRow, int rows, int firstColumn, int columns);

  private static ModelException divided(Enum<?> type, int group, int at) {
    return new ModelException(
        "weights of the type %s are divided by %d columns only, not at %d"
            .formatted(type, group, at));
  }

  /// Numbers one after the other.
  ///
  /// @param stride numbers from the beginning of a row to that of the next
  record Plain(DType type, MemorySegment data, long stride) implements Encoding {
    private static final ValueLayout.OfFloat FLOAT =
        ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
        ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Numbers of one row, in memory.
    public static Plain of(float[] numbers) {
      ByteBuffer bytes = ByteBuffer.allocate(numbers.length * 4).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(numbers);
      return new Plain(DType.F32, MemorySegment.ofBuffer(bytes), numbers.length);
    }

    @Override
    public List<MemorySegment> parts() {
      return List.of(data);
    }

    @Override
    public void read(int row, int columns, float[] out, int at) {
      long from = row * stride * type.bytes();
      switch (type) {
        case F32 -> MemorySegment.copy(data, FLOAT, from, out, at, columns);
        case BF16 -> {
          for (int i = 0; i < columns; i++) {
            out[at + i] = Float.intBitsToFloat(data.get(SHORT, from + 2L * i) << 16);
          }
        }
        case F16 -> {
          for (int i = 0; i < columns; i++) {
            out[at + i] = Float.float16ToFloat(data.get(SHORT, from + 2L * i));
          }
        }
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

  /// Codes, whose numbers follow from them.
  sealed interface Coded extends Encoding, Quantized {
    @Override
    default void read(int row, int columns, float[] out, int at) {
      Quantization.Row codes = Quantization.Row.of(columns, scheme().group());
      read(row, columns, codes);
      scheme().decode(codes, columns, out, at);
    }

    @Override
    default Optional<Quantized> quantized() {
      return Optional.of(this);
    }
  }

  /// Rows of the blocks of a GGUF file.
  ///
  /// @param rowBytes bytes from the beginning of a row to that of the next
  record Blocks(GgmlType type, MemorySegment data, long rowBytes) implements Coded {
    @Override
    public List<MemorySegment> parts() {
      return List.of(data);
    }

    @Override
    public Quantization scheme() {
      return type.scheme();
    }

    @Override
    public void read(int row, int columns, Quantization.Row out) {
      requireBlocks(columns);
      int blocks = columns / type.numbers();
      byte[] bytes = new byte[blocks * type.bytes()];
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, row * rowBytes, bytes, 0, bytes.length);
      for (int block = 0; block < blocks; block++) {
        type.decoder().decode(bytes, block * type.bytes(), out, block * type.numbers());
      }
    }

    @Override
    public Blocks view(int firstRow, int rows, int firstColumn, int columns) {
      requireBlocks(firstColumn);
      requireBlocks(columns);
      long first = firstRow * rowBytes + bytes(firstColumn);
      long bytes = rows == 0 ? 0 : (rows - 1) * rowBytes + bytes(columns);
      return new Blocks(type, data.asSlice(first, bytes), rowBytes);
    }

    private long bytes(int columns) {
      return (long) columns / type.numbers() * type.bytes();
    }

    private void requireBlocks(int columns) {
      if (columns % type.numbers() != 0) {
        throw divided(type, type.numbers(), columns);
      }
    }
  }

  /// Rows in another order, or some of them.
  ///
  /// @param rows of `of`
  /// @param order for each row, its number in `of`
  record Reordered(Encoding of, int rows, int[] order) implements Encoding {
    @Override
    public List<MemorySegment> parts() {
      return of.parts();
    }

    @Override
    public long bytes() {
      return of.bytes() * order.length / Math.max(1, rows);
    }

    @Override
    public void read(int row, int columns, float[] out, int at) {
      of.read(order[row], columns, out, at);
    }

    @Override
    public Optional<Quantized> quantized() {
      return of.quantized().map(codes -> new ReorderedCodes(codes, order));
    }

    @Override
    public Reordered view(int firstRow, int rows, int firstColumn, int columns) {
      return new Reordered(
          of.view(0, this.rows, firstColumn, columns),
          this.rows,
          Arrays.copyOfRange(order, firstRow, firstRow + rows));
    }
  }

  /// The codes of rows in another order.
  record ReorderedCodes(Quantized of, int[] order) implements Quantized {
    @Override
    public Quantization scheme() {
      return of.scheme();
    }

    @Override
    public void read(int row, int columns, Quantization.Row out) {
      of.read(order[row], columns, out);
    }
  }

  /// Numbers that are rounded to codes as they are read.
  record Rounded(Encoding of, CodeRounding rounding) implements Coded {
    @Override
    public List<MemorySegment> parts() {
      return of.parts();
    }

    @Override
    public Quantization scheme() {
      return rounding.scheme();
    }

    @Override
    public void read(int row, int columns, Quantization.Row out) {
      float[] numbers = new float[columns];
      of.read(row, columns, numbers, 0);
      requireFinite(numbers);
      rounding.quantize(numbers, columns, out);
    }

    @Override
    public Rounded view(int firstRow, int rows, int firstColumn, int columns) {
      if (firstColumn % scheme().group() != 0) {
        throw divided(rounding, scheme().group(), firstColumn);
      }
      return new Rounded(of.view(firstRow, rows, firstColumn, columns), rounding);
    }
  }

  /// Refuses numbers that cannot be rounded.
  private static void requireFinite(float[] numbers) {
    float sum = 0;
    for (float number : numbers) {
      sum += number * 0; // none of one that is not finite
    }
    if (sum != 0) {
      throw new ModelException("a weight is not finite (NaN or infinity)");
    }
  }

  /// Numbers that are rounded to the nearest in e4m3 as they are read, with a scale for each row:
  /// its largest number becomes 448. The parts of a row have its scale.
  ///
  /// @param firstColumn the first one of `of` that belongs to it
  /// @param allColumns of `of`, which decide on the scale
  record RoundedRows(Encoding of, int firstColumn, int allColumns) implements Encoding {
    private static final float MOST = 448;

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
      requireFinite(numbers);
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
}
