package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import java.util.Map;

/// The kernels in `rows.cu`: operations on each row by itself.
final class Rows {
  private static final int THREADS = 256;

  // numbers of a thread
  private static final int NORMED = 16;
  private static final int GATED = 8;

  private final Gpu gpu;
  private final Gpu.Kernel rmsNorm;
  private final Gpu.Kernel rmsNormSampled;
  private final Gpu.Kernel addBias;
  private final Gpu.Kernel addBiasToSum;
  private final Gpu.Kernel gate;

  Rows(Gpu gpu, Format format) {
    this.gpu = gpu;
    Gpu.KernelFile file = file(format);
    rmsNorm = gpu.kernel(file, "rmsNorm", 0);
    rmsNormSampled = gpu.kernel(file, "rmsNormSampled", 0);
    addBias = gpu.kernel(file, "addBias", 0);
    addBiasToSum = gpu.kernel(file, "addBiasToSum", 0);
    gate = gpu.kernel(file, "gate", 0);
  }

  static Gpu.KernelFile file(Format format) {
    return format.file("rows", BatchPlan.defines(Map.of()));
  }

  private record RmsNorm(Memory x, Memory weights, float epsilon, Memory out, int hidden) {}

  void rmsNorm(int rows, Memory x, Memory weights, float epsilon, Memory out, int hidden) {
    gpu.launch(
        rmsNorm,
        Grid.ofRows(rows, hidden, NORMED).early(),
        new RmsNorm(x, weights, epsilon, out, hidden));
  }

  private record RmsNormSampled(
      Memory batch, Memory x, Memory weights, float epsilon, Memory out, int hidden, int first) {}

  /// The norm of some of the sampled rows.
  ///
  /// @param first of them
  void rmsNormSampled(
      int rows,
      Memory batch,
      Memory x,
      Memory weights,
      float epsilon,
      Memory out,
      int hidden,
      int first) {
    gpu.launch(
        rmsNormSampled,
        Grid.ofRows(rows, hidden, NORMED).early(),
        new RmsNormSampled(batch, x, weights, epsilon, out, hidden, first));
  }

  private record AddBias(Memory x, Memory bias, int columns) {}

  void addBias(int rows, Memory x, Memory bias, int columns) {
    gpu.launch(addBias, Grid.of(rows, THREADS), new AddBias(x, bias, columns));
  }

  /// The same, to numbers in single precision.
  void addBiasToSum(int rows, Memory x, Memory bias, int columns) {
    gpu.launch(addBiasToSum, Grid.of(rows, THREADS), new AddBias(x, bias, columns));
  }

  private record Gate(Memory gateUp, Memory out, int inner) {}

  /// `out = silu(gate) · up`.
  void gate(int rows, Memory gateUp, Memory out, int inner) {
    gpu.launch(
        gate,
        new Grid(rows, (inner + GATED * THREADS - 1) / (GATED * THREADS), THREADS, 0).early(),
        new Gate(gateUp, out, inner));
  }
}
