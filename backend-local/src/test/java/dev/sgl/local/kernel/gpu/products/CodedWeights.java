package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.host.RandomBlocks;
import dev.sgl.local.kernel.host.TestTensors;
import dev.sgl.local.weights.CodeRounding;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.GgmlType;
import dev.sgl.local.weights.Scaled;
import dev.sgl.local.weights.Scales;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// A kind of random weights whose codes a GPU keeps.
///
/// @param rows that a weight has a multiple of
/// @param columns that a row has a multiple of
public record CodedWeights(String name, int rows, int columns, Maker maker) {
  private static final int TILE = 16;
  private static final int BLOCK = 128;

  /// Makes a weight.
  @FunctionalInterface
  public interface Maker {
    /// A weight of a size.
    Weight make(SplittableRandom random, int rows, int columns);
  }

  /// A weight of this kind.
  public Weight make(SplittableRandom random, int rows, int columns) {
    return maker.make(random, rows, columns);
  }

  /// Numbers in e4m3, blocks of GGUF files, and plain numbers that are rounded at load.
  public static List<CodedWeights> all() {
    List<CodedWeights> kinds = new ArrayList<>();
    kinds.add(new CodedWeights("blocks of e4m3", BLOCK, 8, CodedWeights::blocks));
    kinds.add(
        new CodedWeights(
            "rows of e4m3",
            TILE,
            8,
            (random, rows, columns) -> {
              Weight weight = plain(random, rows, columns);
              return with(weight, new Encoding.RoundedRows(weight.encoding(), 0, columns));
            }));
    for (GgmlType type : GgmlType.values()) {
      kinds.add(
          new CodedWeights(
              type.name(),
              TILE,
              type.numbers(),
              (random, rows, columns) -> RandomBlocks.weight(random, type, rows, columns)));
    }
    for (CodeRounding rounding : CodeRounding.values()) {
      kinds.add(
          new CodedWeights(
              "rounded to " + rounding,
              TILE,
              rounding.scheme().group(),
              (random, rows, columns) -> {
                Weight weight = plain(random, rows, columns);
                return with(weight, new Encoding.Rounded(weight.encoding(), rounding));
              }));
    }
    return kinds;
  }

  private static Weight plain(SplittableRandom random, int rows, int columns) {
    return TestTensors.weight(random, DType.F32, rows, columns, 2 / Math.sqrt(columns));
  }

  private static Weight with(Weight weight, Encoding encoding) {
    return Weight.of(weight.name(), weight.shape(), encoding);
  }

  private static Weight blocks(SplittableRandom random, int rows, int columns) {
    MemorySegment codes = Arena.ofAuto().allocate((long) rows * columns);
    for (long i = 0; i < codes.byteSize(); i++) {
      codes.set(ValueLayout.JAVA_BYTE, i, Scaled.code((float) random.nextDouble(-448, 448)));
    }
    int wide = (columns + BLOCK - 1) / BLOCK;
    float[] scales = new float[rows / BLOCK * wide];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (float) (random.nextDouble(0.5, 2) / 448 / Math.sqrt(columns));
    }
    Scales all = new Scales(Scales.Format.F32, MemorySegment.ofArray(scales), wide, 1);
    return Weight.of("w", List.of(rows, columns), Scaled.of(codes, columns, all, BLOCK, BLOCK));
  }
}
