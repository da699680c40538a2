package dev.sgl.local.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.local.kernel.host.TestTensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Quantization of plain weights: to the codes and scales of the package `gguf` where it has the
/// format, and always to the nearest code.
class RoundingTest {
  private static final Path BLOCKS = Path.of("src/test/resources/quantized-blocks.json");

  @ParameterizedTest
  @CsvSource({"Q8_0, Q8_0", "Q4_0, Q4_0"})
  void hasTheCodesOfThePackage(CodeRounding rounding, GgmlType type) throws IOException {
    JsonNode recorded = new ObjectMapper().readTree(BLOCKS.toFile()).path(type.name());
    byte[] bytes = Base64.getDecoder().decode(recorded.path("bytes").asText());
    byte[] numbers = Base64.getDecoder().decode(recorded.path("numbers").asText());
    int rows = bytes.length / type.bytes();
    assertEquals(64, rows);
    Encoding.Blocks blocks = new Encoding.Blocks(type, MemorySegment.ofArray(bytes), type.bytes());
    Encoding.Rounded rounded =
        new Encoding.Rounded(
            new Encoding.Plain(DType.F32, MemorySegment.ofArray(numbers), type.numbers()),
            rounding);
    assertEquals(blocks.scheme(), rounded.scheme());
    for (int row = 0; row < rows; row++) {
      Quantization.Row wanted = Quantization.Row.of(type.numbers(), rounded.scheme().group());
      Quantization.Row found = Quantization.Row.of(type.numbers(), rounded.scheme().group());
      blocks.read(row, type.numbers(), wanted);
      rounded.read(row, type.numbers(), found);
      assertArrayEquals(wanted.scales(), found.scales(), "row " + row);
      assertArrayEquals(wanted.codes(), found.codes(), "row " + row);
    }
  }

  @ParameterizedTest
  @EnumSource
  void noCodeIsNearer(CodeRounding rounding) {
    SplittableRandom random = new SplittableRandom(3);
    int columns = 2 * rounding.scheme().group();
    for (int round = 0; round < 50; round++) {
      float[] numbers = TestTensors.random(random, 1, columns).values();
      Quantization.Row row = Quantization.Row.of(columns, rounding.scheme().group());
      rounding.quantize(numbers, columns, row);
      for (int i = 0; i < columns; i++) {
        float scale = row.scales()[i / rounding.scheme().group()];
        float found = scale * rounding.scheme().value(row.codes()[i] & 0xff);
        float nearest = Float.MAX_VALUE;
        for (int code = 0; code < 1 << rounding.scheme().bits(); code++) {
          nearest = Math.min(nearest, Math.abs(scale * rounding.scheme().value(code) - numbers[i]));
        }
        // the scale was rounded to half precision behind the codes
        float slack = Math.abs(numbers[i]) * 0x1p-10f;
        assertTrue(Math.abs(found - numbers[i]) <= nearest + slack, rounding + ": " + numbers[i]);
      }
    }
  }

  @Test
  void aViewIsDividedBetweenGroups() {
    Encoding plain = TestTensors.weight(new SplittableRandom(4), DType.F32, 4, 64, 1).encoding();
    Encoding all = new Encoding.Rounded(plain, CodeRounding.Q8_0);
    float[] wanted = new float[64];
    float[] found = new float[32];
    all.read(2, 64, wanted, 0);
    all.view(1, 3, 32, 32).read(1, 32, found, 0);
    assertArrayEquals(Arrays.copyOfRange(wanted, 32, 64), found);
    assertThrows(ModelException.class, () -> all.view(0, 4, 16, 32));
  }
}
