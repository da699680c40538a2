package dev.sgl.local.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.kernel.host.Kernels;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.quantized.QuantizedModels;
import dev.sgl.local.weights.Rounding;
import dev.sgl.local.weights.StoredWeights;
import dev.sgl.local.weights.StoredWeights.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The report of a loaded model's weights: their formats in the files, and on the device.
class StoredWeightsTest {
  private static final Path RESOURCES = Path.of("src/test/resources");

  private static StoredWeights stored(Path model, Optional<Rounding> rounding, Kernels kernels) {
    try (Checkpoint checkpoint = Checkpoint.open(model);
        Device device = new HostDevice(kernels)) {
      return Families.open(
              checkpoint, OptionalInt.empty(), rounding, device, TransformerTest.ROWS, _ -> {})
          .stored();
    }
  }

  private static StoredWeights packed(Path model) {
    return stored(model, Optional.empty(), new VectorKernels(1));
  }

  private static List<String> formats(StoredWeights weights) {
    return weights.kinds().stream()
        .map(kind -> kind.format() + " as " + kind.storage().form() + " × " + kind.matrices())
        .toList();
  }

  @Test
  void plainWeightsStayPlain() {
    assertEquals(List.of("BF16 as bf16 × 22"), formats(packed(RESOURCES.resolve("models/qwen3"))));
  }

  /// Three of eight experts, each of 3 matrices of 48 × 64 numbers, in three layers.
  @Test
  void expertsThatAreNotChosenAreIdle() {
    Path model = RESOURCES.resolve("models/qwen3-moe");
    StoredWeights weights = stored(model, Optional.empty(), new PlainKernels());
    long numbers = 3 * 5 * 3 * 48 * 64;
    long bytesEach = weights.bytes() > 0 ? Float.BYTES : Short.BYTES;
    assertEquals(numbers * bytesEach, weights.idleBytes());
    assertTrue(weights.lines().get(1).startsWith("experts: a token is computed with"));
    assertEquals(0, packed(RESOURCES.resolve("models/qwen3")).idleBytes());
  }

  @Test
  void blocksKeepTheirCodes() {
    StoredWeights weights = packed(RESOURCES.resolve("gguf/qwen3.q8_0.gguf"));
    assertEquals(List.of("Q8_0 as 8 bits × 22"), formats(weights));
    assertEquals(List.of(), weights.kinds().stream().filter(Kind::isWidened).toList());
    assertTrue(weights.bytes() >= weights.fileBytes(), weights.toString());
    assertTrue(weights.bytes() < 1.5 * weights.fileBytes(), weights.toString());
  }

  @Test
  void roundedWeightsNameBothFormats() {
    StoredWeights weights =
        stored(RESOURCES.resolve("models/qwen3"), Optional.of(Rounding.Q4_0), new VectorKernels(1));
    assertEquals(
        List.of("Q8_0 rounded from BF16 as 8 bits × 1", "Q4_0 rounded from BF16 as 4 bits × 21"),
        formats(weights));
    assertTrue(weights.bytes() < weights.fileBytes(), weights.toString());
  }

  @Test
  void weightsThatAreComputedFromTheFileTakeNoMemory() {
    StoredWeights weights =
        stored(RESOURCES.resolve("gguf/qwen3.q8_0.gguf"), Optional.empty(), new PlainKernels());
    assertEquals(0, weights.bytes());
    assertTrue(
        weights.lines().getFirst().endsWith(" kB read from the mapped file; Q8_0 (22 matrices)"),
        weights.lines().toString());
  }

  /// A table of tokens that is not the head, too.
  @Test
  void tablesOfWhichRowsAreReadStayInTheFile() {
    StoredWeights weights = packed(RecordedModels.folder("mistral"));
    assertTrue(
        weights
            .lines()
            .getFirst()
            .endsWith(" in memory, 41.0 kB read from the mapped file; F16 (23 matrices)"),
        weights.lines().getFirst());
  }

  /// Half-precision numbers become single ones, because vectors have no conversion.
  @Test
  void halvesAreWidened() {
    StoredWeights weights = packed(RESOURCES.resolve("gguf/qwen3.f16.gguf"));
    assertEquals(List.of("F16 as f32 × 22"), formats(weights));
    assertTrue(weights.kinds().getFirst().isWidened());
  }

  @Test
  void quantizedFoldersNameTheirFormat(@TempDir Path folder) throws IOException {
    QuantizedModels.write("awq", folder);
    assertEquals(List.of("BF16 as bf16 × 1", "AWQ 4 bit as 4 bits × 7"), formats(packed(folder)));
  }

  /// GPTQ with columns in groups of any order has no whole codes for neighbouring columns.
  @Test
  void groupsOfAnyOrderAreWidened(@TempDir Path folder) throws IOException {
    QuantizedModels.write("gptq", folder);
    assertEquals(
        List.of("BF16 as bf16 × 2", "GPTQ 4 bit as bf16 × 5", "GPTQ 8 bit as bf16 × 1"),
        formats(packed(folder)));
  }

  /// The memory that weights take depends on the length of the machine's vectors.
  @Test
  void widenedWeightsAreListed(@TempDir Path folder) throws IOException {
    QuantizedModels.write("fp8", folder);
    assertEquals(
        List.of(
            "weights: # kB in memory; BF16 (1 matrix), FP8 e4m3 (7 matrices)",
            "widened, because no kernel here computes with them as they are: FP8 e4m3 to bf16 (7 matrices, # kB instead of 45.2 kB)"),
        packed(folder).lines().stream()
            .map(line -> line.replaceFirst("[0-9.]+ kB (?=in memory|instead)", "# kB "))
            .toList());
  }
}
