package dev.sgl.local.kernel.cpu;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Matrix;
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
import jdk.incubator.vector.VectorSpecies;

/// The operations with the Vector API, on a few threads.
///
/// The order of the additions for a row does not depend on other rows of the batch: a row gets the
/// same bits alone, in any batch, and in chunks of any size.
public final class VectorKernels implements Kernels {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;

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
    Packed packed = (Packed) table;
    for (int r = 0; r < tokens.length; r++) {
      packed.row(tokens[r], out.values(), r * out.columns());
    }
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
  public void gate(Tensor gate, Tensor up, int rows) {
    rows(rows, gate.columns(), (row, _) -> gateRow(gate, up, row));
  }

  private static void gateRow(Tensor gate, Tensor up, int row) {
    float[] g = gate.values();
    float[] u = up.values();
    int from = row * gate.columns();
    int end = from + gate.columns();
    int whole = from + LANES.loopBound(gate.columns());
    for (int i = from; i < whole; i += LANES.length()) {
      FloatVector x = FloatVector.fromArray(LANES, g, i);
      x.div(Exp.of(x.neg()).add(1)).mul(FloatVector.fromArray(LANES, u, i)).intoArray(g, i);
    }
    for (int i = whole; i < end; i++) {
      g[i] = g[i] / (Exp.of(-g[i]) + 1) * u[i];
    }
  }

  @Override
  public void multiply(Tensor x, Tensor y, int rows) {
    rows(
        rows,
        x.columns(),
        (row, _) -> {
          for (int i = row * x.columns(); i < (row + 1) * x.columns(); i++) {
            x.values()[i] *= y.values()[i];
          }
        });
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
