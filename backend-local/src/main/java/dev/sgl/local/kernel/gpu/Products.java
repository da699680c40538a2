package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.gpu.Gpu.Grid;
import dev.sgl.local.kernel.gpu.Gpu.Memory;
import dev.sgl.local.kernel.gpu.Gpu.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Products of activations with weights: of few rows by the kernels in `products.cu`, which read
/// each weight once, of others by the library of the vendor.
final class Products {
  /// Most rows of a product that the kernels compute.
  private static final int FEW_ROWS = 4;

  private static final int THREADS = 256;
  private static final int WARPS = THREADS / 32;

  private static final int NORMED_THREADS = 512;
  private static final int NORMED_BLOCKS = 1; // of a multiprocessor
  private static final int MOST_SHARED = 47 << 10;

  private final Gpu gpu;
  private final Format format;
  private final FewRows write;
  private final FewRows add;
  private final FewRows logits;
  private final FewRows project;
  private final FewRows gated;

  /// The kernels of a kind for 1, 2 and 4 rows.
  private record FewRows(List<Gpu.Kernel> kernels) {
    static FewRows of(Gpu gpu, Gpu.KernelFile file, String kind) {
      List<Gpu.Kernel> kernels = new ArrayList<>();
      for (int rows = 1; rows <= FEW_ROWS; rows *= 2) {
        kernels.add(gpu.kernel(file, kind + rows, 0));
      }
      return new FewRows(kernels);
    }

    Gpu.Kernel of(int rows) {
      return kernels.get(Integer.numberOfTrailingZeros(rows));
    }
  }

  Products(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.format = format;
    Gpu.KernelFile file = file(format);
    write = FewRows.of(gpu, file, "write");
    add = FewRows.of(gpu, file, "add");
    logits = FewRows.of(gpu, file, "logits");
    project = FewRows.of(gpu, file, "project");
    gated = FewRows.of(gpu, file, "gated");
  }

  static Gpu.KernelFile file(Format format) {
    return format.file("products", Map.of("NORMED_THREADS", "" + NORMED_THREADS));
  }

  /// A weight on the GPU, `[rows, columns]`.
  record Matrix(Memory memory, int rows, int columns) implements dev.sgl.local.kernel.Matrix {}

  private record Product(Memory x, Memory weight, Memory out, int columns, int outputs) {}

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Matrix weight, Memory out, int rows, Result result) {
    if (!isFew(rows) || weight.columns() % 8 != 0) {
      gpu.multiply(
          x,
          weight.memory(),
          out,
          new Gpu.ProductShape(rows, weight.columns(), weight.rows(), format.isBf16(), result));
      return;
    }
    FewRows kernels =
        switch (result) {
          case WRITTEN -> write;
          case ADDED -> add;
          case WRITTEN_SINGLE -> logits;
        };
    gpu.launch(
        kernels.of(rows),
        Grid.of((weight.rows() + WARPS - 1) / WARPS, THREADS),
        new Product(x, weight.memory(), out, weight.columns(), weight.rows()));
  }

  /// Whether there is a kernel for products of this number of rows.
  private static boolean isFew(int rows) {
    return rows <= FEW_ROWS && Integer.bitCount(rows) == 1;
  }

  /// A norm of the rows of a product.
  record Normed(Memory x, Memory weights, float epsilon) {}

  private record NormedProduct(
      Memory x, Memory norm, float epsilon, Memory weight, Memory out, int columns, int outputs) {}

  /// `out = norm(x) · weightᵀ` of few rows, at once.
  ///
  /// @return whether there is a kernel for this number of rows and columns
  boolean project(Normed normed, Matrix weight, Memory out, int rows) {
    return normed(project, normed, weight, out, rows, weight.rows());
  }

  /// `out = silu(gate) · up` of few rows, at once.
  ///
  /// @param weight gates, and below them ups
  /// @return whether there is a kernel for this number of rows and columns
  boolean gated(Normed normed, Matrix weight, Memory out, int rows) {
    return normed(gated, normed, weight, out, rows, weight.rows() / 2);
  }

  private boolean normed(
      FewRows kernels, Normed normed, Matrix weight, Memory out, int rows, int outputs) {
    int shared = rows * weight.columns() * Format.BYTES;
    if (!isFew(rows) || weight.columns() % 8 != 0 || shared > MOST_SHARED) {
      return false;
    }
    int warps = NORMED_THREADS / 32;
    int blocks = Math.min((outputs + warps - 1) / warps, gpu.multiprocessors() * NORMED_BLOCKS);
    gpu.launch(
        kernels.of(rows),
        new Grid(blocks, 1, NORMED_THREADS, shared),
        new NormedProduct(
            normed.x(),
            normed.weights(),
            normed.epsilon(),
            weight.memory(),
            out,
            weight.columns(),
            outputs));
    return true;
  }
}
