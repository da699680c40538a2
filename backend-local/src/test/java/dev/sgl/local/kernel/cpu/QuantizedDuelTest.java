package dev.sgl.local.kernel.cpu;

import static dev.sgl.local.kernel.host.TestTensors.poisoned;
import static dev.sgl.local.kernel.host.TestTensors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.host.Kernels;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.kernel.host.RandomBlocks;
import dev.sgl.local.kernel.host.Tensor;
import dev.sgl.local.weights.GgmlType;
import dev.sgl.local.weights.Weight;
import dev.sgl.testing.Property;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Products of packed codes against those of their numbers: by tiles of Java, and by dot
/// products of bytes where these were built.
class QuantizedDuelTest {
  private static final Kernels PLAIN = new PlainKernels();

  /// Products of scales are rounded to half precision: by this part of themselves at most.
  private static final double HALF = 0x1p-11;

  /// Activations are rounded to 15 bits: by this part of the largest of 32 at most.
  private static final double ROUNDED = 0.5 / (127 * 128);

  @ParameterizedTest
  @EnumSource
  void tilesOfJava(GgmlType type) {
    duel(type, Optional.empty(), 0);
  }

  @ParameterizedTest
  @EnumSource
  void dotProductsOfBytes(GgmlType type) {
    List<ByteProducts> sets = ByteProducts.all();
    assumeTrue(!sets.isEmpty(), "the library of products was not built");
    sets.forEach(bytes -> duel(type, Optional.of(bytes), ROUNDED));
  }

  private static void duel(GgmlType type, Optional<ByteProducts> bytes, double rounding) {
    try (VectorKernels fast = new VectorKernels(2, bytes)) {
      Property.forAll(
          12,
          (random, size) -> {
            int rows = 1 + random.nextInt(Math.max(1, size / 4));
            int in = type.numbers() * (1 + random.nextInt(4));
            int out = 1 + random.nextInt(150);
            Tensor x = random(random, rows, in);
            Weight weight = RandomBlocks.weight(random, type, out, in);
            Tensor wanted = poisoned(rows, out);
            Tensor found = poisoned(rows, out);
            PLAIN.linear(x, PLAIN.load(weight), Optional.empty(), wanted, rows);
            fast.linear(x, fast.load(weight), Optional.empty(), found, rows);
            float[] numbers = weight.floats();
            for (int r = 0; r < rows; r++) {
              for (int o = 0; o < out; o++) {
                assertEquals(
                    wanted.values()[r * out + o],
                    found.values()[r * out + o],
                    bound(x.row(r), numbers, o, rounding, type.scheme().hasMinimums()),
                    "%s %s %d×%d×%d, row %d, output %d"
                        .formatted(bytes, type, rows, in, out, r, o));
              }
            }
          });
    }
  }

  /// How far an output may be from the exact one.
  private static double bound(
      float[] x, float[] numbers, int output, double rounding, boolean minimums) {
    double bound = 1e-5;
    for (int group = 0; group < x.length; group += 32) {
      double most = 0;
      for (int i = group; i < group + 32; i++) {
        most = Math.max(most, Math.abs(x[i]));
      }
      for (int i = group; i < group + 32; i++) {
        double weight = Math.abs(numbers[output * x.length + i]);
        // a number is a difference of two rounded ones where there are minimums
        double scales = minimums ? 20.5 * HALF : weight * HALF;
        bound += weight * most * rounding + Math.abs(x[i]) * scales;
      }
    }
    return bound;
  }

  @Test
  void aRowHasTheSameBitsInAnyBatch() {
    aRowHasTheSameBitsInAnyBatch(Optional.empty());
    ByteProducts.all().forEach(bytes -> aRowHasTheSameBitsInAnyBatch(Optional.of(bytes)));
  }

  private static void aRowHasTheSameBitsInAnyBatch(Optional<ByteProducts> bytes) {
    SplittableRandom random = new SplittableRandom(5);
    try (VectorKernels fast = new VectorKernels(2, bytes)) {
      for (GgmlType type : GgmlType.values()) {
        int in = 512;
        int out = 70;
        Matrix matrix = fast.load(RandomBlocks.weight(random, type, out, in));
        Tensor x = random(random, 33, in);
        Tensor alone = poisoned(33, out);
        for (int row = 0; row < 33; row++) {
          Tensor result = poisoned(1, out);
          fast.linear(new Tensor(1, in, x.row(row)), matrix, Optional.empty(), result, 1);
          System.arraycopy(result.values(), 0, alone.values(), row * out, out);
        }
        for (int rows : new int[] {2, 3, 5, 6, 7, 13, 16, 33}) {
          Tensor together = poisoned(rows, out);
          fast.linear(x, matrix, Optional.empty(), together, rows);
          assertArrayEquals(
              Arrays.copyOf(alone.values(), rows * out),
              Arrays.copyOf(together.values(), rows * out),
              type + ", " + rows + " rows, " + bytes);
        }
      }
    }
  }

  @Test
  void rowsOfATable() {
    SplittableRandom random = new SplittableRandom(6);
    try (VectorKernels fast = new VectorKernels(1)) {
      for (GgmlType type : GgmlType.values()) {
        Weight weight = RandomBlocks.weight(random, type, 37, type.numbers());
        Tensor found = poisoned(37, type.numbers());
        int[] tokens = new int[37];
        Arrays.setAll(tokens, i -> i);
        fast.embed(fast.load(weight), tokens, found);
        float[] wanted = weight.floats();
        for (int i = 0; i < wanted.length; i++) {
          double bound = 1e-7 + (type.scheme().hasMinimums() ? 20.5 : Math.abs(wanted[i])) * HALF;
          assertEquals(wanted[i], found.values()[i], bound, type + " at " + i);
        }
      }
    }
  }
}
