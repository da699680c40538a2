package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.port.Gpu.Operands;
import dev.sgl.local.kernel.gpu.port.Growing;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Coded;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Codes;
import dev.sgl.local.kernel.gpu.products.Products.Target;
import dev.sgl.local.kernel.gpu.products.Products.Tokens;
import java.util.Map;

/// Codes as plain numbers, by the kernels in `widen.cu`: single rows, and slices of a weight for
/// products by the library of the vendor.
final class WidenedProducts {
  private static final int THREADS = 256;
  private static final int WARPS = THREADS / 32;
  private static final int WARP_ROWS = 8;

  private static final int EMBED_THREADS = 32;
  private static final int EMBED_BLOCKS = 8; // of columns, of a block of threads

  /// Most bytes of widened weights at a time. Slices that stay in the cache are slower: their
  /// products are too small.
  private static final long SLICE_BYTES = 256L << 20;

  private final Gpu gpu;
  private final Format format;
  private final Growing<Memory> slice;
  private final LayoutKernels<Kernels> kernels = new LayoutKernels<>(this::compiled);

  private record Kernels(Gpu.Kernel widen, Gpu.Kernel embed) {}

  WidenedProducts(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.format = format;
    slice = Growing.onGpu(gpu, 0);
  }

  static Gpu.KernelFile file(Format format, CodeLayout layout) {
    return format.file("widen", layout.defines(Map.of("WARPS", "" + WARPS)));
  }

  /// Compiles the kernels for a weight.
  void prepare(Coded weight) {
    kernels.of(weight);
  }

  /// Makes room for products with a weight, before work is recorded.
  void makeRoom(Coded weight) {
    slice.atLeast(sliceBytes(weight));
  }

  private static long sliceBytes(Coded weight) {
    return (long) Math.min(sliceRows(weight), weight.rows()) * weight.columns() * Format.BYTES;
  }

  private static int sliceRows(Coded weight) {
    long most = SLICE_BYTES / Format.BYTES / weight.columns() / CodeLayout.BLOCK;
    return (int) Math.max(1, most) * CodeLayout.BLOCK;
  }

  private Kernels compiled(CodeLayout layout) {
    Gpu.KernelFile file = file(format, layout);
    return new Kernels(gpu.kernel(file, "widen", 0), gpu.kernel(file, "embed", 0));
  }

  private record Embed(Tokens tokens, Codes codes, int rows, int columns, Memory x) {}

  /// `x[r] = table[tokens[r]]`.
  void embed(int rows, Tokens tokens, Coded table, Memory x) {
    int across = (table.blocks() + EMBED_BLOCKS - 1) / EMBED_BLOCKS;
    gpu.launch(
        kernels.of(table).embed(),
        new Grid(rows, across, EMBED_THREADS, 0),
        new Embed(tokens, table.codes(), table.rows(), table.columns(), x));
  }

  private record Widen(Codes codes, int rows, int columns, Memory out, int first, int count) {}

  /// `out = x · weightᵀ`, or added to `out`: slice by slice of the outputs.
  void multiply(Memory x, Coded weight, Target out, int rows) {
    int columns = weight.columns();
    int each = sliceRows(weight);
    Memory widened = slice.atLeast(sliceBytes(weight));
    for (int first = 0; first < weight.rows(); first += each) {
      int count = Math.min(each, weight.rows() - first);
      int across = (count + WARP_ROWS * WARPS - 1) / (WARP_ROWS * WARPS);
      gpu.launch(
          kernels.of(weight).widen(),
          new Grid(across, weight.blocks(), THREADS, 0),
          new Widen(weight.codes(), weight.rows(), columns, widened, first, count));
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
