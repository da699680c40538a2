package dev.sgl.local.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Blocks of GGUF files against the numbers that the package `gguf` reads in them, bit by bit.
class GgmlTypeTest {
  private static final Path BLOCKS = Path.of("src/test/resources/ggml-blocks.json");

  @ParameterizedTest
  @EnumSource
  void hasTheNumbersOfThePackage(GgmlType type) throws IOException {
    JsonNode recorded = new ObjectMapper().readTree(BLOCKS.toFile()).path(type.name());
    byte[] bytes = bytes(recorded.path("bytes"));
    float[] wanted = new float[bytes.length / type.bytes() * type.numbers()];
    ByteBuffer.wrap(bytes(recorded.path("numbers")))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(wanted);
    assertEquals(3 * type.numbers(), wanted.length);
    Encoding blocks = new Encoding.Blocks(type, MemorySegment.ofArray(bytes), type.bytes());
    float[] found = new float[wanted.length];
    for (int row = 0; row < 3; row++) {
      blocks.read(row, type.numbers(), found, row * type.numbers());
    }
    assertArrayEquals(wanted, found);
  }

  private static byte[] bytes(JsonNode text) {
    return Base64.getDecoder().decode(text.asText());
  }
}
