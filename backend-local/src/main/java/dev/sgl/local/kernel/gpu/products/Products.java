package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.port.Gpu.Result;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Coded;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Codes;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Part;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Plain;
import dev.sgl.local.weights.Storage;
import dev.sgl.local.weights.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/// Weights on the GPU, and products of activations with them.
public final class Products {
  private final Gpu gpu;
  private final Format format;
  private final Loader loader;
  private final PlainProducts plain;
  private final CodedProducts coded;

  /// A norm of the rows of a product.
  public record Normed(Memory x, Memory weights, float epsilon) {}

  /// The tokens of a batch.
  ///
  /// @param batch its integers: at `rowsAt` the number of its rows, at `tokensAt` where the tokens
  ///     begin among them; a negative one is the answer to a draw of the batch before
  /// @param picked the answers to those draws
  public record Tokens(Memory batch, int rowsAt, int tokensAt, Memory picked) {}

  /// Where a product goes.
  ///
  /// @param stride numbers from a row to the next
  record Target(Memory memory, int stride, Result result) {
    /// The columns from one on.
    Target from(int column) {
      long bytes = (long) column * (result == Result.WRITTEN ? Format.BYTES : Float.BYTES);
      return new Target(memory.from(bytes), stride, result);
    }
  }

  /// Products in a format.
  ///
  /// @param loader of the weights
  public Products(Gpu gpu, Format format, Loader loader) {
    this.gpu = gpu;
    this.format = format;
    this.loader = loader;
    plain = new PlainProducts(gpu, format);
    coded = new CodedProducts(gpu, format);
  }

  // --- loading

  /// Loads weights of the same number of columns, one below the other. Codes stay codes where there
  /// is a layout for them.
  public Matrix load(List<Weight> weights) {
    List<Part> parts = new ArrayList<>();
    List<Storage> storage = new ArrayList<>();
    for (int first = 0; first < weights.size(); ) {
      Optional<CodeLayout> layout = CodeLayout.of(weights.get(first));
      int end = first + 1;
      while (end < weights.size() && CodeLayout.of(weights.get(end)).equals(layout)) {
        end++;
      }
      List<Weight> alike = weights.subList(first, end);
      Part part = layout.<Part>map(l -> coded(l, alike)).orElseGet(() -> plain(alike));
      parts.add(part);
      alike.forEach(weight -> storage.add(part.storage(weight.rows())));
      first = end;
    }
    int columns = weights.getFirst().columns();
    return new GpuMatrix(List.copyOf(parts), rows(weights), columns, List.copyOf(storage));
  }

  private static int rows(List<Weight> weights) {
    return weights.stream().mapToInt(Weight::rows).sum();
  }

  private Plain plain(List<Weight> weights) {
    int columns = weights.getFirst().columns();
    Memory memory = gpu.allocate((long) rows(weights) * columns * Format.BYTES);
    long at = 0;
    for (Weight weight : weights) {
      at += loader.load(weight, format.type(), memory, at);
    }
    return new Plain(format.type(), memory, rows(weights), columns);
  }

  private Coded coded(CodeLayout layout, List<Weight> weights) {
    int rows = rows(weights);
    int columns = weights.getFirst().columns();
    long tileBytes = layout.tileBytes(columns);
    CodePacker packer = new CodePacker(layout, rows, columns);
    Memory codes = gpu.allocate(rows / CodeLayout.TILE * tileBytes);
    int firstRow = 0;
    for (Weight weight : weights) {
      int begin = firstRow;
      loader.load(
          weight.rows() / CodeLayout.TILE,
          tileBytes,
          (tile, to, at) -> packer.pack(weight, tile, begin, to, at),
          codes,
          begin / CodeLayout.TILE * tileBytes);
      firstRow += weight.rows();
    }
    float factor = packer.factor();
    Memory scales = gpu.allocate((long) packer.count() * packer.scaleBytes());
    loader.load(
        packer.count(),
        packer.scaleBytes(),
        (scale, to, at) -> packer.packScale(scale, factor, to, at),
        scales,
        0);
    Coded weight = new Coded(layout, new Codes(codes, scales, factor), rows, columns);
    coded.prepare(weight);
    return weight;
  }

  // --- operations

  /// Makes room for a batch.
  ///
  /// @return whether memory is elsewhere from now on, so that recorded work is of no use any more
  public boolean makeRoom(int rows) {
    return coded.makeRoom(rows);
  }

  /// `x[r] = table[tokens[r]]`.
  public void embed(int rows, Tokens tokens, Matrix table, Memory x) {
    switch (((GpuMatrix) table).parts().getFirst()) {
      case Plain numbers -> plain.embed(rows, tokens, numbers, x);
      case Coded codes -> coded.embed(rows, tokens, codes, x);
    }
  }

  /// `out = x · weightᵀ`, or added to `out`.
  public void multiply(Memory x, Matrix weight, Memory out, int rows, Result result) {
    forEachPart(
        (GpuMatrix) weight,
        out,
        result,
        (part, target) -> {
          switch (part) {
            case Plain numbers -> plain.multiply(x, numbers, target, rows);
            case Coded codes -> coded.multiply(x, codes, target, rows);
          }
        });
  }

  /// Calls `product` with each part of a weight and the place of its outputs.
  private static void forEachPart(
      GpuMatrix weight, Memory out, Result result, BiConsumer<Part, Target> product) {
    Target all = new Target(out, weight.rows(), result);
    int column = 0;
    for (Part part : weight.parts()) {
      product.accept(part, all.from(column));
      column += part.rows();
    }
  }

  /// `out = norm(x) · weightᵀ`, at once.
  ///
  /// @return whether there is a kernel for this number of rows and columns
  public boolean project(Normed normed, Matrix weight, Memory out, int rows) {
    GpuMatrix matrix = (GpuMatrix) weight;
    if (!matrix.parts().stream().allMatch(part -> hasNormed(part, rows))) {
      return false;
    }
    forEachPart(
        matrix,
        out,
        Result.WRITTEN,
        (part, target) -> {
          switch (part) {
            case Plain numbers -> plain.project(normed, numbers, target);
            case Coded codes -> coded.project(normed, codes, target, rows);
          }
        });
    return true;
  }

  private boolean hasNormed(Part part, int rows) {
    return switch (part) {
      case Plain numbers -> PlainProducts.hasNormed(numbers, rows);
      case Coded codes -> coded.hasNormed(codes, rows);
    };
  }

  /// `out = silu(gate) · up` of few rows, at once.
  ///
  /// @param weight gates, and below them ups
  /// @return whether there is a kernel for this number of rows and columns
  public boolean gated(Normed normed, Matrix weight, Memory out, int rows) {
    GpuMatrix matrix = (GpuMatrix) weight;
    if (matrix.parts().size() > 1 || !hasNormed(matrix.parts().getFirst(), rows)) {
      return false;
    }
    Target target = new Target(out, matrix.rows() / 2, Result.WRITTEN);
    return switch (matrix.parts().getFirst()) {
      case Plain numbers -> {
        plain.gated(normed, numbers, target);
        yield true;
      }
      case Coded codes -> coded.gated(normed, codes, target, rows);
    };
  }

  /// Whether there is a kernel of [#multiplyGated] for a weight and a number of rows.
  public boolean givesGated(Matrix weight, int rows) {
    List<Part> parts = ((GpuMatrix) weight).parts();
    return parts.size() == 1
        && switch (parts.getFirst()) {
          case Plain numbers -> PlainProducts.givesGated(numbers, rows);
          case Coded codes -> coded.givesGated(codes, rows);
        };
  }

  /// `out = silu(gate) · up`, of the two halves of `x · weightᵀ`.
  public void multiplyGated(Memory x, Matrix weight, Memory out, int rows) {
    Target target = new Target(out, weight.rows() / 2, Result.WRITTEN);
    switch (((GpuMatrix) weight).parts().getFirst()) {
      case Plain numbers -> plain.multiplyGated(x, numbers, target, rows);
      case Coded codes -> coded.multiplyGated(x, codes, target, rows);
    }
  }

  /// Whether there is a kernel of [#gateAndAdd] for a weight and a number of rows.
  public boolean takesGates(Matrix weight, int rows) {
    return ((GpuMatrix) weight)
        .parts().stream().allMatch(part -> part instanceof Coded c && coded.isNarrow(c, rows));
  }

  /// Adds `(silu(gate) · up) · weightᵀ` to `out`.
  ///
  /// @param gateUp in each row the gates, and behind them the ups
  public void gateAndAdd(Memory gateUp, Matrix weight, Memory out, int rows) {
    forEachPart(
        (GpuMatrix) weight,
        out,
        Result.ADDED,
        (part, target) -> coded.gateAndMultiply(gateUp, (Coded) part, target, rows));
  }
}
