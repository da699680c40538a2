package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import java.util.Map;

/// The kernels in `convolution.cu`: gated short convolutions over the tokens of each sequence.
final class Convolution {
  private static final int THREADS = 128;

  private final Gpu gpu;
  private final Gpu.Kernel convolve;
  private final Gpu.Kernel keep;

  Convolution(Gpu gpu, Format format) {
    this.gpu = gpu;
    Gpu.KernelFile file = file(format);
    convolve = gpu.kernel(file, "convolve", 0);
    keep = gpu.kernel(file, "keep", 0);
  }

  static Gpu.KernelFile file(Format format) {
    return format.file("convolution", BatchPlan.defines(Map.of()));
  }

  /// @param parts both gates and the numbers, `[rows, 3, channels]`
  /// @param weights `[channels, taps]`
  /// @param bias its address; 0 for none
  /// @param states their address, `[slot, taps − 1, channels]`
  record Operands(Memory parts, Memory weights, long bias, long states, Memory out) {}

  private record Convolve(
      Memory batch,
      Memory parts,
      Memory weights,
      long bias,
      long states,
      Memory out,
      int channels,
      int taps) {}

  private record Keep(Memory batch, Memory parts, long states, int channels, int taps) {}

  /// Convolves all rows, and then keeps the products of the last rows of each sequence.
  void run(int rows, Memory batch, Operands operands, int channels, int taps) {
    Grid grid = new Grid(rows, (channels + THREADS - 1) / THREADS, THREADS, 0);
    gpu.launch(
        convolve,
        grid,
        new Convolve(
            batch,
            operands.parts(),
            operands.weights(),
            operands.bias(),
            operands.states(),
            operands.out(),
            channels,
            taps));
    gpu.launch(keep, grid, new Keep(batch, operands.parts(), operands.states(), channels, taps));
  }
}
