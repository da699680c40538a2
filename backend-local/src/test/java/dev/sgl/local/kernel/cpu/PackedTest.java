package dev.sgl.local.kernel.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class PackedTest {
  private static final int ROWS = 9_001;
  private static final int COLUMNS = 4_096; // 74 MB, and a row that begins a block

  @Test
  void aLargeWeightIsPackedInSeveralPieces() {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      MemorySegment data = arena.allocate(2L * ROWS * COLUMNS, 64);
      for (int row = 0; row < ROWS; row++) {
        for (int column = 0; column < COLUMNS; column += 64) {
          short number = DType.bf16(row - column / 64f);
          data.setAtIndex(ValueLayout.JAVA_SHORT, (long) row * COLUMNS + column, number);
        }
      }
      Weight weight =
          Weight.plain("w", ROWS, COLUMNS, new Encoding.Plain(DType.BF16, data, COLUMNS));
      Packed packed = Packed.of(weight, arena, workers);
      float[] wanted = new float[COLUMNS];
      float[] found = new float[COLUMNS];
      for (int row = 0; row < ROWS; row++) {
        weight.encoding().read(row, COLUMNS, wanted, 0);
        packed.row(row, found, 0);
        assertArrayEquals(wanted, found, "row " + row);
      }
    }
  }
}
