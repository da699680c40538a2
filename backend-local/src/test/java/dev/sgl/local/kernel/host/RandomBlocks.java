package dev.sgl.local.kernel.host;

import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.GgmlType;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;

/// Random blocks of GGUF files, with scales of an ordinary size.
public final class RandomBlocks {
  private RandomBlocks() {}

  /// A weight of blocks of random bits.
  public static Weight weight(SplittableRandom random, GgmlType type, int rows, int columns) {
    long rowBytes = (long) columns / type.numbers() * type.bytes();
    MemorySegment data = Arena.ofAuto().allocate(rows * rowBytes, 8);
    for (long i = 0; i < data.byteSize(); i++) {
      data.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    for (long block = 0; block < data.byteSize(); block += type.bytes()) {
      if (type == GgmlType.MXFP4) {
        data.set(ValueLayout.JAVA_BYTE, block, (byte) random.nextInt(115, 123));
      }
      for (int at : scales(type)) {
        float scale = (float) random.nextDouble(-0.01, 0.01);
        data.set(ValueLayout.JAVA_SHORT_UNALIGNED, block + at, Float.floatToFloat16(scale));
      }
    }
    return Weight.of("w", List.of(rows, columns), new Encoding.Blocks(type, data, rowBytes));
  }

  /// Where a block has numbers in half precision.
  private static List<Integer> scales(GgmlType type) {
    return switch (type) {
      case Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> List.of(0);
      case Q4_1, Q5_1, Q4_K, Q5_K -> List.of(0, 2);
      case Q2_K -> List.of(80, 82);
      case Q3_K -> List.of(108);
      case Q6_K -> List.of(208);
      case MXFP4 -> List.of();
    };
  }
}
