package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Plain;
import dev.sgl.local.kernel.gpu.products.Products.Normed;
import dev.sgl.local.kernel.gpu.products.Products.Target;
import dev.sgl.local.kernel.gpu.products.Products.Tokens;
import java.util.Map;

/// Products with weights of 16 bits: the choice of the kernels by the number of rows. Those of few
/// rows read each weight once; others are computed by the library of the vendor.
final class PlainProducts {
  private static final int EMBED_THREADS = 256;

  private final Gpu gpu;
  private final Format format;
  private final VectorProducts single;
  private final SkinnyProducts few;
  private final Gpu.Kernel embed;

  PlainProducts(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.format = format;
    single = new VectorProducts(gpu, format);
    few = new SkinnyProducts(gpu, format);
    embed = gpu.kernel(embedFile(format), "embed", 0);
  }

  static Gpu.KernelFile embedFile(Format format) {
    return format.file("embed", Map.of());
  }

  private record Embed(Tokens tokens, Memory table, Memory x, int hidden) {}

  /// `x[r] = table[tokens[r]]`.
  void embed(int rows, Tokens tokens, Plain table, Memory x) {
    gpu.launch(
        embed, Grid.of(rows, EMBED_THREADS), new Embed(tokens, table.memory(), x, table.columns()));
  }

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Plain weight, Target out, int rows) {
    if (rows == 1 && VectorProducts.fits(weight)) {
      single.multiply(x, weight, out);
    } else if (SkinnyProducts.fits(weight, rows)) {
      few.multiply(x, weight, out, rows);
    } else {
      multiplyByLibrary(x, weight, out, rows);
    }
  }

  private void multiplyByLibrary(Memory x, Plain weight, Target out, int rows) {
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
  }

  /// Whether there are kernels of a norm and a product for this number of rows.
  static boolean hasNormed(Plain weight, int rows) {
    return rows == 1 && VectorProducts.fitsNormed(weight);
  }

  /// `out = norm(x) · weightᵀ` of one row, at once.
  void project(Normed normed, Plain weight, Target out) {
    single.project(normed, weight, out);
  }

  /// `out = silu(gate) · up` of one row, at once.
  ///
  /// @param weight gates, and below them ups
  void gated(Normed normed, Plain weight, Target out) {
    single.gated(normed, weight, out);
  }

  /// Whether there is a kernel of [#multiplyGated] for a weight and a number of rows.
  static boolean givesGated(Plain weight, int rows) {
    return SkinnyProducts.fits(weight, rows);
  }

  /// `out = silu(gate) · up`, of the two halves of `x · weightᵀ`.
  void multiplyGated(Memory x, Plain weight, Target out, int rows) {
    few.multiplyGated(x, weight, out, rows);
  }
}
