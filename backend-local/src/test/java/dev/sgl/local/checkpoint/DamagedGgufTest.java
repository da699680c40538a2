package dev.sgl.local.checkpoint;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.tokens.Tokenizer;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Weight;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/// GGUF files whose header or numbers were damaged.
class DamagedGgufTest {
  private static final Path WHOLE = Path.of("src/test/resources/gguf/qwen3.q8_0.gguf");
  private static final String TENSOR = "blk.0.attn_q.weight";
  private static final int FLOAT = 6; // the number of a type of values
  private static final short NAN = 0x7fff;

  @TempDir Path folder;
  private Path file = Path.of("");
  private byte[] bytes = {};

  @BeforeEach
  void copy() throws IOException {
    file = folder.resolve("m.gguf");
    bytes = Files.readAllBytes(WHOLE);
  }

  private static void refused(String part, Executable work) {
    ModelException error = assertThrows(ModelException.class, work);
    assertTrue(String.valueOf(error.getMessage()).contains(part), error.getMessage());
  }

  private void refused(String part) throws IOException {
    Files.write(file, bytes);
    refused(part, () -> Checkpoint.open(file).close());
  }

  private ByteBuffer buffer() {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /// Where the header says where the tensor is: behind its name, its two dimensions and its type.
  private int placeOfPlace() {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    return text.indexOf(TENSOR) + TENSOR.length() + 4 + 2 * 8 + 4;
  }

  @Test
  void tensorsThatOverlap() throws IOException {
    buffer().putLong(placeOfPlace(), 0);
    refused("overlap");
  }

  @Test
  void aTensorOffItsAlignment() throws IOException {
    buffer().putLong(placeOfPlace(), buffer().getLong(placeOfPlace()) + 1);
    refused("the place of the tensor " + TENSOR + ", ");
    buffer().putLong(placeOfPlace(), -32);
    refused("the place of the tensor " + TENSOR + ", -32, is no multiple of 32");
  }

  /// The place behind a key of the header, where the type of its value is.
  private int typeOf(String key) {
    return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(key) + key.length();
  }

  @Test
  void valuesOfAnotherType() throws IOException {
    buffer().putInt(typeOf("tokenizer.ggml.eos_token_id"), FLOAT);
    refused("the GGUF key tokenizer.ggml.eos_token_id is not a whole number");
  }

  @Test
  void listsOfAnotherType() throws IOException {
    buffer().putInt(typeOf("tokenizer.ggml.token_type") + 4, FLOAT);
    Files.write(file, bytes);
    refused(
        "tokenizer.ggml.token_type has a value of another type", () -> Tokenizer.openGguf(file));
  }

  @Test
  void moreLayersThanItSays() throws IOException {
    buffer().putInt(typeOf("qwen3.block_count") + 4, 1);
    refused("qwen3.block_count is 1, and there is blk.1.");
  }

  @Test
  void aFileThatEndsWithinItsTexts() throws IOException {
    bytes = Arrays.copyOf(bytes, 300);
    refused("is truncated: its header is not whole");
  }

  @Test
  void textsThatNoHeaderHas() throws IOException {
    buffer().putLong(24, -1); // the length of the first key
    refused("it has a text of 18446744073709551615 bytes");
  }

  @Test
  void aScaleThatIsNoNumber() throws IOException {
    long data = Gguf.read(WHOLE).data();
    buffer().putShort((int) (data + buffer().getLong(placeOfPlace())), NAN);
    Files.write(file, bytes);
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      Weight weight = checkpoint.find(TENSOR).orElseThrow();
      refused("a scale is not finite", () -> new VectorKernels(1).load(weight));
    }
  }
}
