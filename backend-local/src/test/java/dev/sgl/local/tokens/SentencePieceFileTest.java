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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /// They may take blanks with them.
  @Test
  void addedTokensAreFoundAsTheirSettingsSay() throws IOException {
    Files.copy(MODEL.resolve(FILE), folder.resolve(FILE));
    added("319", "{\"content\":\"<x>\",\"lstrip\":true,\"rstrip\":true,\"special\":true}");
    try (Tokenizer tokenizer = Tokenizer.open(folder, SIZE)) {
      assertArrayEquals(tokenizer.encode("a<x>"), tokenizer.encode("a  <x>  "));
    }
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "320, `{\"content\":\"<x>\"}`, added_tokens_decoder.320 is no token of the model's 320",
        "999999999, `{\"content\":\"<x>\"}`, added_tokens_decoder.999999999 is no token",
        "x, `{\"content\":\"<x>\"}`, added_tokens_decoder.x is no token",
        "319, `{\"content\":5}`, added_tokens_decoder.319 is no token",
        "319, `{\"content\":\"a\"}`, has a piece twice",
      })
  void addedTokensThatTheModelDoesNotKnowAreRefused(String id, String token, String why)
      throws IOException {
    Files.copy(MODEL.resolve(FILE), folder.resolve(FILE));
    added(id, token);
    ModelException error =
        assertThrows(ModelException.class, () -> Tokenizer.open(folder, SIZE).close());
    assertTrue(String.valueOf(error.getMessage()).contains(why), error.getMessage());
  }

  @Test
  void aVocabularyLargerThanTheModelIsRefused() throws IOException {
    Files.copy(MODEL.resolve(FILE), folder.resolve(FILE));
    ModelException error =
        assertThrows(ModelException.class, () -> Tokenizer.open(folder, 300).close());
    assertTrue(String.valueOf(error.getMessage()).contains("the model knows 300"));
  }

  private void added(String id, String token) throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"added_tokens_decoder\":{\"%s\":%s}}".formatted(id, token));
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
