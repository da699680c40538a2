package dev.sgl.local.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Configurations and files of Gemma 4 beside those of the recorded models.
class Gemma4Test {
  private static final Path RESOURCES = Path.of("src/test/resources");

  /// `transformers` fills the numbers of layers up with zeros where there are ten or more.
  @Test
  void numbersOfLayersMayHaveZerosBeforeThem() {
    ObjectNode config = config();
    ObjectNode layers = (ObjectNode) config.get("per_layer_config");
    JsonNode heads = layers.remove("2");
    layers.set("02", heads);
    assertEquals(32, shape(config, 2).headDim());
    assertEquals(16, shape(config, 0).headDim());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "9, `{\"head_dim\": 32}`, per_layer_config.9 is no layer",
        "x, `{\"head_dim\": 32}`, per_layer_config.x is no layer",
        "0, `{\"sliding_window\": 8}`, per_layer_config.0.sliding_window is not supported",
        "0, `{\"head_dim\": 32}`, per_layer_config.0 has other heads than the layers of its kind",
        "3, `{\"head_dim\": 64}`, per_layer_config.3 has other heads than the layers of its kind",
      })
  void otherLayersAreRefused(String layer, String keys, String why) throws IOException {
    ObjectNode config = config();
    ((ObjectNode) config.get("per_layer_config")).set(layer, new ObjectMapper().readTree(keys));
    ModelException error = assertThrows(ModelException.class, () -> Families.decoder(config));
    assertTrue(String.valueOf(error.getMessage()).contains(why), error.getMessage());
  }

  @Test
  void perLayerEmbeddingsOfFewerTokensAreRefused() {
    ObjectNode config = config().put("vocab_size_per_layer_input", 319);
    ModelException error = assertThrows(ModelException.class, () -> Families.decoder(config));
    assertTrue(String.valueOf(error.getMessage()).contains("is 319, below"), error.getMessage());
  }

  /// Without the divisors, all pairs of large heads would be turned.
  @Test
  void aFileWithoutDivisorsIsRefused(@TempDir Path folder) throws IOException {
    String bytes =
        Files.readString(RESOURCES.resolve("gguf/gemma4.bf16.gguf"), StandardCharsets.ISO_8859_1);
    Path file = folder.resolve("m.gguf");
    Files.writeString(
        file, bytes.replace("rope_freqs.weight", "rope_fr3qs.weight"), StandardCharsets.ISO_8859_1);
    ModelException error = assertThrows(ModelException.class, () -> Checkpoint.open(file).close());
    assertTrue(
        String.valueOf(error.getMessage()).contains("rope_freqs.weight"), error.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "attention.shared_kv_layers, 2, 5, leaves 0 of 5 layers",
    "embedding_length_per_layer_input, 32, 0, 'is 0, and there is per_layer_token_embd.weight'",
  })
  void numbersOfAFileAreCompared(String key, int old, int other, String why, @TempDir Path folder)
      throws IOException {
    String bytes =
        Files.readString(RESOURCES.resolve("gguf/gemma4.bf16.gguf"), StandardCharsets.ISO_8859_1);
    String number = key + "\4\0\0\0%c\0\0\0"; // of 32 bits
    assertTrue(bytes.contains(number.formatted(old)));
    Path file = folder.resolve("m.gguf");
    Files.writeString(
        file,
        bytes.replace(number.formatted(old), number.formatted(other)),
        StandardCharsets.ISO_8859_1);
    ModelException error = assertThrows(ModelException.class, () -> Checkpoint.open(file).close());
    assertEquals("the GGUF key gemma4." + key + " " + why, error.getMessage());
  }

  private static ObjectNode config() {
    return Checkpoint.json(RESOURCES.resolve("models/gemma4"), "config.json").deepCopy();
  }

  private static AttentionShape shape(JsonNode config, int layer) {
    Part part =
        Families.decoder(config).layers().get(layer).residuals().getFirst().parts().getFirst();
    return ((Part.Attention) part).shape();
  }
}
