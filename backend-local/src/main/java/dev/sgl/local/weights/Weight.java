package dev.sgl.local.weights;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A tensor of a checkpoint as it lies in the file, or some rows or columns of one.
///
/// Most operations see a matrix `[rows, columns]`: the columns are the last dimension, the rows all
/// before it, so that a vector is one row.
///
/// @param shape its dimensions
public record Weight(String name, List<Integer> shape, int rows, int columns, Encoding encoding) {
  public Weight {
    shape = List.copyOf(shape);
  }

  /// @param shape its dimensions, of which the product of all but the last is an `int`
  public static Weight of(String name, List<Integer> shape, Encoding encoding) {
    int last = Math.max(0, shape.size() - 1);
    int rows = shape.stream().limit(last).reduce(1, Math::multiplyExact);
    return new Weight(name, shape, rows, shape.isEmpty() ? 1 : shape.getLast(), encoding);
  }

  /// A matrix of numbers one after the other, or, with one row, a vector.
  public static Weight plain(String name, int rows, int columns, Encoding.Plain encoding) {
    return of(name, rows == 1 ? List.of(columns) : List.of(rows, columns), encoding);
  }

  /// A vector of ones.
  public static Weight ones(int length) {
    float[] numbers = new float[length];
    Arrays.fill(numbers, 1);
    return of("ones", List.of(length), Encoding.Plain.of(numbers));
  }

  /// How many numbers it has.
  public long numbers() {
    return (long) rows * columns;
  }

  /// Bytes that a device needs at least, which computes in 16 bits and keeps codes.
  public long leastBytes() {
    return numbers() * Math.min(Short.SIZE, encoding.bits()) / Byte.SIZE;
  }

  /// Bytes of its memory; for some columns of a matrix, with the gaps between the rows.
  public long bytes() {
    return encoding.bytes();
  }

  /// Some of its rows, as a matrix.
  public Weight rows(int first, int count) {
    return of(name, List.of(count, columns), encoding.view(first, count, 0, columns));
  }

  /// Some of its columns: of all rows, or of a vector.
  public Weight columns(int first, int count) {
    List<Integer> narrow =
        Stream.concat(shape.stream().limit(shape.size() - 1L), Stream.of(count)).toList();
    return of(name, narrow, encoding.view(0, rows, first, count));
  }

  /// Its rows, or the numbers of a vector, in another order; or some of them.
  ///
  /// @param order for each row, its number in this weight
  public Weight reordered(int[] order) {
    if (shape.size() != 1) {
      List<Integer> picked = List.of(order.length, columns);
      return of(name, picked, new Encoding.Reordered(encoding, rows, order));
    }
    float[] numbers = floats();
    float[] out = new float[order.length];
    for (int i = 0; i < order.length; i++) {
      out[i] = numbers[order[i]];
    }
    return of(name, List.of(order.length), Encoding.Plain.of(out));
  }

  /// The same numbers times a factor, as a vector of single precision; itself for a factor of 1.
  public Weight times(float factor) {
    return factor == 1 ? this : mapped(number -> number * factor);
  }

  /// The same numbers plus an offset, likewise.
  public Weight plus(float offset) {
    return offset == 0 ? this : mapped(number -> number + offset);
  }

  private Weight mapped(DoubleUnaryOperator by) {
    float[] numbers = floats();
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) by.applyAsDouble(numbers[i]);
    }
    return of(name, shape, Encoding.Plain.of(numbers));
  }

  /// Whether both have the same bytes in the same format, so that one may be used for the other.
  public boolean hasBytesOf(Weight other) {
    List<MemorySegment> own = encoding.parts();
    List<MemorySegment> others = other.encoding.parts();
    return shape.equals(other.shape)
        && encoding.format().equals(other.encoding.format())
        && own.size() == others.size()
        && IntStream.range(0, own.size()).allMatch(i -> own.get(i).mismatch(others.get(i)) < 0);
  }

  /// All numbers in single precision, row by row.
  public float[] floats() {
    float[] out = new float[Math.multiplyExact(rows, columns)];
    for (int row = 0; row < rows; row++) {
      encoding.read(row, columns, out, row * columns);
    }
    return out;
  }
}
