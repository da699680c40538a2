package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.port.Gpu.Operands;
import dev.sgl.local.kernel.gpu.port.Growing;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Coded;
import dev.sgl.local.kernel.gpu.products.Products.Normed;
import dev.sgl.local.kernel.gpu.products.Products.Target;
import java.util.Map;
import java.util.Optional;

/// Products of many rows with weights in e4m3 by the library of the vendor. The kernels in
/// `e4m3.cu` round the activations to e4m3.
final class NarrowProducts {
  // numbers of a thread that rounds a row
  private static final int PLAIN = 32;
  private static final int NORMED = 16;

  /// Rows have to be a multiple of it where scales are of blocks.
  private static final int BLOCK_ROWS = 4;

  private final Gpu gpu;
  private final Format format;
  private final Growing<Memory> numbers;
  private final Growing<Memory> scales;
  private final Kernels byRows;
  private final Kernels byBlocks;
  private int mostNumbers; // of a row of activations
  private int mostScales;
  private Optional<Gpu.Operand> room = Optional.empty(); // for activations of 8 bits

  /// Kernels whose scales are of rows, or of blocks of columns.
  ///
  /// @param norm rounds numbers that go through a norm before
  /// @param gate rounds `silu(gate) · up`
  private record Kernels(Gpu.Kernel quantize, Gpu.Kernel norm, Gpu.Kernel gate) {}

  NarrowProducts(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.format = format;
    numbers = Growing.onGpu(gpu, 0);
    scales = Growing.onGpu(gpu, 0);
    byRows = kernels("Rows");
    byBlocks = kernels("Blocks");
  }

  private Kernels kernels(String scales) {
    Gpu.KernelFile file = file(format);
    return new Kernels(
        gpu.kernel(file, "quantize" + scales, 0),
        gpu.kernel(file, "norm" + scales, 0),
        gpu.kernel(file, "gate" + scales, 0));
  }

  /// Whether the library has such products with results in this format.
  static boolean canRunOn(Gpu gpu, Format format) {
    return gpu.isHopper() && format.isBf16();
  }

  static Gpu.KernelFile file(Format format) {
    return format.fileOfOneChip("e4m3", Map.of());
  }

  /// Takes a weight into account for the room that is made.
  void prepare(Coded weight) {
    mostNumbers = Math.max(mostNumbers, weight.blocks() * CodeLayout.BLOCK);
    mostScales = Math.max(mostScales, isInBlocks(weight) ? weight.blocks() : 1);
  }

  /// Makes room for the activations of a batch.
  ///
  /// @return whether they are elsewhere from now on
  boolean makeRoom(int rows) {
    Gpu.Operand made =
        new Gpu.Operand(
            numbers.atLeast((long) rows * mostNumbers),
            scales.atLeast((long) rows * mostScales * Float.BYTES));
    boolean moved = !room.equals(Optional.of(made));
    room = Optional.of(made);
    return moved;
  }

  private record Quantize(Memory x, Gpu.Operand out, int columns) {}

  private record Norm(Normed normed, Gpu.Operand out, int columns) {}

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Coded weight, Target out, int rows) {
    multiply(kernels(weight).quantize(), x, weight, out, rows);
  }

  /// The same for `x = silu(gate) · up`.
  ///
  /// @param gateUp in each row the gates, and behind them the ups
  void gateAndMultiply(Memory gateUp, Coded weight, Target out, int rows) {
    multiply(kernels(weight).gate(), gateUp, weight, out, rows);
  }

  private void multiply(Gpu.Kernel rounding, Memory x, Coded weight, Target out, int rows) {
    gpu.launch(
        rounding,
        Grid.ofRows(rows, weight.columns(), PLAIN).early(),
        new Quantize(x, room(weight, rows), weight.columns()));
    multiply(weight, out, rows);
  }

  /// `out = norm(x) · weightᵀ`.
  void project(Normed normed, Coded weight, Target out, int rows) {
    gpu.launch(
        kernels(weight).norm(),
        Grid.ofRows(rows, weight.columns(), NORMED).early(),
        new Norm(normed, room(weight, rows), weight.columns()));
    multiply(weight, out, rows);
  }

  /// Whether the library takes a number of rows.
  boolean takes(Coded weight, int rows) {
    return !isInBlocks(weight) || rows % BLOCK_ROWS == 0;
  }

  private static boolean isInBlocks(Coded weight) {
    return weight.layout().group() > 0;
  }

  private Kernels kernels(Coded weight) {
    return isInBlocks(weight) ? byBlocks : byRows;
  }

  /// The room for the rows of a product.
  private Gpu.Operand room(Coded weight, int rows) {
    long needed = (long) rows * weight.blocks() * CodeLayout.BLOCK;
    return room.filter(made -> made.numbers().bytes() >= needed)
        .orElseThrow(() -> new IllegalStateException("no room was made for " + rows + " rows"));
  }

  /// Multiplies the activations that were rounded.
  private void multiply(Coded weight, Target out, int rows) {
    gpu.multiply(
        room(weight, rows),
        new Gpu.Operand(weight.codes().codes(), weight.codes().scales()),
        weight.codes().factor(),
        out.memory(),
        new Gpu.ProductShape(
            rows,
            weight.blocks() * CodeLayout.BLOCK,
            weight.rows(),
            out.stride(),
            format.isBf16(),
            isInBlocks(weight) ? Operands.SCALED_BLOCKS : Operands.SCALED_ROWS,
            out.result()));
  }
}
