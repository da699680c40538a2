package dev.sgl.local.tokens;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sgl.testing.Suites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The tokenizers of GGUF files against the ids that llama.cpp gives.
class GgufTokenizerTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "deepseek-llm",
        "deepseek-coder",
        "gpt-2",
        "mpt",
        "starcoder",
        "falcon",
        "llama-spm",
        "phi-3",
        "bert-bge"
      })
  void theIdsAreThoseOfTheSuite(String name) throws IOException {
    Path folder = Suites.folder("tokenizers");
    String[] inputs =
        Files.readString(folder.resolve(name + ".gguf.inp")).split("\n__ggml_vocab_test__\n", -1);
    List<String> expected = Files.readAllLines(folder.resolve(name + ".gguf.out"));
    try (Tokenizer tokenizer = Tokenizer.openGguf(folder.resolve(name + ".gguf"))) {
      assertEquals(inputs.length, expected.size() + (expected.size() < inputs.length ? 1 : 0));
      for (int i = 0; i < expected.size(); i++) {
        int[] ids =
            Arrays.stream(expected.get(i).strip().split("\\s+"))
                .filter(id -> !id.isEmpty())
                .mapToInt(Integer::parseInt)
                .toArray();
        assertArrayEquals(ids, tokenizer.encode(inputs[i]), "[" + inputs[i] + "]");
      }
    }
  }

  /// The ids of `[CLS]` and `[SEP]`, and of `hello`, in BERT's published vocabulary.
  @Test
  void wordPieceHasEndsAndWords() {
    try (Tokenizer tokenizer =
        Tokenizer.openGguf(Suites.folder("tokenizers").resolve("bert-bge.gguf"))) {
      assertArrayEquals(new int[] {101, 7592, 102}, tokenizer.encodeWhole("Hello"));
      assertArrayEquals(new int[] {103}, tokenizer.encode("[MASK]"));
      assertEquals(" fu", tokenizer.show(11865));
      assertEquals("hrer", tokenizer.show(17875));
    }
  }

  /// Gemma 4's files have merges where others of SentencePiece have scores, and texts get no blank.
  @Test
  void sentencePieceMayHaveMerges() {
    Path resources = Path.of("src/test/resources");
    try (Tokenizer original = Tokenizer.open(resources.resolve("models/sentencepiece"), 320);
        Tokenizer read = Tokenizer.openGguf(resources.resolve("gguf/gemma4-pictures.bf16.gguf"))) {
      for (String text :
          List.of("the weather is fine", " late train: the\n\nend", "Ünï 天気 🙂", "")) {
        assertArrayEquals(original.encodeContinued(text), read.encode(text), text);
      }
    }
  }
}
