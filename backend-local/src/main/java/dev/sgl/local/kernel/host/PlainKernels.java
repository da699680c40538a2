package dev.sgl.local.kernel.host;

import dev.sgl.local.kernel.Activation;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.weights.Storage;
import dev.sgl.local.weights.Weight;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Every operation as it is written in a paper: one loop a sum, no vectors, no threads.
public final class PlainKernels implements Kernels {

  /// A weight as it lies in the file.
  private record PlainMatrix(Weight weight, int rows, int columns) implements Matrix {
    void read(int row, float[] out, int at) {
      weight.encoding().read(row, columns, out, at);
    }

    @Override
    public List<Storage> storage() {
      return List.of(Storage.mapped(weight));
    }
  }

  @Override
  public Matrix load(Weight weight) {
    return new PlainMatrix(weight, weight.rows(), weight.columns());
  }

  @Override
  public Matrix loadTable(Weight table) {
    return load(table);
  }

  @Override
  public boolean keepsWeightsInFiles() {
    return true;
  }

  @Override
  public void embed(Matrix matrix, int[] tokens, Tensor out) {
    for (int r = 0; r < tokens.length; r++) {
      ((PlainMatrix) matrix).read(tokens[r], out.values(), r * out.columns());
    }
  }

  @Override
  public void scale(Tensor x, float factor, int rows) {
    for (int i = 0; i < rows * x.columns(); i++) {
      x.values()[i] *= factor;
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
  public void layerNorm(
      Tensor x, float[] weight, Optional<float[]> bias, float epsilon, Tensor out, int rows) {
    int group = weight.length;
    for (int start = 0; start < rows * x.columns(); start += group) {
      float sum = 0;
      for (int i = 0; i < group; i++) {
        sum += x.values()[start + i];
      }
      float mean = sum / group;
      float squares = 0;
      for (int i = 0; i < group; i++) {
        float offset = x.values()[start + i] - mean;
        squares += offset * offset;
      }
      float scale = (float) (1 / Math.sqrt(squares / group + epsilon));
      for (int i = 0; i < group; i++) {
        float normed = (x.values()[start + i] - mean) * scale * weight[i];
        out.values()[start + i] = bias.isPresent() ? normed + bias.get()[i] : normed;
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
    int dim = shape.headDim();
    int[] lasts = batch.lastSeen(shape);
    for (int r = 0; r < batch.rows(); r++) {
      int last = lasts[r];
      int first = (int) Math.max(0L, (long) last - shape.window() + 1);
      for (int head = 0; head < shape.heads(); head++) {
        int kvHead = head / (shape.heads() / shape.kvHeads());
        Context context =
            new Context(pool, cell, batch.tables()[r], kvHead * dim, dim, first, last);
        float[] weights = context.products(queries.values(), r * queries.columns() + head * dim);
        score(weights, shape.scoring());
        softmax(weights);
        context.mix(weights, out.values(), r * out.columns() + head * dim);
      }
    }
  }

  /// The keys and values that one head of one row attends to.
  ///
  /// @param table the pages of the row's sequence
  /// @param offset of the head's part in the keys and values of one position
  /// @param first the first position that is attended to
  /// @param last the last position
  private record Context(
      HostKvPool pool, int cell, int[] table, int offset, int headDim, int first, int last) {

    /// The products of the query at `query` with the keys.
    float[] products(float[] queries, int query) {
      float[] products = new float[last - first + 1];
      for (int p = first; p <= last; p++) {
        float[] keys = pool.keys(cell, table[p / pool.pageSize()]);
        int key = offset * pool.pageSize() + p % pool.pageSize();
        float dot = 0;
        for (int i = 0; i < headDim; i++) {
          dot += queries[query + i] * keys[key + i * pool.pageSize()];
        }
        products[p - first] = dot;
      }
      return products;
    }

    /// Writes the weighted sum of the values to `out`, from `to` on.
    void mix(float[] weights, float[] out, int to) {
      Arrays.fill(out, to, to + headDim, 0);
      for (int p = first; p <= last; p++) {
        float[] values = pool.values(cell, table[p / pool.pageSize()]);
        int value = p % pool.pageSize() * pool.width(cell) + offset;
        for (int i = 0; i < headDim; i++) {
          out[to + i] += weights[p - first] * values[value + i];
        }
      }
    }
  }

  private static void score(float[] products, Scoring scoring) {
    for (int i = 0; i < products.length; i++) {
      float score = products[i] * scoring.scale();
      products[i] = scoring.isCapped() ? capped(score, scoring.cap()) : score;
    }
  }

  private static float capped(float x, float cap) {
    return (float) (cap * Math.tanh(x / cap));
  }

  private static void softmax(float[] scores) {
    float max = Float.NEGATIVE_INFINITY;
    for (float score : scores) {
      max = Math.max(max, score);
    }
    float sum = 0;
    for (int j = 0; j < scores.length; j++) {
      scores[j] = (float) Math.exp(scores[j] - max);
      sum += scores[j];
    }
    for (int j = 0; j < scores.length; j++) {
      scores[j] /= sum;
    }
  }

  @Override
  public void gate(Tensor gate, Tensor up, Activation activation, int rows) {
    for (int i = 0; i < rows * gate.columns(); i++) {
      gate.values()[i] = activated(gate.values()[i], activation) * up.values()[i];
    }
  }

  @Override
  public void activate(Tensor x, Activation activation, int rows) {
    for (int i = 0; i < rows * x.columns(); i++) {
      x.values()[i] = activated(x.values()[i], activation);
    }
  }

  private static float activated(float x, Activation activation) {
    return switch (activation) {
      case SILU -> x / (1 + (float) Math.exp(-x));
      case GELU_TANH -> {
        double inside = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
        yield (float) (0.5 * x * (1 + Math.tanh(inside)));
      }
      case GELU -> (float) (0.5 * x * ErrorFunction.complement(-x / Math.sqrt(2)));
    };
  }

  @Override
  public void cap(Tensor x, float cap, int rows) {
    for (int i = 0; i < rows * x.columns(); i++) {
      x.values()[i] = capped(x.values()[i], cap);
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
