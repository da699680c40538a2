package dev.sgl.local.tokens;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.Streams;
import com.google.protobuf.CodedOutputStream;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.weights.ModelException;
import dev.sgl.testing.Property;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Folders with a `tokenizer.model` and no `tokenizer.json`.
class SentencePieceFileTest {
  private static final Path MODEL = Path.of("src/test/resources/models/internlm2");
  private static final int SIZE = 320;
  private static final String FILE = "tokenizer.model";

  @TempDir Path folder;

  @Test
  void theIdsAreThoseOfSentencePiece() {
    try (Tokenizer tokenizer = Tokenizer.open(MODEL, SIZE)) {
      for (JsonNode text : Checkpoint.json(MODEL, "expected.json").path("texts")) {
        int[] ids = Streams.stream(text.path("tokens")).mapToInt(JsonNode::asInt).toArray();
        String of = text.path("text").asText();
        assertArrayEquals(ids, tokenizer.encodeWhole(of), "[" + of + "]");
      }
      // another name of a piece, and one behind all pieces
      assertArrayEquals(new int[] {3, 319}, tokenizer.encode("<|im_end|><|reward|>"));
    }
  }

  @Test
  void aDamagedFileIsRefusedOrRead() throws IOException {
    byte[] whole = Files.readAllBytes(MODEL.resolve(FILE));
    Property.forAll(
        200,
        (random, _) -> {
          byte[] damaged = Arrays.copyOf(whole, random.nextInt(1, whole.length + 1));
          for (int i = random.nextInt(4); i > 0; i--) {
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
          }
          Files.write(folder.resolve(FILE), damaged);
          try {
            Tokenizer.open(folder, SIZE).close();
          } catch (ModelException e) {
            assertTrue(String.valueOf(e.getMessage()).contains("tokenizer"), e.getMessage());
          }
        });
  }

  @Test
  void kindsThatAreNotSupportedAreNamed() throws IOException {
    refused(1, false, "of the kind unigram");
    refused(2, true, "does not keep blanks");
  }

  private void refused(int kind, boolean joinsBlanks, String why) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeByteArray(1, new byte[] {0x0a, 1, 'a'}); // a piece
    out.writeByteArray(2, new byte[] {3 << 3, (byte) kind});
    out.writeByteArray(3, new byte[] {4 << 3, (byte) (joinsBlanks ? 1 : 0)});
    out.flush();
    Files.write(folder.resolve(FILE), bytes.toByteArray());
    ModelException error =
        assertThrows(ModelException.class, () -> Tokenizer.open(folder, SIZE).close());
    assertTrue(String.valueOf(error.getMessage()).contains(why), error.getMessage());
  }
}
