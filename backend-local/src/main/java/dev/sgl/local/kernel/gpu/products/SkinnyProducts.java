package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Plain;
import dev.sgl.local.kernel.gpu.products.Products.Target;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The kernels in `few.cu`: products of 2 to 8 rows with weights of 16 bits, which a GPU's library
/// calls skinny ones.
final class SkinnyProducts {
  private static final int MOST_ROWS = 8;
  private static final int WARP = 32; // threads
  private static final int MOST_WARPS = 16; // of a block
  private static final int STEP = 32; // columns of a warp at a time
  private static final int DEPTH = 8; // steps of a warp that are on their way
  private static final int TILE_OF_GATED = 8; // outputs of a block

  private final Gpu gpu;
  private final Map<Tile, List<Gpu.Kernel>> plain = new EnumMap<>(Tile.class);
  private final Gpu.Kernel gated;

  /// Outputs of a block: the more, the less often x is read.
  private enum Tile {
    EIGHT(8, MOST_WARPS),
    SIXTEEN(16, MOST_WARPS / 2);

    private final int outputs;
    private final int mostWarps;

    Tile(int outputs, int mostWarps) {
      this.outputs = outputs;
      this.mostWarps = mostWarps;
    }
  }

  SkinnyProducts(Gpu gpu, Format format) {
    this.gpu = gpu;
    Gpu.KernelFile file = file(format);
    for (Tile tile : Tile.values()) {
      List<String> byResult = List.of("write", "add", "logits");
      plain.put(
          tile, byResult.stream().map(name -> gpu.kernel(file, name + tile.outputs, 0)).toList());
    }
    gated = gpu.kernel(file, "gated", 0);
  }

  static Gpu.KernelFile file(Format format) {
    return format.file("few", Map.of("THREADS", "" + MOST_WARPS * WARP));
  }

  /// Whether there are kernels for a number of rows.
  static boolean fits(Plain weight, int rows) {
    return rows <= MOST_ROWS && weight.columns() % 8 == 0;
  }

  private record Product(
      Memory x, Memory weight, Memory out, int rows, int columns, int outputs, int stride) {}

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Plain weight, Target out, int rows) {
    Tile tile = tile(weight.rows());
    Gpu.Kernel kernel = Objects.requireNonNull(plain.get(tile)).get(out.result().ordinal());
    Product product = product(x, weight, out, rows, weight.rows());
    launch(kernel, tile.outputs, tile.mostWarps, product);
  }

  /// The larger tile if nearly all multiprocessors have one.
  private Tile tile(int outputs) {
    boolean isLarge = divideUp(outputs, Tile.SIXTEEN.outputs) >= gpu.multiprocessors() * 3 / 4;
    return isLarge ? Tile.SIXTEEN : Tile.EIGHT;
  }

  /// `out = silu(gate) · up`.
  ///
  /// @param weight gates, and below them ups
  void multiplyGated(Memory x, Plain weight, Target out, int rows) {
    Product product = product(x, weight, out, rows, weight.rows() / 2);
    launch(gated, TILE_OF_GATED, Tile.SIXTEEN.mostWarps, product);
  }

  private static Product product(Memory x, Plain weight, Target out, int rows, int outputs) {
    return new Product(
        x, weight.memory(), out.memory(), rows, weight.columns(), outputs, out.stride());
  }

  private void launch(Gpu.Kernel kernel, int results, int mostWarps, Product product) {
    int warps = Math.min(divideUp(divideUp(product.columns, STEP), DEPTH), mostWarps);
    gpu.launch(kernel, Grid.of(divideUp(product.outputs, results), warps * WARP).early(), product);
  }

  private static int divideUp(int a, int b) {
    return (a + b - 1) / b;
  }
}
