package dev.sgl.local.quantized;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.weights.Grouped;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Quantization;
import dev.sgl.local.weights.Quantized;
import dev.sgl.local.weights.Scales;
import dev.sgl.local.weights.Weight;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Quantized modules of every format against the numbers that other readers find in them, bit by
/// bit.
class QuantizedFolderTest {
  private static Stream<RecordedModule> cases() throws IOException {
    return RecordedModule.quantized();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void hasTheNumbersOfOtherReaders(RecordedModule one) {
    assertArrayEquals(one.numbers(), one.weight().floats());
  }

  /// Kernels that keep weights packed read codes, scales and minimums; these are the same numbers.
  @ParameterizedTest
  @MethodSource("cases")
  void codesScalesAndMinimumsAreTheSameNumbers(RecordedModule one) {
    Weight weight = one.weight();
    boolean isFloat = one.name().matches("(fp8|floats|mxfp8).*");
    boolean isReordered = one.name().endsWith("in another order");
    assertEquals(!isFloat && !isReordered, weight.encoding().quantized().isPresent());
    if (weight.encoding().quantized().isEmpty()) {
      return;
    }
    Quantized codes = weight.encoding().quantized().get();
    float[] found = new float[one.numbers().length];
    for (int row = 0; row < weight.rows(); row++) {
      Quantization.Row into = Quantization.Row.of(weight.columns(), codes.scheme().group());
      codes.read(row, weight.columns(), into);
      codes.scheme().decode(into, weight.columns(), found, row * weight.columns());
    }
    float rounding = one.name().endsWith("scales in f32") ? 1e-6f : 0;
    for (int i = 0; i < found.length; i++) {
      assertEquals(one.numbers()[i], found[i], rounding * Math.abs(found[i]) + rounding);
    }
  }

  /// Each rectangle has the numbers of the whole, or is refused where it would divide a word or a
  /// group.
  @ParameterizedTest
  @MethodSource("cases")
  void viewsHaveTheNumbersOfTheWhole(RecordedModule one) {
    Weight weight = one.weight();
    int columns = weight.columns();
    int views = 0;
    for (int row = 0; row < weight.rows(); row += 2) {
      for (int column = 0; column < columns; column += 4) {
        Weight some;
        try {
          some =
              weight
                  .rows(row, weight.rows() - row - 1)
                  .columns(column, Math.min(9, columns - column));
        } catch (ModelException e) {
          assertTrue(String.valueOf(e.getMessage()).contains("are divided by"), e.getMessage());
          continue;
        }
        views++;
        float[] found = some.floats();
        for (int i = 0; i < found.length; i++) {
          int from = (row + i / some.columns()) * columns + column + i % some.columns();
          assertEquals(one.numbers()[from], found[i]);
        }
      }
    }
    assertTrue(views >= weight.rows() / 8 * (columns / 32), views + " views");
  }

  @Test
  void blocksOfGptOssHaveTheNumbersOfTransformers() throws IOException {
    RecordedModule one =
        RecordedModule.all().stream()
            .filter(any -> any.name().equals("gpt-oss"))
            .findFirst()
            .orElseThrow();
    MemorySegment bytes = Objects.requireNonNull(one.tensors().get("model.m.blocks")).data();
    MemorySegment powers = Objects.requireNonNull(one.tensors().get("model.m.scales")).data();
    int rows = 2 * 4;
    int columns = 2 * 32;
    Scales scales = new Scales(Scales.Format.HALF_E8M0, powers, 2, 1);
    Weight weight = Weight.of("m", List.of(rows, columns), Grouped.mxfp4(bytes, columns, scales));
    assertArrayEquals(one.numbers(), weight.floats());
  }

  /// The least power of two of a byte is below the normal numbers.
  @Test
  void powersOfTwo() {
    MemorySegment bytes = MemorySegment.ofArray(new byte[] {0, 1, 127, (byte) 254});
    float[] found = new float[4];
    Scales scales = new Scales(Scales.Format.E8M0, bytes, 4, 1);
    for (int i = 0; i < found.length; i++) {
      found[i] = scales.get(0, i);
    }
    assertArrayEquals(new float[] {0x1p-127f, 0x1p-126f, 1, 0x1p127f}, found);
  }
}
