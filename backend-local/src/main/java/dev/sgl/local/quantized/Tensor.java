package dev.sgl.local.quantized;

import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Scales;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A tensor of a safetensors file as it lies there.
///
/// @param format the name of its number format in such files
public record Tensor(String name, String format, List<Integer> shape, MemorySegment data) {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Bytes of a number, by the name of its format; of other formats no tensor is read.
  private static final Map<String, Integer> BYTES =
      Map.of(
          "F32", 4, "BF16", 2, "F16", 2, "F8_E4M3", 1, "F8_E8M0", 1, "I8", 1, "U8", 1, "I32", 4,
          "I64", 8);

  public Tensor {
    shape = List.copyOf(shape);
  }

  /// Bytes of a number; empty if the format is not read.
  public static Optional<Integer> bytes(String format) {
    return Optional.ofNullable(BYTES.get(format));
  }

  /// How many numbers the shape has.
  ///
  /// @throws ArithmeticException if it has too many rows
  public long numbers() {
    int last = Math.max(0, shape.size() - 1);
    int rows = shape.stream().limit(last).reduce(1, Math::multiplyExact);
    return (long) rows * (shape.isEmpty() ? 1 : shape.getLast());
  }

  /// Whether the shape is that of one number.
  boolean isScalar() {
    return shape.size() <= 2 && shape.stream().allMatch(size -> size == 1);
  }

  boolean has(long... sizes) {
    return Arrays.equals(shape.stream().mapToLong(Integer::longValue).toArray(), sizes);
  }

  /// The tensor as a weight of plain numbers; empty if it has another format.
  public Optional<Weight> plain() {
    int columns = shape.isEmpty() ? 1 : shape.getLast();
    return DType.of(format)
        .map(type -> Weight.of(name, shape, new Encoding.Plain(type, data, columns)));
  }

  /// The format of its numbers as scales; empty if scales have no such format.
  Optional<Scales.Format> scales() {
    return switch (format) {
      case "F32" -> Optional.of(Scales.Format.F32);
      case "BF16" -> Optional.of(Scales.Format.BF16);
      case "F16" -> Optional.of(Scales.Format.F16);
      case "F8_E8M0" -> Optional.of(Scales.Format.E8M0);
      default -> Optional.empty();
    };
  }

  /// Its whole numbers, of the format I32 or I64.
  long[] integers() {
    int bytes = format.equals("I32") ? 4 : 8;
    long[] numbers = new long[Math.toIntExact(data.byteSize() / bytes)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = bytes == 4 ? data.get(INT, i * 4L) : data.get(LONG, i * 8L);
    }
    return numbers;
  }

  /// Whether all its numbers are `number`; false if its format is not plain.
  boolean isAll(float number) {
    return plain()
        .filter(weight -> weight.numbers() <= 1 << 20)
        .map(Weight::floats)
        .filter(
            floats -> {
              for (float one : floats) {
                if (one != number) {
                  return false;
                }
              }
              return true;
            })
        .isPresent();
  }

  @Override
  public String toString() {
    return "%s, %s %s".formatted(name, format, shape);
  }
}
