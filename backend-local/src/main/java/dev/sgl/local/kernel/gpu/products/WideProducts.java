package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.products.CodeLayout.Kind;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Coded;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Codes;
import dev.sgl.local.kernel.gpu.products.Products.Target;
import java.util.List;
import java.util.Map;

/// The kernels in `wide.cu`: products of many rows with codes on a Hopper GPU.
final class WideProducts {
  private static final int THREADS = 512;
  private static final int STRIP = 256; // outputs of a block
  private static final int MOST_ROWS = 128; // of a block
  private static final List<Shape> SHAPES =
      List.of(new Shape(16, 6), new Shape(32, 6), new Shape(64, 4), new Shape(MOST_ROWS, 4));

  /// Blocks that may share a strip of outputs. Clusters of 5 and more than 6 found less room.
  private static final List<Integer> CLUSTERS = List.of(6, 4, 3, 2, 1);

  private final Gpu gpu;
  private final Format format;
  private final LayoutKernels<List<Gpu.Kernel>> kernels = // of each shape
      new LayoutKernels<>(this::compiled);

  /// A kernel.
  ///
  /// @param rows that it computes at once
  /// @param stages of shared memory
  private record Shape(int rows, int stages) {
    int shared(Kind kind) {
      int blocks = kind == Kind.INT4 && rows < MOST_ROWS ? 2 : 1; // of columns, of a stage
      int stageBytes = blocks * rows * CodeLayout.BLOCK * Format.BYTES;
      return Math.max(stages * stageBytes, rows * (STRIP + 4) * Float.BYTES);
    }
  }

  WideProducts(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.format = format;
  }

  static Gpu.KernelFile file(Format format, CodeLayout layout) {
    return format.fileOfOneChip("wide", layout.defines(Map.of()));
  }

  /// Whether a GPU has the instructions.
  static boolean canRunOn(Gpu gpu) {
    return gpu.isHopper();
  }

  /// Compiles the kernels of a layout.
  void prepare(CodeLayout layout) {
    kernels.of(layout);
  }

  private List<Gpu.Kernel> compiled(CodeLayout layout) {
    Gpu.KernelFile file = file(format, layout);
    return SHAPES.stream()
        .map(shape -> gpu.kernel(file, "wide" + shape.rows(), shape.shared(layout.kind())))
        .toList();
  }

  private record Product(
      Memory x,
      Codes codes,
      Memory out,
      int mode,
      int rows,
      int columns,
      int outputs,
      int stride) {}

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Coded weight, Target out, int rows) {
    int kind = 0;
    while (kind < SHAPES.size() - 1 && SHAPES.get(kind).rows() < rows) {
      kind++;
    }
    Shape shape = SHAPES.get(kind);
    int blocks = (weight.rows() + STRIP - 1) / STRIP * ((rows + shape.rows() - 1) / shape.rows());
    int most = Math.min(weight.blocks(), Math.max(1, gpu.multiprocessors() / blocks));
    int cluster = CLUSTERS.stream().filter(size -> size <= most).findFirst().orElseThrow();
    gpu.launch(
        kernels.of(weight).get(kind),
        new Grid(blocks, cluster, THREADS, shape.shared(weight.layout().kind()), true, true),
        new Product(
            x,
            weight.codes(),
            out.memory(),
            out.result().ordinal(),
            rows,
            weight.columns(),
            weight.rows(),
            out.stride()));
  }
}
