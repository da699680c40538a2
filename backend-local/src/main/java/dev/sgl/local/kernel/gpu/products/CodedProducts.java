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

  /// Compiles the kernels for a weight, and makes room for its products.
  void prepare(Coded weight) {
    few.prepare(weight.layout());
    wide.ifPresent(kernels -> kernels.prepare(weight.layout()));
    widened.prepare(weight);
    if (isE4m3(weight) && NarrowProducts.canRunOn(gpu, format)) {
      narrow = Optional.of(narrow.orElseGet(() -> new NarrowProducts(gpu, format)));
      narrow.get().prepare(weight);
    } else {
      widened.makeRoom(weight);
    }
  }

  /// Makes room for a batch.
  ///
  /// @return whether memory is elsewhere from now on
  boolean makeRoom(int rows) {
    return narrow.isPresent() && rows > WIDE_ROWS_E4M3 && narrow.get().makeRoom(rows);
  }

  /// `x[r] = table[tokens[r]]`.
  void embed(int rows, Tokens tokens, Coded table, Memory x) {
    widened.embed(rows, tokens, table, x);
  }

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Coded weight, Target out, int rows) {
    int mostFew = wide.isPresent() ? FEW_ROWS : FewRowProducts.MOST_ROWS;
    if (rows <= mostFew && few.fits(weight, rows, 1)) {
      few.multiply(x, weight, out, rows);
    } else if (isWide(weight, rows)) {
      wide.orElseThrow().multiply(x, weight, out, rows);
    } else if (isNarrow(weight, rows)) {
      narrow.orElseThrow().multiply(x, weight, out, rows);
    } else {
      widened.multiply(x, weight, out, rows);
    }
  }

  /// Whether activations are rounded to 8 bits, too.
  boolean isNarrow(Coded weight, int rows) {
    return isE4m3(weight)
        && rows > WIDE_ROWS_E4M3
        && narrow.filter(products -> products.takes(weight, rows)).isPresent();
  }

  /// `out = (silu(gate) · up) · weightᵀ`, or added to `out`, where activations are rounded.
  void gateAndMultiply(Memory gateUp, Coded weight, Target out, int rows) {
    narrow.orElseThrow().gateAndMultiply(gateUp, weight, out, rows);
  }

  private static boolean isE4m3(Coded weight) {
    return weight.layout().kind() == Kind.E4M3;
  }

  private boolean isWide(Coded weight, int rows) {
    return wide.isPresent() && rows <= (isE4m3(weight) ? WIDE_ROWS_E4M3 : WIDE_ROWS);
  }

  /// Whether there is a kernel of a product and a gate for this number of rows.
  boolean givesGated(Coded weight, int rows) {
    return isWide(weight, rows) && weight.rows() / 2 % CodeLayout.TILE == 0;
  }

  /// `out = silu(gate) · up`, of the two halves of `x · weightᵀ`.
  void multiplyGated(Memory x, Coded weight, Target out, int rows) {
    wide.orElseThrow().multiplyGated(x, weight, out, rows);
  }

  /// Whether there are kernels of a norm and a product for this number of rows.
  boolean hasNormed(Coded weight, int rows) {
    return isFewNormed(weight, rows) || isNarrow(weight, rows);
  }

  private boolean isFewNormed(Coded weight, int rows) {
    return rows <= FEW_ROWS && few.fits(weight, rows, 2);
  }

  /// `out = norm(x) · weightᵀ`, at once.
  void project(Normed normed, Coded weight, Target out, int rows) {
    if (isFewNormed(weight, rows)) {
      few.project(normed, weight, out, rows);
    } else {
      narrow.orElseThrow().project(normed, weight, out, rows);
    }
  }

  /// `out = silu(gate) · up` of few rows, at once.
  ///
  /// @return whether rows are few, and gates and ups whole tiles
  boolean gated(Normed normed, Coded weight, Target out, int rows) {
    if (!isFewNormed(weight, rows) || weight.rows() / 2 % CodeLayout.TILE != 0) {
      return false;
    }
    few.gated(normed, weight, out, rows);
    return true;
  }
}
