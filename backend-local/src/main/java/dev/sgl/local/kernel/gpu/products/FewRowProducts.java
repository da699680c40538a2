package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Coded;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Codes;
import dev.sgl.local.kernel.gpu.products.Products.Normed;
import dev.sgl.local.kernel.gpu.products.Products.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The kernels in `quantized.cu`: products of few rows with codes, also behind a norm.
final class FewRowProducts {
  /// Most rows of a product.
  static final int MOST_ROWS = 8;

  private static final int THREADS = 512;
  private static final int WARPS = THREADS / 32;
  private static final int SUMS = MOST_ROWS * 20; // of a warp
  private static final int LEAST_SPLIT = 4;
  private static final int STATIC_SHARED = 1 << 10; // at most, beside that of a launch

  private final Gpu gpu;
  private final Format format;
  private final int mostShared;
  private final LayoutKernels<Kernels> kernels = new LayoutKernels<>(this::compiled);

  /// The kernels of a layout.
  ///
  /// @param plain without a norm, by where the product goes
  private record Kernels(List<Gpu.Kernel> plain, Gpu.Kernel project, Gpu.Kernel gated) {}

  FewRowProducts(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.format = format;
    mostShared = gpu.mostShared() - STATIC_SHARED;
  }

  static Gpu.KernelFile file(Format format, CodeLayout layout) {
    return format.file("quantized", layout.defines(Map.of("THREADS", "" + THREADS)));
  }

  /// Compiles the kernels of a layout.
  void prepare(CodeLayout layout) {
    kernels.of(layout);
  }

  private Kernels compiled(CodeLayout layout) {
    Gpu.KernelFile file = file(format, layout);
    List<Gpu.Kernel> plain = new ArrayList<>();
    for (String name : List.of("write", "add", "logits")) {
      plain.add(gpu.kernel(file, name, mostShared));
    }
    return new Kernels(
        plain, gpu.kernel(file, "project", mostShared), gpu.kernel(file, "gated", mostShared));
  }

  /// Whether there is room for rows of as many numbers as the weight has columns.
  ///
  /// @param sides of which an output is made: 2 if gated
  boolean fits(Coded weight, int rows, int sides) {
    return rows <= MOST_ROWS && new Plan(weight, rows, sides).shared <= mostShared;
  }

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Coded weight, Target out, int rows) {
    Gpu.Kernel kernel = kernels.of(weight).plain().get(out.result().ordinal());
    launch(kernel, new Normed(x, x, 0), weight, out, new Plan(weight, rows, 1));
  }

  /// `out = norm(x) · weightᵀ`.
  void project(Normed normed, Coded weight, Target out, int rows) {
    launch(kernels.of(weight).project(), normed, weight, out, new Plan(weight, rows, 1));
  }

  /// `out = silu(gate) · up`.
  void gated(Normed normed, Coded weight, Target out, int rows) {
    launch(kernels.of(weight).gated(), normed, weight, out, new Plan(weight, rows, 2));
  }

  /// How a product is divided.
  private final class Plan {
    final int rows;
    final int outputs;
    final int split; // warps that share a tile
    final int shared; // bytes

    /// @param sides of which one output is made
    Plan(Coded weight, int rows, int sides) {
      this.rows = rows;
      outputs = weight.rows() / sides;
      split = split(weight.blocks());
      int steps = (weight.blocks() + split - 1) / split;
      int padded = steps * split * CodeLayout.BLOCK;
      int sums =
          weight.layout().needsSums(format.isBf16())
              ? steps * split * weight.layout().groups() * MOST_ROWS
              : 0;
      shared = rows * (padded + 8) * Format.BYTES + (2 * sides * WARPS * SUMS + sums) * Float.BYTES;
    }

    /// A divisor if there is one: then no warp waits for others.
    private static int split(int blocks) {
      int most = Math.min(WARPS, blocks);
      for (int split = most; split >= LEAST_SPLIT; split--) {
        if (blocks % split == 0) {
          return split;
        }
      }
      return most;
    }

    Grid grid() {
      int tilesAtOnce = WARPS / split;
      int tiles = (outputs + CodeLayout.TILE - 1) / CodeLayout.TILE;
      int blocks = Math.min((tiles + tilesAtOnce - 1) / tilesAtOnce, gpu.multiprocessors());
      return new Grid(blocks, 1, THREADS, shared).early();
    }
  }

  private record Product(
      Normed normed,
      Codes codes,
      Memory out,
      int rows,
      int columns,
      int weightRows,
      int outputs,
      int stride,
      int split) {}

  private void launch(Gpu.Kernel kernel, Normed normed, Coded weight, Target out, Plan plan) {
    gpu.launch(
        kernel,
        plan.grid(),
        new Product(
            normed,
            weight.codes(),
            out.memory(),
            plan.rows,
            weight.columns(),
            weight.rows(),
            plan.outputs,
            out.stride(),
            plan.split));
  }
}
