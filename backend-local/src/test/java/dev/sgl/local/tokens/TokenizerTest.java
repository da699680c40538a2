package dev.sgl.local.tokens;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenizerTest {
  private static final Path MODELS = Path.of("src/test/resources/models");
  private static final List<String> TEXTS =
      List.of("the train", " is late", ": fine", "é世", "\nand", "a  b");

  private static String text(Tokenizer tokenizer, int[] ids) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : ids) {
      bytes.writeBytes(tokenizer.vocabulary().bytes(id));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void tokensAreTheBytesOfTheirText() {
    try (Tokenizer tokenizer = Tokenizer.open(MODELS.resolve("llama"), 320)) {
      for (String text : TEXTS) {
        assertEquals(text, text(tokenizer, tokenizer.encode(text)));
        assertArrayEquals(tokenizer.encode(text), tokenizer.encodeContinued(text));
      }
    }
  }

  @Test
  void textThatFollowsOtherTextGetsNoBlank() {
    try (Tokenizer tokenizer = Tokenizer.open(MODELS.resolve("sentencepiece"), 320)) {
      for (String text : TEXTS) {
        assertEquals(" " + text, text(tokenizer, tokenizer.encode(text)));
        assertEquals(text, text(tokenizer, tokenizer.encodeContinued(text)));
      }
    }
  }
}
