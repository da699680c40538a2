package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.Activation;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import java.util.HashMap;
import java.util.Map;

/// The kernels in `variants.cu`: operations on rows that only some families of models have.
final class Variants {
  private static final int THREADS = 256;
  private static final int COLUMNS = 4 * THREADS; // of a block, where a row has several

  private final Gpu gpu;
  private final Gpu.KernelFile file;
  private final Map<String, Gpu.Kernel> kernels = new HashMap<>(); // those that were needed

  Variants(Gpu gpu, Format format) {
    this.gpu = gpu;
    this.file = file(format);
  }

  static Gpu.KernelFile file(Format format) {
    Map<String, String> activations = new HashMap<>();
    for (Activation activation : Activation.values()) {
      activations.put(activation.name(), Integer.toString(activation.ordinal()));
    }
    return format.file("variants", BatchPlan.defines(activations));
  }

  /// A block for each row.
  private void launch(String name, int rows, Record arguments) {
    launch(name, Grid.of(rows, THREADS), arguments);
  }

  /// Some blocks for each row.
  private void launch(String name, int rows, int columns, Record arguments) {
    int blocks = (columns + COLUMNS - 1) / COLUMNS;
    launch(name, new Grid(rows, blocks, THREADS, 0), arguments);
  }

  private void launch(String name, Grid grid, Record arguments) {
    Gpu.Kernel kernel = kernels.computeIfAbsent(name, named -> gpu.kernel(file, named, 0));
    gpu.launch(kernel, grid.early(), arguments);
  }

  private record Narrow(Memory x, Memory out, int columns) {}

  /// Rows in 16 bits.
  void narrow(int rows, Memory x, Memory out, int columns) {
    launch("narrowRows", rows, new Narrow(x, out, columns));
  }

  private record Scale(Memory batch, Memory x, float factor, int columns) {}

  /// `x *= factor` of the batch's rows, in single precision.
  void scale(int rows, Memory batch, Memory x, float factor, int columns) {
    launch("scaleRows", rows, new Scale(batch, x, factor, columns));
  }

  /// A layer norm; the bias is an address, or 0.
  record LayerNorm(Memory x, Memory weights, long bias, float epsilon, Memory out, int columns) {}

  void layerNorm(int rows, LayerNorm norm) {
    launch("layerNorm", rows, norm);
  }

  private record LayerNormOfSum(Memory x, Memory weights, long bias, float epsilon, int columns) {}

  /// A layer norm of rows in single precision, in their place.
  void layerNormOfSum(int rows, Memory x, Memory weights, long bias, float epsilon, int columns) {
    launch("layerNormOfSum", rows, new LayerNormOfSum(x, weights, bias, epsilon, columns));
  }

  private record AddLearned(
      Memory batch, Memory positions, int first, Memory segments, Memory x, int columns) {}

  /// Adds the rows of tables for positions and segments, in single precision.
  ///
  /// @param first the row of the first position
  void addLearned(
      int rows, Memory batch, Memory positions, int first, Memory segments, Memory x, int columns) {
    launch(
        "addLearned", rows, columns, new AddLearned(batch, positions, first, segments, x, columns));
  }

  private record NarrowSampled(Memory batch, Memory x, Memory out, int columns, int first) {}

  /// Some of the sampled rows in 16 bits.
  ///
  /// @param first of them
  void narrowSampled(int rows, Memory batch, Memory x, Memory out, int columns, int first) {
    launch("narrowSampled", rows, new NarrowSampled(batch, x, out, columns, first));
  }

  private record Sampled(
      Memory batch,
      Memory x,
      Memory weights,
      long bias,
      float epsilon,
      Memory out,
      int columns,
      int first) {}

  /// The norm of some of the sampled rows.
  ///
  /// @param first of them
  void layerNormSampled(int rows, Memory batch, LayerNorm norm, int first) {
    launch(
        "layerNormSampled",
        rows,
        new Sampled(
            batch,
            norm.x(),
            norm.weights(),
            norm.bias(),
            norm.epsilon(),
            norm.out(),
            norm.columns(),
            first));
  }

  /// The root-mean-square norm of rows that is added to others.
  record AddNormed(Memory in, Memory weights, float epsilon, float factor, Memory x, int columns) {}

  /// `x = (x + norm(in)) · factor`.
  void addNormed(int rows, AddNormed operands) {
    launch("addNormed", rows, operands);
  }

  /// Some columns of rows.
  ///
  /// @param stride columns of a row
  record Part(Memory x, int stride, int from, int columns) {}

  private record NormPart(
      Memory x, int stride, int from, int columns, Memory weights, float epsilon) {}

  /// Norms a part of each row, in its place.
  void normPart(int rows, Part part, Memory weights, float epsilon) {
    launch(
        "normPart",
        rows,
        new NormPart(part.x(), part.stride(), part.from(), part.columns(), weights, epsilon));
  }

  private record Gate(Memory gateUp, Memory out, int inner, int activation) {}

  /// `out = activation(gate) · up`.
  void gate(int rows, Memory gateUp, Memory out, int inner, Activation activation) {
    launch("gateBy", rows, inner, new Gate(gateUp, out, inner, activation.ordinal()));
  }

  private record GateByPart(
      Memory out, Memory by, int stride, int first, int columns, int activation) {}

  /// `out = activation(out) · by`, where `by` is in single precision.
  void gateByPart(int rows, Memory out, Part by, Activation activation) {
    launch(
        "gateByPart",
        rows,
        by.columns(),
        new GateByPart(out, by.x(), by.stride(), by.from(), by.columns(), activation.ordinal()));
  }

  private record Activate(Memory x, int columns, int activation) {}

  /// `x = activation(x)`.
  void activate(int rows, Memory x, int columns, Activation activation) {
    launch("activate", rows, columns, new Activate(x, columns, activation.ordinal()));
  }

  private record Cap(Memory x, float cap, int columns) {}

  /// `x = cap · tanh(x / cap)`, in single precision.
  void cap(int rows, Memory x, float cap, int columns) {
    launch("capRows", rows, columns, new Cap(x, cap, columns));
  }

  private record Grow(Memory batch, Memory heads, int stride, int columns, float rate, int span) {}

  /// Multiplies queries as [Rotary.Growth] says.
  ///
  /// @param queries the first columns of each row
  void grow(int rows, Memory batch, Part queries, Rotary.Growth by) {
    launch(
        "growQueries",
        rows,
        new Grow(batch, queries.x(), queries.stride(), queries.columns(), by.rate(), by.span()));
  }
}
