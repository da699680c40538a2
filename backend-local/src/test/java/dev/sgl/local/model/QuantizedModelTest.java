package dev.sgl.local.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.quantized.QuantizedModels;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Quantized model folders against the logits that `transformers` computes in single precision with
/// the same numbers.
class QuantizedModelTest {
  @TempDir Path folder = Path.of("");

  @ParameterizedTest
  @ValueSource(strings = {"fp8", "gptq", "awq", "packed", "mixed", "floats", "mxfp4"})
  void plainKernelsHaveTheLogitsOfTransformers(String name) throws IOException {
    try (Device device = new HostDevice(new PlainKernels())) {
      Difference difference = difference(name, device);
      assertTrue(difference.logits() < 1e-3, "the logits differ by " + difference.logits());
      assertTrue(difference.divergence() < 1e-6, "KL divergence " + difference.divergence());
    }
  }

  /// Weights keep their codes, or are widened to bf16.
  @ParameterizedTest
  @ValueSource(strings = {"fp8", "gptq", "awq", "packed", "mixed", "floats", "mxfp4"})
  void packedWeightsKeepTheDistribution(String name) throws IOException {
    try (Device device = new HostDevice(new VectorKernels(2))) {
      double divergence = difference(name, device).divergence();
      assertTrue(divergence < 1e-3, "KL divergence " + divergence);
    }
  }

  /// @param logits the largest difference of two
  /// @param divergence the largest KL divergence
  private record Difference(double logits, double divergence) {}

  private Difference difference(String name, Device device) throws IOException {
    QuantizedModels.write(name, folder);
    double worst = 0;
    double divergence = 0;
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      Transformer model = Families.open(checkpoint, device, TransformerTest.ROWS);
      for (JsonNode recorded : Json.read(QuantizedModels.recorded(name)).path("logits")) {
        int[] tokens = TransformerTest.ints(recorded.path("tokens"));
        float[] found = TransformerTest.logits(model, tokens, tokens.length);
        float[] wanted = new float[found.length];
        for (int i = 0; i < found.length; i++) {
          wanted[i] = (float) recorded.path("logits").path(i).asDouble();
          worst = Math.max(worst, Math.abs(wanted[i] - found[i]));
        }
        divergence = Math.max(divergence, divergence(wanted, found));
      }
    }
    return new Difference(worst, divergence);
  }

  private static double divergence(float[] wanted, float[] found) {
    double[] p = GgufModelTest.logprobs(wanted);
    double[] q = GgufModelTest.logprobs(found);
    return IntStream.range(0, p.length).mapToDouble(i -> Math.exp(p[i]) * (p[i] - q[i])).sum();
  }
}
