package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.products.GpuMatrix.Plain;
import dev.sgl.local.kernel.gpu.products.Products.Normed;
import dev.sgl.local.kernel.gpu.products.Products.Target;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The kernels in `gemv.cu`: products of one row with weights of 16 bits, also behind a norm.
final class VectorProducts {
  private static final int THREADS = 512; // of a block, at most
  private static final int WARP = 32;

  private final Gpu gpu;
  private final Format format;
  private final Map<Share, Kernels> kernels = new EnumMap<>(Share.class);

  /// How a block's numbers are divided among its threads: the more columns, the fewer outputs, so
  /// that a thread has few enough for its registers.
  enum Share {
    ONE(1, 8),
    TWO(2, 4),
    FOUR(4, 2),
    EIGHT(8, 2),
    SIXTEEN(16, 1);

    /// Pieces of 8 columns of an output.
    final int pieces;

    /// Rows of the weight that a block reads.
    final int outputs;

    Share(int pieces, int outputs) {
      this.pieces = pieces;
      this.outputs = outputs;
    }

    /// Whether there are registers for the weights of a norm, too.
    boolean hasNorms() {
      return pieces <= 4;
    }

    /// The smallest that serves a number of columns.
    static Optional<Share> of(int columns) {
      if (columns % 8 != 0) {
        return Optional.empty();
      }
      for (Share share : values()) {
        if (share.pieces * THREADS * 8 >= columns) {
          return Optional.of(share);
        }
      }
      return Optional.empty();
    }

    /// Threads of a block: as few whole warps as have all columns.
    int threads(int columns) {
      int all = (columns / 8 + pieces - 1) / pieces;
      return (all + WARP - 1) / WARP * WARP;
    }
  }

  /// The kernels of a share.
  ///
  /// @param plain without a norm, by where the product goes
  /// @param normed `project` and `gated`, if there are registers for them
  private record Kernels(List<Gpu.Kernel> plain, List<Gpu.Kernel> normed) {}

  VectorProducts(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.format = format;
  }

  static Gpu.KernelFile file(Format format, Share share) {
    return format.file(
        "gemv",
        Map.of(
            "THREADS", "" + THREADS,
            "OWN", "" + share.pieces,
            "OUTPUTS", "" + share.outputs,
            "NORMS", share.hasNorms() ? "1" : "0"));
  }

  private Kernels kernels(Share share) {
    return kernels.computeIfAbsent(
        share,
        _ ->
            new Kernels(
                kernels(share, "write", "add", "logits"),
                share.hasNorms() ? kernels(share, "project", "gated") : List.of()));
  }

  private List<Gpu.Kernel> kernels(Share share, String... names) {
    List<Gpu.Kernel> all = new ArrayList<>();
    for (String name : names) {
      all.add(gpu.kernel(file(format, share), name, 0));
    }
    return all;
  }

  /// Whether there are kernels for a weight.
  static boolean fits(Plain weight) {
    return Share.of(weight.columns()).isPresent();
  }

  /// Whether there are kernels of a norm and a product with a weight.
  static boolean fitsNormed(Plain weight) {
    return Share.of(weight.columns()).filter(Share::hasNorms).isPresent();
  }

  /// `out = x · weightᵀ`, or added to `out`.
  void multiply(Memory x, Plain weight, Target out) {
    Share share = Share.of(weight.columns()).orElseThrow();
    Gpu.Kernel kernel = kernels(share).plain().get(out.result().ordinal());
    launch(kernel, share, share.outputs, new Normed(x, x, 0), weight, out, weight.rows());
  }

  /// `out = norm(x) · weightᵀ`.
  void project(Normed normed, Plain weight, Target out) {
    Share share = Share.of(weight.columns()).orElseThrow();
    Gpu.Kernel kernel = kernels(share).normed().getFirst();
    launch(kernel, share, share.outputs, normed, weight, out, weight.rows());
  }

  /// `out = silu(gate) · up`.
  ///
  /// @param weight gates, and below them ups
  void gated(Normed normed, Plain weight, Target out) {
    Share share = Share.of(weight.columns()).orElseThrow();
    Gpu.Kernel kernel = kernels(share).normed().getLast();
    launch(kernel, share, share.outputs / 2, normed, weight, out, weight.rows() / 2);
  }

  private record Product(Normed normed, Memory weight, Memory out, int columns, int outputs) {}

  /// @param results of a block
  private void launch(
      Gpu.Kernel kernel,
      Share share,
      int results,
      Normed normed,
      Plain weight,
      Target out,
      int outputs) {
    int blocks = (outputs + results - 1) / results;
    gpu.launch(
        kernel,
        Grid.of(blocks, share.threads(weight.columns())).early(),
        new Product(normed, weight.memory(), out.memory(), weight.columns(), outputs));
  }
}
