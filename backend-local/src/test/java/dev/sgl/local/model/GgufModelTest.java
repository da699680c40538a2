package dev.sgl.local.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.weights.Checkpoint;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Models in GGUF against the logits of the model folders that they were made of.
class GgufModelTest {
  private static final Path RESOURCES = Path.of("src/test/resources");

  @Test
  void anArchitectureThatIsNotKnownIsNamed(@TempDir Path folder) throws IOException {
    String bytes =
        Files.readString(RESOURCES.resolve("gguf/qwen3.f16.gguf"), StandardCharsets.ISO_8859_1);
    Path file = folder.resolve("m.gguf");
    Files.writeString(file, bytes.replaceFirst("qwen3", "gemma"), StandardCharsets.ISO_8859_1);
    ModelException error = assertThrows(ModelException.class, () -> Checkpoint.open(file).close());
    assertEquals(
        "the architecture `gemma` is not supported in GGUF files; supported are llama, qwen2, qwen3",
        error.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"llama.f32, llama, 2e-3", "qwen2.bf16, qwen2, 2e-3", "qwen3.f16, qwen3, 2e-3"})
  void logitsAreThoseOfTheFolder(String file, String folder, float tolerance) throws IOException {
    JsonNode expected =
        new ObjectMapper()
            .readTree(
                RESOURCES.resolve("models").resolve(folder).resolve("expected.json").toFile());
    try (Checkpoint checkpoint = Checkpoint.open(RESOURCES.resolve("gguf/" + file + ".gguf"));
        HostDevice device = new HostDevice(new VectorKernels(2))) {
      Transformer model = Families.open(checkpoint, device, TransformerTest.ROWS);
      float worst = TransformerTest.worst(model, expected);
      assertTrue(worst <= tolerance, file + ": the logits differ by " + worst);
    }
  }
}
