package dev.sgl.local.kernel.cpu;

import dev.sgl.local.kernel.Activation;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.host.ErrorFunction;
import dev.sgl.local.kernel.host.HostKvPool;
import dev.sgl.local.kernel.host.Kernels;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.kernel.host.Tensor;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The operations with the Vector API, on a few threads.
///
/// The order of the additions for a row does not depend on other rows of the batch: a row gets the
/// same bits alone, in any batch, and in chunks of any size.
public final class VectorKernels implements Kernels {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;

  /// The factors of the exponent of [Activation#GELU_TANH] as `x / (1 + exp(…))`.
  private static final float GELU_CUBE = 0.044715f;
  private static final float GELU_FACTOR = (float) (-2 * Math.sqrt(2 / Math.PI));

  private static final float ROOT_HALF = (float) Math.sqrt(0.5);
  private static final float[] ERROR_FUNCTION = ErrorFunction.coefficients();

  /// Numbers for which it pays to wake the workers.
  private static final int WORTH_SHARING = 16_384;

  private final PlainKernels plain = new PlainKernels(); // for operations that only copy
  private final Workers workers;
  private final Arena arena = Arena.ofShared();
  private final Linear linear;
  private final Set<Layout> layouts = new HashSet<>(); // of the weights
  private final float[][] scores; // a row of attention scores for each worker

  /// @param threads that work together
  public VectorKernels(int threads) {
    this(threads, ByteProducts.create());
  }

  /// @param bytes products of quantized weights, or nothing
  VectorKernels(int threads, Optional<ByteProducts> bytes) {
    workers = new Workers(threads);
    linear = new Linear(workers, bytes);
    scores = new float[threads][0];
  }

  @Override
  public Matrix load(Weight weight) {
    Packed packed = Packed.of(weight, arena, workers);
    layouts.add(packed.layout());
    return packed;
  }

  /// The table stays in the file: few of its rows are read.
  @Override
  public Matrix loadTable(Weight table) {
    return plain.loadTable(table);
  }

  @Override
  public boolean keepsWeightsInFiles() {
    return false;
  }

  @Override
  public void warmUp() {
    layouts.forEach(layout -> linear.warmUp(layout, arena));
  }

  @Override
  public void embed(Matrix table, int[] tokens, Tensor out) {
    if (!(table instanceof Packed packed)) {
      plain.embed(table, tokens, out);
      return;
    }
    for (int r = 0; r < tokens.length; r++) {
      packed.row(tokens[r], out.values(), r * out.columns());
    }
  }

  @Override
  public void scale(Tensor x, float factor, int rows) {
    plain.scale(x, factor, rows);
  }

  /// Does `piece` for all rows: shared between the workers if there is much to do.
  private void rows(int rows, int columns, Workers.Piece piece) {
    if (rows * columns < WORTH_SHARING) {
      for (int row = 0; row < rows; row++) {
        piece.run(row, 0);
      }
    } else {
      workers.run(rows, piece);
    }
  }

  @Override
  public void rmsNorm(Tensor x, float[] weight, float epsilon, Tensor out, int rows) {
    rows(rows, x.columns(), (row, _) -> normRow(x, weight, epsilon, out, row));
  }

  private static void normRow(Tensor x, float[] weight, float epsilon, Tensor out, int row) {
    int group = weight.length;
    int whole = LANES.loopBound(group);
    float[] from = x.values();
    float[] to = out.values();
    for (int start = row * x.columns(); start < (row + 1) * x.columns(); start += group) {
      float mean = Lanes.sumOfSquares(from, start, group) / group;
      float scale = (float) (1 / Math.sqrt(mean + epsilon));
      for (int i = 0; i < whole; i += LANES.length()) {
        FloatVector.fromArray(LANES, from, start + i)
            .mul(scale)
            .mul(FloatVector.fromArray(LANES, weight, i))
            .intoArray(to, start + i);
      }
      for (int i = whole; i < group; i++) {
        to[start + i] = from[start + i] * scale * weight[i];
      }
    }
  }

  @Override
  public void layerNorm(
      Tensor x, float[] weight, Optional<float[]> bias, float epsilon, Tensor out, int rows) {
    float[] added = bias.orElseGet(() -> new float[weight.length]);
    rows(rows, x.columns(), (row, _) -> layerNormRow(x, weight, added, epsilon, out, row));
  }

  private static void layerNormRow(
      Tensor x, float[] weight, float[] bias, float epsilon, Tensor out, int row) {
    int group = weight.length;
    int whole = LANES.loopBound(group);
    float[] to = out.values();
    for (int start = row * x.columns(); start < (row + 1) * x.columns(); start += group) {
      float mean = Lanes.sum(x.values(), start, group) / group;
      for (int i = start; i < start + group; i++) {
        to[i] = x.values()[i] - mean;
      }
      float variance = Lanes.sumOfSquares(to, start, group) / group;
      float scale = (float) (1 / Math.sqrt(variance + epsilon));
      for (int i = 0; i < whole; i += LANES.length()) {
        FloatVector.fromArray(LANES, to, start + i)
            .mul(scale)
            .mul(FloatVector.fromArray(LANES, weight, i))
            .add(FloatVector.fromArray(LANES, bias, i))
            .intoArray(to, start + i);
      }
      for (int i = whole; i < group; i++) {
        to[start + i] = to[start + i] * scale * weight[i] + bias[i];
      }
    }
  }

  @Override
  public void linear(Tensor x, Matrix weight, Optional<float[]> bias, Tensor out, int rows) {
    linear.run(x, (Packed) weight, bias, out, rows);
  }

  @Override
  public void rope(Tensor x, int headDim, Tensor angles, int rows) {
    rows(rows, x.columns(), (row, _) -> ropeRow(x, headDim, angles, row));
  }

  private static void ropeRow(Tensor x, int headDim, Tensor angles, int row) {
    int half = headDim / 2;
    int whole = LANES.loopBound(half);
    float[] values = x.values();
    float[] turns = angles.values();
    int cos = row * headDim;
    int sin = cos + half;
    for (int at = row * x.columns(); at < (row + 1) * x.columns(); at += headDim) {
      for (int i = 0; i < whole; i += LANES.length()) {
        FloatVector a = FloatVector.fromArray(LANES, values, at + i);
        FloatVector b = FloatVector.fromArray(LANES, values, at + half + i);
        FloatVector c = FloatVector.fromArray(LANES, turns, cos + i);
        FloatVector s = FloatVector.fromArray(LANES, turns, sin + i);
        a.mul(c).sub(b.mul(s)).intoArray(values, at + i);
        b.mul(c).add(a.mul(s)).intoArray(values, at + half + i);
      }
      for (int i = whole; i < half; i++) {
        float a = values[at + i];
        float b = values[at + half + i];
        values[at + i] = a * turns[cos + i] - b * turns[sin + i];
        values[at + half + i] = b * turns[cos + i] + a * turns[sin + i];
      }
    }
  }

  @Override
  public void store(Tensor keys, Tensor values, HostKvPool pool, int cell, Batch batch) {
    plain.store(keys, values, pool, cell, batch);
  }

  @Override
  public void attention(
      Tensor queries, HostKvPool pool, int cell, Batch batch, AttentionShape shape, Tensor out) {
    Attention attention = new Attention(queries, pool, cell, batch, shape, out);
    workers.run(
        batch.rows() * shape.kvHeads(),
        (piece, worker) -> {
          int row = piece / shape.kvHeads();
          int needed = attention.scratch(row);
          if (scores[worker].length < needed) {
            scores[worker] = new float[Math.max(needed, scores[worker].length * 2)];
          }
          attention.run(row, piece % shape.kvHeads(), scores[worker]);
        });
  }

  @Override
  public void gate(Tensor gate, Tensor up, Activation activation, int rows) {
    rows(
        rows,
        gate.columns(),
        (row, _) -> {
          activateRow(gate, activation, row);
          multiplyRow(gate, up, row);
        });
  }

  @Override
  public void activate(Tensor x, Activation activation, int rows) {
    rows(rows, x.columns(), (row, _) -> activateRow(x, activation, row));
  }

  private static void activateRow(Tensor tensor, Activation activation, int row) {
    float[] values = tensor.values();
    int from = row * tensor.columns();
    int end = from + tensor.columns();
    int whole = from + LANES.loopBound(tensor.columns());
    for (int i = from; i < whole; i += LANES.length()) {
      activated(FloatVector.fromArray(LANES, values, i), activation).intoArray(values, i);
    }
    for (int i = whole; i < end; i++) { // a lane gives the same bits
      values[i] = activated(FloatVector.broadcast(LANES, values[i]), activation).lane(0);
    }
  }

  private static FloatVector activated(FloatVector x, Activation activation) {
    return switch (activation) {
      case SILU -> x.div(Exp.of(x.neg()).add(1));
      case GELU_TANH -> {
        FloatVector exponent = x.mul(x).mul(GELU_CUBE).add(1).mul(x).mul(GELU_FACTOR);
        yield x.div(Exp.of(exponent).add(1));
      }
      case GELU -> {
        FloatVector tail = x.mul(0.5f).mul(tail(x.mul(ROOT_HALF).abs()));
        yield tail.blend(x.sub(tail), x.compare(VectorOperators.GT, 0));
      }
    };
  }

  /// `1 − erf(x)` of numbers from 0 on, as [ErrorFunction] has it.
  private static FloatVector tail(FloatVector x) {
    FloatVector t = FloatVector.broadcast(LANES, 1).div(x.mul(0.5f).add(1));
    FloatVector exponent = FloatVector.zero(LANES);
    for (float coefficient : ERROR_FUNCTION) {
      exponent = exponent.mul(t).add(coefficient);
    }
    return Exp.of(exponent.sub(x.mul(x))).mul(t);
  }

  @Override
  public void cap(Tensor x, float cap, int rows) {
    rows(rows, x.columns(), (row, _) -> capRow(x, cap, row));
  }

  private static void capRow(Tensor tensor, float cap, int row) {
    float[] values = tensor.values();
    int from = row * tensor.columns();
    int end = from + tensor.columns();
    int whole = from + LANES.loopBound(tensor.columns());
    for (int i = from; i < whole; i += LANES.length()) {
      Exp.capped(FloatVector.fromArray(LANES, values, i), cap).intoArray(values, i);
    }
    for (int i = whole; i < end; i++) {
      values[i] = Exp.capped(values[i], cap);
    }
  }

  @Override
  public void multiply(Tensor x, Tensor y, int rows) {
    rows(rows, x.columns(), (row, _) -> multiplyRow(x, y, row));
  }

  private static void multiplyRow(Tensor x, Tensor y, int row) {
    for (int i = row * x.columns(); i < (row + 1) * x.columns(); i++) {
      x.values()[i] *= y.values()[i];
    }
  }

  @Override
  public void add(Tensor x, Tensor y, int rows) {
    rows(
        rows,
        x.columns(),
        (row, _) -> {
          for (int i = row * x.columns(); i < (row + 1) * x.columns(); i++) {
            x.values()[i] += y.values()[i];
          }
        });
  }

  @Override
  public void close() {
    workers.close();
    arena.close();
  }
}
