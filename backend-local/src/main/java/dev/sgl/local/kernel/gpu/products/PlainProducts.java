package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Plain;
import dev.sgl.local.kernel.gpu.products.Products.Normed;
import dev.sgl.local.kernel.gpu.products.Products.Target;
import dev.sgl.local.kernel.gpu.products.Products.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Products with weights of 16 bits: of few rows by the kernels in `products.cu`, which read each
/// weight once, of others by the library of the vendor.
final class PlainProducts {
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
  private final Gpu.Kernel embed;

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

  PlainProducts(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.format = format;
    Gpu.KernelFile file = file(format);
    write = FewRows.of(gpu, file, "write");
    add = FewRows.of(gpu, file, "add");
    logits = FewRows.of(gpu, file, "logits");
    project = FewRows.of(gpu, file, "project");
    gated = FewRows.of(gpu, file, "gated");
    embed = gpu.kernel(file, "embed", 0);
  }

  static Gpu.KernelFile file(Format format) {
    return format.file("products", Map.of("NORMED_THREADS", "" + NORMED_THREADS));
  }

  private record Embed(Tokens tokens, Memory table, Memory x, int hidden) {}

  /// `x[r] = table[tokens[r]]`.
  void embed(int rows, Tokens tokens, Plain table, Memory x) {
    gpu.launch(
        embed, Grid.of(rows, THREADS), new Embed(tokens, table.memory(), x, table.columns()));
  }

  private record Product(
      Memory x, Memory weight, Memory out, int columns, int outputs, int stride) {}

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Plain weight, Target out, int rows) {
    if (!isFew(rows) || weight.columns() % 8 != 0) {
      gpu.multiply(
          Gpu.Operand.plain(x),
          Gpu.Operand.plain(weight.memory()),
          1,
          out.memory(),
          new Gpu.ProductShape(
              rows,
              weight.columns(),
              weight.rows(),
              out.stride(),
              format.isBf16(),
              Gpu.Operands.PLAIN,
              out.result()));
      return;
    }
    FewRows kernels =
        switch (out.result()) {
          case WRITTEN -> write;
          case ADDED -> add;
          case WRITTEN_SINGLE -> logits;
        };
    gpu.launch(
        kernels.of(rows),
        Grid.of((weight.rows() + WARPS - 1) / WARPS, THREADS),
        new Product(
            x, weight.memory(), out.memory(), weight.columns(), weight.rows(), out.stride()));
  }

  /// Whether there is a kernel for products of this number of rows.
  private static boolean isFew(int rows) {
    return rows <= FEW_ROWS && Integer.bitCount(rows) == 1;
  }

  private record NormedProduct(
      Normed normed, Memory weight, Memory out, int columns, int outputs, int stride) {}

  /// `out = norm(x) · weightᵀ` of few rows, at once.
  void project(Normed normed, Plain weight, Target out, int rows) {
    normed(project, normed, weight, out, rows, weight.rows());
  }

  /// `out = silu(gate) · up` of few rows, at once.
  ///
  /// @param weight gates, and below them ups
  void gated(Normed normed, Plain weight, Target out, int rows) {
    normed(gated, normed, weight, out, rows, weight.rows() / 2);
  }

  /// Whether there are kernels of a norm and a product for this number of rows.
  boolean hasNormed(Plain weight, int rows) {
    return isFew(rows) && weight.columns() % 8 == 0 && shared(weight, rows) <= MOST_SHARED;
  }

  private static int shared(Plain weight, int rows) {
    return rows * weight.columns() * Format.BYTES;
  }

  private void normed(
      FewRows kernels, Normed normed, Plain weight, Target out, int rows, int outputs) {
    int warps = NORMED_THREADS / 32;
    int blocks = Math.min((outputs + warps - 1) / warps, gpu.multiprocessors() * NORMED_BLOCKS);
    gpu.launch(
        kernels.of(rows),
        new Grid(blocks, 1, NORMED_THREADS, shared(weight, rows)),
        new NormedProduct(
            normed, weight.memory(), out.memory(), weight.columns(), outputs, out.stride()));
  }
}
