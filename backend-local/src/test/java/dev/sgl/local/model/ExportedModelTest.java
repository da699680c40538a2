package dev.sgl.local.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.export.Export;
import dev.sgl.local.export.ModelCopy;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.weights.Rounding;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Models that this project wrote with quantized weights: their logits are those that
/// `transformers` finds in the same folders, and those of the original, quantized while it is
/// loaded.
class ExportedModelTest {
  private static final Path RECORDED = Path.of("src/test/resources/exported.json");

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"qwen3, INT4", "qwen3, Q8_0", "lfm2, Q8_0", "llama, FP8"})
  void theLogitsOfAFolderAreThoseOfTransformers(String name, Rounding format) throws IOException {
    Path out = folder.resolve("out");
    Export.write(ModelCopy.of(name, folder.resolve("model")), out, format, false, (_, _) -> {});
    JsonNode recorded = Json.read(RECORDED).path(name + "-" + format.word());
    try (Checkpoint checkpoint = Checkpoint.open(out);
        Device device = new HostDevice(new PlainKernels())) {
      Transformer model = Families.open(checkpoint, device, TransformerTest.ROWS);
      float worst = TransformerTest.worst(model, recorded);
      assertTrue(recorded.path("logits").size() > 5 && worst < 1e-3, "they differ by " + worst);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "llama, Q8_0",
    "qwen2, Q4_0",
    "qwen3-yarn, Q4_0",
    "lfm2, Q8_0",
  })
  void theLogitsOfAFileAreThoseOfTheFolderRoundedAtLoad(String name, Rounding by)
      throws IOException {
    Path model = ModelCopy.forGguf(name, folder.resolve("model"));
    Path out = folder.resolve("out.gguf");
    Export.write(model, out, by, false, (_, _) -> {});
    // Llama 3's divisors are in single precision in the file
    requireSame(model, by, out, name.equals("llama") ? 1e-4f : 0);
  }

  /// Fused and reordered tensors, weights less 1, and parts for pictures.
  @ParameterizedTest
  @CsvSource({
    "phi3, Q8_0",
    "phi3, FP8",
    "glm4, Q8_0",
    "glm4, FP8",
    "cohere2, Q8_0",
    "gemma2, Q8_0",
    "gemma3-pictures, Q8_0",
    "gemma4, Q8_0",
    "gemma4-pictures, FP8",
    "ministral3-pictures, FP8"
  })
  void theLogitsOfAFolderAreThoseOfTheFolderRoundedAtLoad(String name, Rounding by)
      throws IOException {
    Path model = ModelCopy.of(name, folder.resolve("model"));
    Path out = folder.resolve("out");
    Export.write(model, out, by, false, (_, _) -> {});
    // the folder keeps the embedding and the head in 16 bits; rows in a wrong order change more
    requireSame(model, by, out, 0.5f);
  }

  /// Compares a model that is rounded as it is loaded with one that was written.
  private static void requireSame(Path model, Rounding by, Path out, float tolerance) {
    int[] tokens = IntStream.range(0, 60).map(i -> 2 + i * 7 % 300).toArray();
    try (Checkpoint original = Checkpoint.open(model);
        Checkpoint written = Checkpoint.open(out);
        Device one = new HostDevice(new PlainKernels());
        Device other = new HostDevice(new PlainKernels())) {
      Transformer wanted =
          Families.open(
              original, OptionalInt.empty(), Optional.of(by), one, TransformerTest.ROWS, _ -> {});
      Transformer found = Families.open(written, other, TransformerTest.ROWS);
      assertArrayEquals(
          TransformerTest.logits(wanted, tokens, tokens.length),
          TransformerTest.logits(found, tokens, tokens.length),
          tolerance);
    }
  }
}
