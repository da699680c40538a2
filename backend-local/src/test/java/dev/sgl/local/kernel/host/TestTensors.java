package dev.sgl.local.kernel.host;

import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/// Numbers for duels of kernels.
public final class TestTensors {
  private TestTensors() {}

  /// A tensor that is to be written: what nobody writes is seen.
  public static Tensor poisoned(int rows, int columns) {
    Tensor tensor = Tensor.of(rows, columns);
    Arrays.fill(tensor.values(), Float.NaN);
    return tensor;
  }

  /// Numbers between -1 and 1.
  public static Tensor random(SplittableRandom random, int rows, int columns) {
    Tensor tensor = Tensor.of(rows, columns);
    fill(random, tensor.values());
    return tensor;
  }

  /// Numbers between -1 and 1.
  public static void fill(SplittableRandom random, float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
  }

  /// Numbers between `-most` and `most`.
  public static Weight weight(
      SplittableRandom random, DType type, int rows, int columns, double most) {
    MemorySegment data = Arena.ofAuto().allocate((long) rows * columns * type.bytes());
    for (long i = 0; i < (long) rows * columns; i++) {
      float number = (float) (random.nextDouble(-1, 1) * most);
      if (type == DType.F32) {
        data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i * 4, number);
      } else {
        data.set(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2, bits(number, type));
      }
    }
    return Weight.plain("w", rows, columns, new Encoding.Plain(type, data, columns));
  }

  /// A number in two bytes; what does not fit is cut off for bfloat16, and rounded for float16.
  public static short bits(float number, DType type) {
    return type == DType.BF16
        ? (short) (Float.floatToRawIntBits(number) >>> 16)
        : Float.floatToFloat16(number);
  }
}
