package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.products.CodeLayout.Kind;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Coded;
import dev.sgl.local.kernel.gpu.products.Products.Normed;
import dev.sgl.local.kernel.gpu.products.Products.Target;
import dev.sgl.local.kernel.gpu.products.Products.Tokens;
import java.util.Optional;

/// Products with weights that are codes: the choice of the kernels by the number of rows and the
/// GPU.
final class CodedProducts {
  /// Rows up to which the kernels for few rows are faster than the wide ones.
  private static final int FEW_ROWS = 4;

  /// Rows up to which the wide kernels are faster than the library: measured on an H200.
  private static final int WIDE_ROWS = 256;

  private static final int WIDE_ROWS_E4M3 = 64;

  private final Gpu gpu;
  private final Format format;
  private final FewRowProducts few;
  private final Optional<WideProducts> wide;
  private final WidenedProducts widened;
  private Optional<NarrowProducts> narrow = Optional.empty();

  CodedProducts(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.format = format;
    few = new FewRowProducts(gpu, format);
    wide =
        WideProducts.canRunOn(gpu) ? Optional.of(new WideProducts(gpu, format)) : Optional.empty();
    widened = new WidenedProducts(gpu, format);
  }

  /// Compiles the kernels for a layout.
  void prepare(CodeLayout layout) {
    few.prepare(layout);
    wide.ifPresent(kernels -> kernels.prepare(layout));
    widened.prepare(layout);
    boolean isNarrow = layout.kind() == Kind.E4M3 && NarrowProducts.canRunOn(gpu, format);
    if (isNarrow && narrow.isEmpty()) {
      narrow = Optional.of(new NarrowProducts(gpu, format));
    }
  }

  /// `x[r] = table[tokens[r]]`.
  void embed(int rows, Tokens tokens, Coded table, Memory x) {
    widened.embed(rows, tokens, table, x);
  }

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Coded weight, Target out, int rows) {
    boolean isE4m3 = weight.layout().kind() == Kind.E4M3;
    int mostFew = wide.isPresent() ? FEW_ROWS : FewRowProducts.MOST_ROWS;
    if (rows <= mostFew && few.fits(weight, rows, 1)) {
      few.multiply(x, weight, out, rows);
    } else if (wide.isPresent() && rows <= (isE4m3 ? WIDE_ROWS_E4M3 : WIDE_ROWS)) {
      wide.get().multiply(x, weight, out, rows);
    } else if (narrow.isPresent() && isE4m3) {
      narrow.get().multiply(x, weight, out, rows);
    } else {
      widened.multiply(x, weight, out, rows);
    }
  }

  /// Whether there are kernels of a norm and a product for this number of rows.
  boolean hasNormed(Coded weight, int rows) {
    return rows <= FEW_ROWS && few.fits(weight, rows, 2);
  }

  /// `out = norm(x) · weightᵀ` of few rows, at once.
  void project(Normed normed, Coded weight, Target out, int rows) {
    few.project(normed, weight, out, rows);
  }

  /// `out = silu(gate) · up` of few rows, at once.
  ///
  /// @return whether gates and ups are whole tiles
  boolean gated(Normed normed, Coded weight, Target out, int rows) {
    if (weight.rows() / 2 % CodeLayout.TILE != 0) {
      return false;
    }
    few.gated(normed, weight, out, rows);
    return true;
  }
}
