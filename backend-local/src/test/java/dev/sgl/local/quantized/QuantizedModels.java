package dev.sgl.local.quantized;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// Small quantized models. All have the same embeddings, norms and tokenizer; the layer of each has
/// a file of its own.
public final class QuantizedModels {
  private static final Path MODELS =
      Path.of(System.getProperty("sgl.models", "src/test/resources/models"));
  private static final Path QUANTIZED = MODELS.resolveSibling("quantized");
  private static final Path TOKENIZER = MODELS.resolve("qwen3");

  private QuantizedModels() {}

  /// The file with a model's `quantization_config` and the recorded logits.
  public static Path recorded(String name) {
    return QUANTIZED.resolve(name + ".json");
  }

  /// Writes the folder of a model.
  public static void write(String name, Path folder) throws IOException {
    ObjectNode config = (ObjectNode) Json.read(QUANTIZED.resolve("config.json"));
    config.set("quantization_config", Json.read(recorded(name)).path("quantization_config"));
    Files.writeString(folder.resolve("config.json"), config.toString());
    copy(QUANTIZED.resolve("base.safetensors"), folder);
    copy(QUANTIZED.resolve(name + ".safetensors"), folder);
    copy(TOKENIZER.resolve("tokenizer.json"), folder);
    copy(TOKENIZER.resolve("tokenizer_config.json"), folder);
  }

  private static void copy(Path file, Path folder) throws IOException {
    Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
  }
}
