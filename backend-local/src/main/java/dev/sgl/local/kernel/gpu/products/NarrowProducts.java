package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.port.Gpu.Operands;
import dev.sgl.local.kernel.gpu.port.Growing;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Coded;
import dev.sgl.local.kernel.gpu.products.Products.Target;
import java.util.Map;

/// Products of many rows with weights in e4m3 by the library of the vendor. The kernels in
/// `e4m3.cu` round the activations to e4m3.
final class NarrowProducts {
  private static final int THREADS = 256;
  private static final int BLOCK_THREADS = 8; // of a block of columns

  private final Gpu gpu;
  private final Format format;
  private final Growing<Memory> numbers;
  private final Growing<Memory> scales;
  private final Gpu.Kernel quantizeRows;
  private final Gpu.Kernel quantizeBlocks;

  NarrowProducts(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.format = format;
    numbers = Growing.onGpu(gpu, 0);
    scales = Growing.onGpu(gpu, 0);
    Gpu.KernelFile file = file(format);
    quantizeRows = gpu.kernel(file, "quantizeRows", 0);
    quantizeBlocks = gpu.kernel(file, "quantizeBlocks", 0);
  }

  /// Whether the library has such products with results in this format.
  static boolean canRunOn(Gpu gpu, Format format) {
    return gpu.isHopper() && format.isBf16();
  }

  static Gpu.KernelFile file(Format format) {
    return format.fileOfOneChip("e4m3", Map.of());
  }

  private record Quantize(Memory x, Gpu.Operand out, int columns) {}

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Coded weight, Target out, int rows) {
    int blocks = weight.blocks();
    boolean inBlocks = weight.layout().group() > 0;
    Gpu.Operand narrow =
        new Gpu.Operand(
            numbers.atLeast((long) rows * blocks * CodeLayout.BLOCK),
            scales.atLeast((long) rows * (inBlocks ? blocks : 1) * Float.BYTES));
    int each = THREADS / BLOCK_THREADS;
    int across = inBlocks ? (blocks + each - 1) / each : 1;
    gpu.launch(
        inBlocks ? quantizeBlocks : quantizeRows,
        new Grid(rows, across, THREADS, 0).early(),
        new Quantize(x, narrow, weight.columns()));
    gpu.multiply(
        narrow,
        new Gpu.Operand(weight.codes().codes(), weight.codes().scales()),
        weight.codes().factor(),
        out.memory(),
        new Gpu.ProductShape(
            rows,
            blocks * CodeLayout.BLOCK,
            weight.rows(),
            out.stride(),
            format.isBf16(),
            inBlocks ? Operands.SCALED_BLOCKS : Operands.SCALED_ROWS,
            out.result()));
  }
}
