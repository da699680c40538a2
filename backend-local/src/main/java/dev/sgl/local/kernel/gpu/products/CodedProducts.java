package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.port.Gpu.Operands;
import dev.sgl.local.kernel.gpu.port.Growing;
import dev.sgl.local.kernel.gpu.products.CodeLayout.Kind;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Coded;
import dev.sgl.local.kernel.gpu.products.Products.Normed;
import dev.sgl.local.kernel.gpu.products.Products.Target;
import dev.sgl.local.kernel.gpu.products.Products.Tokens;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Products with weights that are codes: of few rows by the kernels in `quantized.cu`; of more by
/// those in `wide.cu` on a Hopper GPU; of many by the library of the vendor, with activations in
/// e4m3 too if the codes are, and with widened weights otherwise.
final class CodedProducts {
  // of quantized.cu
  private static final int THREADS = 512;
  private static final int WARPS = THREADS / 32;
  private static final int MOST_FEW = 8;
  private static final int SUMS = MOST_FEW * 20; // of a warp
  private static final int LEAST_SPLIT = 4;
  private static final int STATIC_SHARED = 1 << 10; // at most, beside that of a launch

  // of wide.cu
  private static final int HOPPER = 90;
  private static final int STRIP = 256; // outputs of a block
  private static final int MOST_WIDE = 128; // rows of a block
  private static final List<WideShape> WIDE =
      List.of(
          new WideShape(16, 6),
          new WideShape(32, 6),
          new WideShape(64, 4),
          new WideShape(MOST_WIDE, 4));

  /// Blocks that may share a strip of outputs. Clusters of 5 and more than 6 found less room.
  private static final List<Integer> CLUSTERS = List.of(6, 4, 3, 2, 1);

  /// Rows up to which the kernels for few rows are faster than those in `wide.cu`.
  private static final int FEW_ROWS = 4;

  /// Rows up to which `wide.cu` is faster than the library: measured on an H200.
  private static final int WIDE_ROWS = 256;

  private static final int WIDE_ROWS_E4M3 = 64;

  /// Bytes of widened weights at a time: they stay in the cache.
  private static final long SLICE_BYTES = 32L << 20;

  private static final int SMALL_THREADS = 256;
  private static final int EMBED_THREADS = 32;

  private final Gpu gpu;
  private final Format format;
  private final boolean isHopper;
  private final int mostShared;
  private final Map<CodeLayout, Kernels> kernels = new HashMap<>();
  private final Growing<Memory> slice;
  private final Growing<Memory> narrow; // activations in e4m3
  private final Growing<Memory> narrowScales;
  private Optional<Narrowing> narrowing = Optional.empty();

  /// A kernel of `wide.cu`.
  ///
  /// @param rows that it computes at once
  /// @param stages of shared memory
  private record WideShape(int rows, int stages) {
    int shared(Kind kind) {
      int blocks = kind == Kind.INT4 && rows < MOST_WIDE ? 2 : 1; // of columns, of a stage
      int stageBytes = blocks * rows * CodeLayout.BLOCK * Format.BYTES;
      return Math.max(stages * stageBytes, rows * (STRIP + 4) * Float.BYTES);
    }
  }

  /// The kernels of a layout.
  ///
  /// @param wide in the order of `WIDE`; empty if the GPU has no such instructions
  private record Kernels(
      List<Gpu.Kernel> few,
      Gpu.Kernel project,
      Gpu.Kernel gated,
      List<Gpu.Kernel> wide,
      Gpu.Kernel widen,
      Gpu.Kernel embed) {}

  private record Narrowing(Gpu.Kernel rows, Gpu.Kernel blocks) {}

  CodedProducts(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.format = format;
    isHopper = gpu.capability() == HOPPER;
    mostShared = gpu.mostShared() - STATIC_SHARED;
    slice = Growing.onGpu(gpu, SLICE_BYTES);
    narrow = Growing.onGpu(gpu, 0);
    narrowScales = Growing.onGpu(gpu, 0);
  }

  static Gpu.KernelFile file(Format format, CodeLayout layout) {
    return format.file("quantized", layout.defines(Map.of("THREADS", "" + THREADS)));
  }

  static Gpu.KernelFile wideFile(Format format, CodeLayout layout) {
    return format.fileOfOneChip("wide", layout.defines(Map.of()));
  }

  static Gpu.KernelFile widenFile(Format format, CodeLayout layout) {
    return format.file("widen", layout.defines(Map.of("WARPS", "" + SMALL_THREADS / 32)));
  }

  static Gpu.KernelFile narrowingFile(Format format) {
    return format.fileOfOneChip("e4m3", Map.of());
  }

  /// Compiles the kernels for a matrix.
  void prepare(Coded weight) {
    of(weight);
    if (isHopper && weight.layout().kind() == Kind.E4M3 && narrowing.isEmpty()) {
      Gpu.KernelFile file = narrowingFile(format);
      narrowing =
          Optional.of(
              new Narrowing(
                  gpu.kernel(file, "quantizeRows", 0), gpu.kernel(file, "quantizeBlocks", 0)));
    }
  }

  private Kernels kernels(CodeLayout layout) {
    Gpu.KernelFile file = file(format, layout);
    List<Gpu.Kernel> few = new ArrayList<>();
    for (String name : List.of("write", "add", "logits")) {
      few.add(gpu.kernel(file, name, mostShared));
    }
    List<Gpu.Kernel> wide = new ArrayList<>();
    if (isHopper) {
      for (WideShape shape : WIDE) {
        wide.add(
            gpu.kernel(
                wideFile(format, layout), "wide" + shape.rows(), shape.shared(layout.kind())));
      }
    }
    Gpu.KernelFile widen = widenFile(format, layout);
    return new Kernels(
        few,
        gpu.kernel(file, "project", mostShared),
        gpu.kernel(file, "gated", mostShared),
        wide,
        gpu.kernel(widen, "widen", 0),
        gpu.kernel(widen, "embed", 0));
  }

  private Kernels of(Coded weight) {
    return kernels.computeIfAbsent(weight.layout(), this::kernels);
  }

  private record Embed(
      Tokens tokens, Memory codes, Memory scales, float factor, int rows, int columns, Memory x) {}

  /// `x[r] = table[tokens[r]]`.
  void embed(int rows, Tokens tokens, Coded table, Memory x) {
    gpu.launch(
        of(table).embed(),
        new Grid(rows, (table.blocks() + 7) / 8, EMBED_THREADS, 0),
        new Embed(
            tokens,
            table.codes(),
            table.scales(),
            table.factor(),
            table.rows(),
            table.columns(),
            x));
  }

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Coded weight, Target out, int rows) {
    Plan plan = new Plan(weight, rows, 1);
    if (rows <= (isHopper ? FEW_ROWS : MOST_FEW) && plan.fits()) {
      Gpu.Kernel kernel = of(weight).few().get(out.result().ordinal());
      few(kernel, new Normed(x, x, 0), weight, out, plan);
    } else if (isHopper && rows <= mostWide(weight)) {
      wide(x, weight, out, rows);
    } else if (isHopper && weight.layout().kind() == Kind.E4M3) {
      multiplyNarrow(x, weight, out, rows);
    } else {
      multiplyWidened(x, weight, out, rows);
    }
  }

  private static int mostWide(Coded weight) {
    return weight.layout().kind() == Kind.E4M3 ? WIDE_ROWS_E4M3 : WIDE_ROWS;
  }

  // --- few rows

  /// How a product of few rows is divided.
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
              ? steps * split * weight.layout().groups() * MOST_FEW
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

    boolean fits() {
      return rows <= MOST_FEW && shared <= mostShared;
    }

    Grid grid() {
      int tilesAtOnce = WARPS / split;
      int tiles = (outputs + CodeLayout.TILE - 1) / CodeLayout.TILE;
      int blocks = Math.min((tiles + tilesAtOnce - 1) / tilesAtOnce, gpu.multiprocessors());
      return new Grid(blocks, 1, THREADS, shared).early();
    }
  }

  private record Few(
      Normed normed,
      Memory codes,
      Memory scales,
      float factor,
      Memory out,
      int rows,
      int columns,
      int weightRows,
      int outputs,
      int stride,
      int split) {}

  private void few(Gpu.Kernel kernel, Normed normed, Coded weight, Target out, Plan plan) {
    gpu.launch(
        kernel,
        plan.grid(),
        new Few(
            normed,
            weight.codes(),
            weight.scales(),
            weight.factor(),
            out.memory(),
            plan.rows,
            weight.columns(),
            weight.rows(),
            plan.outputs,
            out.stride(),
            plan.split));
  }

  /// Whether there are kernels of a norm and a product for this number of rows.
  boolean hasNormed(Coded weight, int rows) {
    return rows <= FEW_ROWS && new Plan(weight, rows, 2).fits();
  }

  /// `out = norm(x) · weightᵀ` of few rows, at once.
  void project(Normed normed, Coded weight, Target out, int rows) {
    few(of(weight).project(), normed, weight, out, new Plan(weight, rows, 1));
  }

  /// `out = silu(gate) · up` of few rows, at once.
  ///
  /// @return whether gates and ups are whole tiles
  boolean gated(Normed normed, Coded weight, Target out, int rows) {
    if (weight.rows() / 2 % CodeLayout.TILE != 0) {
      return false;
    }
    few(of(weight).gated(), normed, weight, out, new Plan(weight, rows, 2));
    return true;
  }

  // --- more rows

  private record Wide(
      Memory x,
      Memory codes,
      Memory scales,
      float factor,
      Memory out,
      int mode,
      int rows,
      int columns,
      int outputs,
      int stride) {}

  private void wide(Memory x, Coded weight, Target out, int rows) {
    int kind = 0;
    while (kind < WIDE.size() - 1 && WIDE.get(kind).rows() < rows) {
      kind++;
    }
    WideShape shape = WIDE.get(kind);
    int blocks = (weight.rows() + STRIP - 1) / STRIP * ((rows + shape.rows() - 1) / shape.rows());
    int most = Math.min(weight.blocks(), Math.max(1, gpu.multiprocessors() / blocks));
    int cluster = CLUSTERS.stream().filter(size -> size <= most).findFirst().orElseThrow();
    gpu.launch(
        of(weight).wide().get(kind),
        new Grid(blocks, cluster, THREADS, shape.shared(weight.layout().kind()), true, true),
        new Wide(
            x,
            weight.codes(),
            weight.scales(),
            weight.factor(),
            out.memory(),
            out.result().ordinal(),
            rows,
            weight.columns(),
            weight.rows(),
            out.stride()));
  }

  // --- many rows

  private record Quantize(Memory x, Memory out, Memory scales, int columns) {}

  /// With activations in e4m3.
  private void multiplyNarrow(Memory x, Coded weight, Target out, int rows) {
    int blocks = weight.blocks();
    boolean inBlocks = weight.layout().group() > 0;
    Memory numbers = narrow.atLeast((long) rows * blocks * CodeLayout.BLOCK);
    Memory scales = narrowScales.atLeast((long) rows * (inBlocks ? blocks : 1) * Float.BYTES);
    Quantize arguments = new Quantize(x, numbers, scales, weight.columns());
    if (inBlocks) {
      int each = SMALL_THREADS / 8;
      Grid grid = new Grid(rows, (blocks + each - 1) / each, SMALL_THREADS, 0);
      gpu.launch(narrowing.orElseThrow().blocks(), grid.early(), arguments);
    } else {
      Grid grid = Grid.of(rows, SMALL_THREADS);
      gpu.launch(narrowing.orElseThrow().rows(), grid.early(), arguments);
    }
    gpu.multiply(
        new Gpu.Operand(numbers, scales),
        new Gpu.Operand(weight.codes(), weight.scales()),
        weight.factor(),
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

  private record Widen(
      Memory codes,
      Memory scales,
      float factor,
      int rows,
      int columns,
      Memory out,
      int first,
      int count) {}

  /// Slice by slice of the outputs.
  private void multiplyWidened(Memory x, Coded weight, Target out, int rows) {
    int columns = weight.columns();
    int most = (int) Math.max(1, SLICE_BYTES / Format.BYTES / columns / CodeLayout.BLOCK);
    int each = most * CodeLayout.BLOCK;
    Memory widened = slice.atLeast((long) Math.min(each, weight.rows()) * columns * Format.BYTES);
    int rowsOfABlock = 8 * (SMALL_THREADS / 32);
    for (int first = 0; first < weight.rows(); first += each) {
      int count = Math.min(each, weight.rows() - first);
      gpu.launch(
          of(weight).widen(),
          new Grid((count + rowsOfABlock - 1) / rowsOfABlock, weight.blocks(), SMALL_THREADS, 0),
          new Widen(
              weight.codes(),
              weight.scales(),
              weight.factor(),
              weight.rows(),
              columns,
              widened,
              first,
              count));
      gpu.multiply(
          Gpu.Operand.plain(x),
          Gpu.Operand.plain(widened),
          1,
          out.from(first).memory(),
          new Gpu.ProductShape(
              rows, columns, count, out.stride(), format.isBf16(), Operands.PLAIN, out.result()));
    }
  }
}
