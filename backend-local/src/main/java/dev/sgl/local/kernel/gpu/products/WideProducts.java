package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Boxes;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.port.Gpu.Result;
import dev.sgl.local.kernel.gpu.products.CodeLayout.Kind;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Coded;
import dev.sgl.local.kernel.gpu.products.Products.Target;
import java.util.List;
import java.util.Map;

/// The kernels in `wide.cu`: products of many rows with codes on a Hopper GPU.
final class WideProducts {
  private static final int MULTIPLYING = 512; // threads
  private static final int THREADS = MULTIPLYING + 128; // with those that fetch
  private static final int STRIP = MULTIPLYING / 128 * 64; // rows of a weight
  private static final int GATED = Result.values().length; // a mode behind those of results
  private static final int HALF = 64; // columns of a block that are copied at once
  private static final int TILE_ELEMENTS = 256; // of a box of integers: more are not allowed
  private static final int MOST_STAGES = 8;
  private static final int ALIGNMENT = 1024; // of swizzled rows
  private static final int BARRIERS = 1024; // bytes that they have room in

  /// Rows of a block, one of which a kernel is compiled for.
  private static final List<Integer> SHAPES = List.of(16, 32, 64, 128);

  /// Blocks that may share a strip. Clusters of 5 and more than 6 found less room.
  private static final List<Integer> CLUSTERS = List.of(6, 4, 3, 2, 1);

  /// Blocks of columns for each block of threads of a cluster: putting sums together takes as long
  /// as some of them.
  private static final int LEAST_BLOCKS = 8;

  private final Gpu gpu;
  private final Format format;
  private final LayoutKernels<List<Shape>> shapes = new LayoutKernels<>(this::compiled);

  /// A kernel.
  ///
  /// @param rows that it computes at once
  /// @param stages of shared memory
  /// @param shared bytes
  private record Shape(Gpu.Kernel kernel, int rows, int stages, int shared) {}

  WideProducts(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.format = format;
  }

  static Gpu.KernelFile file(Format format, CodeLayout layout) {
    return format.fileOfOneChip(
        "wide",
        layout.defines(
            Map.of(
                "MULTIPLYING", "" + MULTIPLYING,
                "TILE_ELEMENTS", "" + TILE_ELEMENTS,
                "MOST_STAGES", "" + MOST_STAGES,
                "MOST_SHARING", "" + CLUSTERS.getFirst(),
                "GATED", "" + GATED)));
  }

  /// Whether a GPU has the instructions.
  static boolean canRunOn(Gpu gpu) {
    return gpu.isHopper();
  }

  /// Compiles the kernels of a layout.
  void prepare(CodeLayout layout) {
    shapes.of(layout);
  }

  private List<Shape> compiled(CodeLayout layout) {
    return SHAPES.stream().map(rows -> shape(layout, rows)).toList();
  }

  private Shape shape(CodeLayout layout, int rows) {
    int scales = layout.kind() == Kind.E4M3 ? 0 : STRIP * layout.scales() * Short.BYTES;
    int x = rows * CodeLayout.BLOCK * Format.BYTES;
    int stage = align(STRIP * layout.kind().rowBytes() + x + scales);
    int stages = Math.min(MOST_STAGES, (gpu.mostShared() - BARRIERS - ALIGNMENT) / stage);
    int sums = rows * (STRIP + 4) * Float.BYTES;
    int shared = Math.max(stages * stage, sums) + ALIGNMENT;
    return new Shape(gpu.kernel(file(format, layout), "wide" + rows, shared), rows, stages, shared);
  }

  private static int align(int bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private record Product(
      Boxes codes,
      Boxes x,
      Memory scales,
      float factor,
      Memory out,
      int mode,
      int rows,
      int columns,
      int weightRows,
      int outputs,
      int stride,
      int stages) {}

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Coded weight, Target out, int rows) {
    int strips = (weight.rows() + STRIP - 1) / STRIP;
    launch(x, weight, weight.rows(), strips, out, out.result().ordinal(), rows);
  }

  /// `out = silu(gate) · up`, of the two halves of `x · weightᵀ`.
  void multiplyGated(Memory x, Coded weight, Target out, int rows) {
    int outputs = weight.rows() / 2;
    int strips = (outputs + STRIP / 2 - 1) / (STRIP / 2);
    launch(x, weight, outputs, strips, out, GATED, rows);
  }

  private void launch(
      Memory x, Coded weight, int outputs, int strips, Target out, int mode, int rows) {
    List<Shape> all = shapes.of(weight);
    Shape shape = all.stream().filter(s -> s.rows() >= rows).findFirst().orElseGet(all::getLast);
    int blocks = strips * ((rows + shape.rows() - 1) / shape.rows());
    gpu.launch(
        shape.kernel(),
        new Grid(blocks, cluster(weight, blocks), THREADS, shape.shared(), true, true),
        new Product(
            boxes(weight),
            new Boxes(x, Format.BYTES, weight.columns(), rows, HALF, shape.rows(), true),
            weight.codes().scales(),
            weight.codes().factor(),
            out.memory(),
            mode,
            rows,
            weight.columns(),
            weight.rows(),
            outputs,
            out.stride(),
            shape.stages()));
  }

  /// Blocks that share a strip: all run at the same time, and each has enough to do.
  private int cluster(Coded weight, int blocks) {
    int most = Math.min(gpu.multiprocessors() / blocks, weight.blocks() / LEAST_BLOCKS);
    return CLUSTERS.stream().filter(size -> size <= most).findFirst().orElse(1);
  }

  /// The codes of a weight, a box for each block of columns of half a strip. A tile of integers is
  /// a row of the box.
  private static Boxes boxes(Coded weight) {
    Memory codes = weight.codes().codes();
    Kind kind = weight.layout().kind();
    if (kind == Kind.E4M3) {
      int columns = weight.blocks() * CodeLayout.BLOCK;
      return new Boxes(codes, 1, columns, weight.rows(), CodeLayout.BLOCK, STRIP / 2, true);
    }
    int elementBytes = CodeLayout.TILE * kind.rowBytes() / TILE_ELEMENTS;
    long columns = (long) weight.blocks() * TILE_ELEMENTS;
    int tiles = weight.rows() / CodeLayout.TILE;
    return new Boxes(
        codes, elementBytes, columns, tiles, TILE_ELEMENTS, STRIP / 2 / CodeLayout.TILE, false);
  }
}
