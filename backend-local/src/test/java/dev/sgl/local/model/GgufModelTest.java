package dev.sgl.local.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Rounding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
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
        "the architecture `gemma` is not supported in GGUF files; supported are gemma2, gemma3, gemma4, lfm2, llama, olmoe, qwen2, qwen3, qwen3moe",
        error.getMessage());
  }

  /// Four bytes each: the heads of keys in the layers of LFM2.
  @ParameterizedTest
  @CsvSource({
    "2, 1, 'is [0, 0, 2, 0, 1], and must be 0 or one other whole number in each layer'",
    "0, 0, 'is [0, 0, 0, 0, 0], and must be 0 or one other whole number in each layer'",
  })
  void layersOfLfm2AreToldByTheirHeads(int third, int fifth, String why, @TempDir Path folder)
      throws IOException {
    String bytes =
        Files.readString(RESOURCES.resolve("gguf/lfm2.bf16.gguf"), StandardCharsets.ISO_8859_1);
    String none = "\0\0\0\0";
    String counts = none + none + "\2\0\0\0" + none + "\2\0\0\0";
    String changed = none + none + (char) third + "\0\0\0" + none + (char) fifth + "\0\0\0";
    Path file = folder.resolve("m.gguf");
    Files.writeString(file, bytes.replace(counts, changed), StandardCharsets.ISO_8859_1);
    ModelException error = assertThrows(ModelException.class, () -> Checkpoint.open(file).close());
    assertEquals("the GGUF key lfm2.attention.head_count_kv " + why, error.getMessage());
  }

  /// Blocks keep their codes; activations are rounded. The plain kernels compute with the
  /// numbers of the blocks in single precision.
  @Test
  void packedBlocksKeepTheDistribution() {
    Path file = RESOURCES.resolve("gguf/qwen3.q8_0.gguf");
    int[] tokens = IntStream.range(0, 100).map(i -> 2 + i * 7 % 300).toArray();
    try (Checkpoint checkpoint = Checkpoint.open(file);
        HostDevice exact = new HostDevice(new PlainKernels());
        HostDevice packed = new HostDevice(new VectorKernels(2))) {
      Transformer plain = Families.open(checkpoint, exact, TransformerTest.ROWS);
      Transformer fast = Families.open(checkpoint, packed, TransformerTest.ROWS);
      double worst = 0;
      for (int length = 1; length <= tokens.length; length += 9) {
        int[] some = Arrays.copyOf(tokens, length);
        double[] p = logprobs(TransformerTest.logits(plain, some, length));
        double[] q = logprobs(TransformerTest.logits(fast, some, length));
        worst =
            Math.max(
                worst,
                IntStream.range(0, p.length)
                    .mapToDouble(i -> Math.exp(p[i]) * (p[i] - q[i]))
                    .sum());
      }
      assertTrue(worst > 0 && worst < 1e-3, "KL divergence " + worst);
    }
  }

  /// The file was quantized by the package `gguf`: all matrices of the folder.
  @Test
  void aFolderThatIsRoundedAtLoadHasTheLogitsOfTheQuantizedFile() {
    int[] tokens = IntStream.range(0, 40).map(i -> 2 + i * 7 % 300).toArray();
    try (Checkpoint file = Checkpoint.open(RESOURCES.resolve("gguf/qwen3.q8_0.gguf"));
        Checkpoint folder = Checkpoint.open(RESOURCES.resolve("models/qwen3"));
        HostDevice device = new HostDevice(new PlainKernels());
        HostDevice other = new HostDevice(new PlainKernels())) {
      Transformer wanted = Families.open(file, device, TransformerTest.ROWS);
      Transformer found =
          Families.open(
              folder,
              OptionalInt.empty(),
              Optional.of(Rounding.Q8_0),
              other,
              TransformerTest.ROWS,
              _ -> {});
      assertArrayEquals(
          TransformerTest.logits(wanted, tokens, tokens.length),
          TransformerTest.logits(found, tokens, tokens.length));
    }
  }

  @Test
  void aQuantizedFileIsNotRoundedAgain() {
    try (Checkpoint file = Checkpoint.open(RESOURCES.resolve("gguf/qwen3.q8_0.gguf"));
        HostDevice device = new HostDevice(new PlainKernels())) {
      ModelException error =
          assertThrows(
              ModelException.class,
              () ->
                  Families.open(
                      file,
                      OptionalInt.empty(),
                      Optional.of(Rounding.INT4),
                      device,
                      TransformerTest.ROWS,
                      _ -> {}));
      assertTrue(
          String.valueOf(error.getMessage()).startsWith("the model cannot be quantized to int4"));
    }
  }

  static double[] logprobs(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    double all = Math.log(sum);
    return IntStream.range(0, logits.length).mapToDouble(i -> logits[i] - all).toArray();
  }

  @ParameterizedTest
  @CsvSource({
    "gemma3.bf16, gemma3, 2e-3",
    "gemma4.bf16, gemma4, 2e-3",
    "gemma4-pictures.bf16, gemma4-pictures, 2e-3",
    "llama.f32, llama, 2e-3",
    "lfm2.bf16, lfm2, 2e-3",
    "qwen2.bf16, qwen2, 2e-3",
    "mixtral.bf16, mixtral, 2e-3",
    "olmoe.bf16, olmoe, 2e-3",
    "qwen3-moe.f16, qwen3-moe, 2e-3",
    "qwen3.f16, qwen3, 2e-3"
  })
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
