package dev.sgl.local.kernel.host;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.weights.Weight;
import java.util.Arrays;
import java.util.Optional;

/// Every operation as it is written in a paper: one loop a sum, no vectors, no threads.
public final class PlainKernels implements Kernels {

  /// A weight as it lies in the file.
  private record PlainMatrix(Weight weight, int rows, int columns) implements Matrix {
    void read(int row, float[] out, int at) {
      weight.encoding().read(row, columns, out, at);
    }
  }

  @Override
  public Matrix load(Weight weight) {
    return new PlainMatrix(weight, weight.rows(), weight.columns());
  }

  @Override
  public void embed(Matrix matrix, int[] tokens, Tensor out) {
    for (int r = 0; r < tokens.length; r++) {
      ((PlainMatrix) matrix).read(tokens[r], out.values(), r * out.columns());
    }
  }

  @Override
  public void rmsNorm(Tensor x, float[] weight, float epsilon, Tensor out, int rows) {
    int group = weight.length;
    for (int start = 0; start < rows * x.columns(); start += group) {
      float sum = 0;
      for (int i = 0; i < group; i++) {
        sum += x.values()[start + i] * x.values()[start + i];
      }
      float scale = (float) (1 / Math.sqrt(sum / group + epsilon));
      for (int i = 0; i < group; i++) {
        out.values()[start + i] = x.values()[start + i] * scale * weight[i];
      }
    }
  }

  @Override
  public void linear(Tensor x, Matrix matrix, Optional<float[]> bias, Tensor out, int rows) {
    PlainMatrix weight = (PlainMatrix) matrix;
    int in = weight.columns();
    float[] row = new float[in];
    for (int o = 0; o < weight.rows(); o++) {
      weight.read(o, row, 0);
      for (int r = 0; r < rows; r++) {
        float sum = 0;
        for (int i = 0; i < in; i++) {
          sum += x.values()[r * in + i] * row[i];
        }
        out.values()[r * out.columns() + o] = bias.isPresent() ? sum + bias.get()[o] : sum;
      }
    }
  }

  @Override
  public void rope(Tensor x, int headDim, Tensor angles, int rows) {
    int half = headDim / 2;
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < half; i++) {
        float cos = angles.values()[r * headDim + i];
        float sin = angles.values()[r * headDim + half + i];
        for (int head = 0; head < x.columns(); head += headDim) {
          int at = r * x.columns() + head + i;
          float a = x.values()[at];
          float b = x.values()[at + half];
          x.values()[at] = a * cos - b * sin;
          x.values()[at + half] = b * cos + a * sin;
        }
      }
    }
  }

  @Override
  public void store(Tensor keys, Tensor values, HostKvPool pool, int cell, Batch batch) {
    int width = pool.width(cell);
    for (int r = 0; r < batch.rows(); r++) {
      int position = batch.positions()[r];
      int page = batch.tables()[r][position / pool.pageSize()];
      int slot = position % pool.pageSize();
      float[] keysOfPage = pool.keys(cell, page);
      for (int i = 0; i < width; i++) {
        keysOfPage[i * pool.pageSize() + slot] = keys.values()[r * width + i];
      }
      System.arraycopy(values.values(), r * width, pool.values(cell, page), slot * width, width);
    }
  }

  @Override
  public void attention(
      Tensor queries, HostKvPool pool, int cell, Batch batch, AttentionShape shape, Tensor out) {
    for (int r = 0; r < batch.rows(); r++) {
      for (int head = 0; head < shape.heads(); head++) {
        attend(queries, pool, cell, batch, shape, out, r, head);
      }
    }
  }

  private static void attend(
      Tensor queries,
      HostKvPool pool,
      int cell,
      Batch batch,
      AttentionShape shape,
      Tensor out,
      int r,
      int head) {
    int dim = shape.headDim();
    int query = r * queries.columns() + head * dim;
    int kvHead = head / (shape.heads() / shape.kvHeads());
    int last = batch.positions()[r];
    int first = (int) Math.max(0L, (long) last - shape.window() + 1);
    float[] scores = new float[last - first + 1];
    float max = Float.NEGATIVE_INFINITY;
    for (int p = first; p <= last; p++) {
      float[] keys = pool.keys(cell, batch.tables()[r][p / pool.pageSize()]);
      int key = kvHead * dim * pool.pageSize() + p % pool.pageSize();
      float dot = 0;
      for (int i = 0; i < dim; i++) {
        dot += queries.values()[query + i] * keys[key + i * pool.pageSize()];
      }
      scores[p - first] = (float) (dot / Math.sqrt(dim));
      max = Math.max(max, scores[p - first]);
    }
    float sum = 0;
    for (int j = 0; j < scores.length; j++) {
      scores[j] = (float) Math.exp(scores[j] - max);
      sum += scores[j];
    }
    int to = r * out.columns() + head * dim;
    Arrays.fill(out.values(), to, to + dim, 0);
    for (int p = first; p <= last; p++) {
      float[] values = pool.values(cell, batch.tables()[r][p / pool.pageSize()]);
      int value = p % pool.pageSize() * pool.width(cell) + kvHead * dim;
      float weight = scores[p - first] / sum;
      for (int i = 0; i < dim; i++) {
        out.values()[to + i] += weight * values[value + i];
      }
    }
  }

  @Override
  public void gate(Tensor gate, Tensor up, int rows) {
    for (int i = 0; i < rows * gate.columns(); i++) {
      float x = gate.values()[i];
      gate.values()[i] = x / (1 + (float) Math.exp(-x)) * up.values()[i];
    }
  }

  @Override
  public void multiply(Tensor x, Tensor y, int rows) {
    for (int i = 0; i < rows * x.columns(); i++) {
      x.values()[i] *= y.values()[i];
    }
  }

  @Override
  public void add(Tensor x, Tensor y, int rows) {
    for (int i = 0; i < rows * x.columns(); i++) {
      x.values()[i] += y.values()[i];
    }
  }

  @Override
  public void close() {}
}
