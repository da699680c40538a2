package dev.sgl.local.kernel.gpu.products;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.kernel.gpu.products.CodeLayout.Kind;
import dev.sgl.local.weights.Scaled;
import dev.sgl.local.weights.Weight;
import dev.sgl.testing.Property;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Packed codes have the numbers of the weights, read as `decode` in `codes.cuh` reads them.
class CodePackerTest {
  private static final int BLOCK = 128;
  private static final int TILE = 16;

  /// Scales and minimums are in half precision.
  private static final double HALF = 0x1p-10;

  @Test
  void theNumbersAreThoseOfTheWeights() {
    for (CodedWeights kind : CodedWeights.all()) {
      Property.forAll(
          6,
          (random, size) -> {
            int columns = kind.columns() * (1 + random.nextInt(Math.max(1, 600 / kind.columns())));
            int first = kind.rows() * (1 + random.nextInt(2));
            int second = kind.rows() * (1 + random.nextInt(2));
            compare(
                kind.name(),
                List.of(kind.make(random, first, columns), kind.make(random, second, columns)));
          });
    }
  }

  private static void compare(String name, List<Weight> weights) {
    CodeLayout layout = CodeLayout.of(weights.getFirst()).orElseThrow();
    int rows = weights.stream().mapToInt(Weight::rows).sum();
    int columns = weights.getFirst().columns();
    Packed packed = new Packed(layout, rows, columns, weights);
    int firstRow = 0;
    for (Weight weight : weights) {
      float[] wanted = weight.floats();
      for (int row = 0; row < weight.rows(); row++) {
        for (int column = 0; column < columns; column++) {
          float expected = wanted[row * columns + column];
          packed.requireNear(expected, firstRow + row, column, name);
        }
      }
      firstRow += weight.rows();
    }
  }

  /// The memory of the GPU.
  private static final class Packed {
    private final CodeLayout layout;
    private final int rows;
    private final int blocks;
    private final MemorySegment codes;
    private final MemorySegment scales;
    private final float factor;

    Packed(CodeLayout layout, int rows, int columns, List<Weight> weights) {
      this.layout = layout;
      this.rows = rows;
      blocks = (columns + BLOCK - 1) / BLOCK;
      CodePacker packer = new CodePacker(layout, rows, columns);
      long tileBytes = layout.tileBytes(columns);
      codes = Arena.ofAuto().allocate(rows / TILE * tileBytes, 16);
      int firstRow = 0;
      for (Weight weight : weights) {
        for (int tile = 0; tile < weight.rows() / TILE; tile++) {
          packer.pack(weight, tile, firstRow, codes, (firstRow / TILE + tile) * tileBytes);
        }
        firstRow += weight.rows();
      }
      factor = packer.factor();
      scales = Arena.ofAuto().allocate((long) packer.count() * packer.scaleBytes(), 16);
      for (int i = 0; i < packer.count(); i++) {
        packer.packScale(i, factor, scales, (long) i * packer.scaleBytes());
      }
    }

    void requireNear(float expected, int row, int column, String name) {
      double scale = scale(row, column) * factor;
      double minimum = minimum(row, column) * factor;
      int code = code(row, column);
      double value =
          switch (layout.kind()) {
            case E4M3 -> Scaled.number((byte) code);
            case INT8 -> (byte) code;
            case INT4 -> code - 8;
          };
      double bound = (Math.abs(scale * value) + Math.abs(minimum) + 8 * Math.abs(scale)) * HALF;
      assertEquals(
          expected, scale * value + minimum, bound, name + " row " + row + " column " + column);
      assertTrue(Math.abs(scale(row, column)) < 256, "a number has room in half precision");
    }

    /// The code of a column as lane `q` decodes it in a step of 16 columns.
    private int code(int row, int column) {
      int block = column / BLOCK;
      int step = column % BLOCK / 16;
      int half = column % 16 / 8;
      int q = column % 8 / 2;
      int second = column % 2;
      int rowBytes = layout.kind() == Kind.INT4 ? 64 : 128;
      long begin =
          layout.kind() == Kind.E4M3
              ? ((long) row * blocks + block) * rowBytes
              : (((long) row / TILE * blocks + block) * TILE + row % TILE) * rowBytes;
      if (layout.kind() == Kind.INT4) {
        int word = codes.get(ValueLayout.JAVA_INT, begin + 16 * q + step / 2 * 4);
        return word >>> 4 * (step % 2 * 2 + half) >>> 16 * second & 15;
      }
      int word = codes.get(ValueLayout.JAVA_INT, begin + step / 4 * 64 + 16 * q + step % 4 * 4);
      return word >>> 8 * half >>> 16 * second & 255;
    }

    private float scale(int row, int column) {
      if (layout.kind() == Kind.E4M3) {
        int padded = (blocks + 3) / 4 * 4;
        int at = layout.group() == 0 ? row : row / BLOCK * padded + column / BLOCK;
        return scales.getAtIndex(ValueLayout.JAVA_FLOAT, at);
      }
      return half(row, column, 0);
    }

    private float minimum(int row, int column) {
      return layout.hasMinimums() ? half(row, column, BLOCK / layout.group()) : 0;
    }

    private float half(int row, int column, int behind) {
      int each = BLOCK / layout.group() * (layout.hasMinimums() ? 2 : 1);
      int group = column % BLOCK / layout.group();
      long at = ((long) column / BLOCK * rows + row) * each + group + behind;
      return Float.float16ToFloat(scales.getAtIndex(ValueLayout.JAVA_SHORT, at));
    }
  }
}
