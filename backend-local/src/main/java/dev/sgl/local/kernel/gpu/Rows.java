package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import java.util.Map;

/// The kernels in `rows.cu`: operations on each row by itself.
final class Rows {
  private static final int THREADS = 256;
  private static final int WARPS = THREADS / 32;
  private static final int COPY_THREADS = 128;

  private final Gpu gpu;
  private final Gpu.Kernel rmsNorm;
  private final Gpu.Kernel rmsNormSampled;
  private final Gpu.Kernel addBias;
  private final Gpu.Kernel addBiasToSum;
  private final Gpu.Kernel place;
  private final Gpu.Kernel gate;
  private final Gpu.Kernel copyPage;

  Rows(Gpu gpu, Format format) {
    this.gpu = gpu;
    Gpu.KernelFile file = file(format);
    rmsNorm = gpu.kernel(file, "rmsNorm", 0);
    rmsNormSampled = gpu.kernel(file, "rmsNormSampled", 0);
    addBias = gpu.kernel(file, "addBias", 0);
    addBiasToSum = gpu.kernel(file, "addBiasToSum", 0);
    place = gpu.kernel(file, "place", 0);
    gate = gpu.kernel(file, "gate", 0);
    copyPage = gpu.kernel(file, "copyPage", 0);
  }

  static Gpu.KernelFile file(Format format) {
    return format.file("rows", BatchPlan.defines(Map.of()));
  }

  private record RmsNorm(Memory x, Memory weights, float epsilon, Memory out, int hidden) {}

  void rmsNorm(int rows, Memory x, Memory weights, float epsilon, Memory out, int hidden) {
    gpu.launch(
        rmsNorm, Grid.of(rows, THREADS).early(), new RmsNorm(x, weights, epsilon, out, hidden));
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
        Grid.of(rows, THREADS).early(),
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

  private record Place(
      Memory batch,
      Memory heads,
      Attention.Cells cells,
      Attention.Heads shape,
      int dim,
      int pageSize,
      Attention.Turning turning) {}

  /// Turns queries and keys, and writes keys and values into their pages.
  void place(
      int rows, Memory batch, AttentionShape shape, int pageSize, Attention.Operands operands) {
    gpu.launch(
        place,
        new Grid(rows, (shape.heads() + 2 * shape.kvHeads() + WARPS - 1) / WARPS, THREADS, 0),
        new Place(
            batch,
            operands.heads(),
            operands.cells(),
            Attention.Heads.of(shape),
            shape.headDim(),
            pageSize,
            operands.turning()));
  }

  private record Gate(Memory gateUp, Memory out, int inner) {}

  /// `out = silu(gate) · up`.
  void gate(int rows, Memory gateUp, Memory out, int inner) {
    gpu.launch(
        gate,
        new Grid(rows, (inner / 2 + THREADS - 1) / THREADS, THREADS, 0).early(),
        new Gate(gateUp, out, inner));
  }

  private record CopyPage(
      long pool, long numbers, int from, int to, int tokens, int pageSize, int dim) {}

  /// Copies the first tokens of a page, in neighbouring cells of one shape.
  ///
  /// @param pool where the first of the cells begins
  /// @param count of the cells
  /// @param numbers of the keys of a cell
  void copyPage(
      long pool, int count, long numbers, int from, int to, int tokens, int pageSize, Cell cell) {
    gpu.launch(
        copyPage,
        new Grid(2 * count, cell.kvHeads(), COPY_THREADS, 0),
        new CopyPage(pool, numbers, from, to, tokens, pageSize, cell.headDim()));
  }
}
