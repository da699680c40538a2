package dev.sgl.local.kernel.cpu;

import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Kernels;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.PlainKernels;
import dev.sgl.local.kernel.Tensor;
import dev.sgl.local.weights.Weight;
import java.util.Arrays;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The operations with the Vector API, on a few threads.
public final class VectorKernels implements Kernels {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;

  private final PlainKernels plain = new PlainKernels(); // for what only copies
  private final Workers workers;
  private final float[][] scores; // a row of attention scores for each worker

  /// @param threads that work together
  public VectorKernels(int threads) {
    workers = new Workers(threads);
    scores = new float[threads][0];
  }

  @Override
  public void embed(Weight table, int[] tokens, Tensor out) {
    plain.embed(table, tokens, out);
  }

  @Override
  public void rmsNorm(Tensor x, float[] weight, float epsilon, Tensor out, int rows) {
    int group = weight.length;
    int whole = LANES.loopBound(group);
    float[] from = x.values();
    float[] to = out.values();
    for (int start = 0; start < rows * x.columns(); start += group) {
      float scale =
          (float) (1 / Math.sqrt(Dot.floats(from, start, from, start, group) / group + epsilon));
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
  public void linear(Tensor x, Weight weight, Optional<float[]> bias, Tensor out, int rows) {
    int tiles = (weight.rows() + Linear.TILE - 1) / Linear.TILE;
    int pieces = Math.min(tiles, workers.count() * 4);
    workers.run(
        pieces,
        (piece, _) -> {
          int from = (int) ((long) tiles * piece / pieces) * Linear.TILE;
          int to =
              Math.min(weight.rows(), (int) ((long) tiles * (piece + 1) / pieces) * Linear.TILE);
          Linear.run(x, weight, out, rows, from, to);
          bias.ifPresent(b -> addBias(b, out, rows, from, to));
        });
  }

  private static void addBias(float[] bias, Tensor out, int rows, int from, int to) {
    for (int r = 0; r < rows; r++) {
      for (int o = from; o < to; o++) {
        out.values()[r * out.columns() + o] += bias[o];
      }
    }
  }

  @Override
  public void rope(Tensor x, int headDim, int[] positions, float[] frequencies) {
    int half = headDim / 2;
    float[] cos = new float[half];
    float[] sin = new float[half];
    float[] values = x.values();
    for (int r = 0; r < positions.length; r++) {
      for (int i = 0; i < half; i++) {
        float angle = positions[r] * frequencies[i];
        cos[i] = (float) Math.cos(angle);
        sin[i] = (float) Math.sin(angle);
      }
      for (int head = 0; head < x.columns(); head += headDim) {
        int at = r * x.columns() + head;
        for (int i = 0; i < half; i++) {
          float a = values[at + i];
          float b = values[at + half + i];
          values[at + i] = a * cos[i] - b * sin[i];
          values[at + half + i] = b * cos[i] + a * sin[i];
        }
      }
    }
  }

  @Override
  public void store(Tensor keys, Tensor values, KvPool pool, int layer, Batch batch) {
    plain.store(keys, values, pool, layer, batch);
  }

  @Override
  public void attention(
      Tensor queries, KvPool pool, int layer, Batch batch, AttentionShape shape, Tensor out) {
    workers.run(
        batch.rows(),
        (row, worker) -> {
          int positions = batch.positions()[row] + 1;
          if (scores[worker].length < positions) {
            scores[worker] = new float[Math.max(positions, scores[worker].length * 2)];
          }
          for (int head = 0; head < shape.heads(); head++) {
            attend(queries, pool, layer, batch, shape, out, row, head, scores[worker]);
          }
        });
  }

  private static void attend(
      Tensor queries,
      KvPool pool,
      int layer,
      Batch batch,
      AttentionShape shape,
      Tensor out,
      int row,
      int head,
      float[] scores) {
    int dim = shape.headDim();
    int query = row * queries.columns() + head * dim;
    int kvHead = head / (shape.heads() / shape.kvHeads()) * dim;
    int last = batch.positions()[row];
    int first = (int) Math.max(0L, (long) last - shape.window() + 1);
    int[] table = batch.tables()[row];
    int pageSize = pool.pageSize();
    float scale = (float) (1 / Math.sqrt(dim));
    float max = Float.NEGATIVE_INFINITY;
    for (int p = first; p <= last; p++) {
      float[] keys = pool.keys(layer, table[p / pageSize]);
      float dot =
          Dot.floats(queries.values(), query, keys, p % pageSize * pool.width() + kvHead, dim)
              * scale;
      scores[p] = dot;
      max = Math.max(max, dot);
    }
    float sum = 0;
    for (int p = first; p <= last; p++) {
      scores[p] = (float) Math.exp(scores[p] - max);
      sum += scores[p];
    }
    int to = row * out.columns() + head * dim;
    Arrays.fill(out.values(), to, to + dim, 0);
    for (int p = first; p <= last; p++) {
      float[] values = pool.values(layer, table[p / pageSize]);
      addScaled(
          values, p % pageSize * pool.width() + kvHead, scores[p] / sum, out.values(), to, dim);
    }
  }

  private static void addScaled(
      float[] from, int at, float scale, float[] to, int start, int count) {
    int whole = LANES.loopBound(count);
    for (int i = 0; i < whole; i += LANES.length()) {
      FloatVector.fromArray(LANES, from, at + i)
          .mul(scale)
          .add(FloatVector.fromArray(LANES, to, start + i))
          .intoArray(to, start + i);
    }
    for (int i = whole; i < count; i++) {
      to[start + i] += from[at + i] * scale;
    }
  }

  @Override
  public void gate(Tensor gate, Tensor up, int rows) {
    float[] g = gate.values();
    float[] u = up.values();
    int count = rows * gate.columns();
    int whole = LANES.loopBound(count);
    for (int i = 0; i < whole; i += LANES.length()) {
      FloatVector x = FloatVector.fromArray(LANES, g, i);
      FloatVector e = x.neg().lanewise(VectorOperators.EXP).add(1);
      x.div(e).mul(FloatVector.fromArray(LANES, u, i)).intoArray(g, i);
    }
    for (int i = whole; i < count; i++) {
      g[i] = g[i] / (1 + (float) Math.exp(-g[i])) * u[i];
    }
  }

  @Override
  public void add(Tensor x, Tensor y, int rows) {
    int count = rows * x.columns();
    int whole = LANES.loopBound(count);
    for (int i = 0; i < whole; i += LANES.length()) {
      FloatVector.fromArray(LANES, x.values(), i)
          .add(FloatVector.fromArray(LANES, y.values(), i))
          .intoArray(x.values(), i);
    }
    for (int i = whole; i < count; i++) {
      x.values()[i] += y.values()[i];
    }
  }

  @Override
  public void close() {
    workers.close();
  }
}
