package dev.sgl.local.kernel.cpu;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.host.HostKvPool;
import dev.sgl.local.kernel.host.Tensor;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Attention of one row over the pages of its sequence.
///
/// Keys lie position beside position, so a vector holds the scores of as many positions as it has
/// lanes. Every sum runs in the order of the positions, so that neither the page size nor what else
/// is in the batch changes a number.
final class Attention {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
  private static final int N = LANES.length();

  private final HostKvPool pool;
  private final int cell;
  private final Batch batch;
  private final AttentionShape shape;
  private final int[] lasts; // position that a row sees
  private final Tensor queries;
  private final Tensor out;
  private final Scoring scoring;

  Attention(
      Tensor queries, HostKvPool pool, int cell, Batch batch, AttentionShape shape, Tensor out) {
    this.queries = queries;
    this.pool = pool;
    this.cell = cell;
    this.batch = batch;
    this.shape = shape;
    this.lasts = batch.lastSeen(shape);
    this.out = out;
    this.scoring = shape.scoring();
  }

  /// Numbers of scratch space that a row needs.
  int scratch(int row) {
    return LANES.loopBound(lasts[row] + pool.pageSize()) + N;
  }

  /// The heads of `row` that share one head of the keys.
  void run(int row, int kvHead, float[] scores) {
    int group = shape.heads() / shape.kvHeads();
    int last = lasts[row];
    int first = (int) Math.max(0L, (long) last - shape.window() + 1);
    for (int head = kvHead * group; head < (kvHead + 1) * group; head++) {
      int query = row * queries.columns() + head * shape.headDim();
      score(row, query, kvHead, first, last, scores);
      float sum = softmax(scores, first, last);
      int to = row * out.columns() + head * shape.headDim();
      mix(row, kvHead, first, last, scores, to);
      divide(to, sum);
    }
  }

  /// The scores of all positions.
  private void score(int row, int query, int kvHead, int first, int last, float[] scores) {
    int pageSize = pool.pageSize();
    int[] table = batch.tables()[row];
    int key = kvHead * shape.headDim() * pageSize;
    for (int page = first / pageSize; page <= last / pageSize; page++) {
      float[] keys = pool.keys(cell, table[page]);
      int slot = 0;
      for (; slot + N <= pageSize; slot += N) {
        dots(queries.values(), query, keys, key + slot, pageSize, shape.headDim())
            .mul(scoring.scale())
            .intoArray(scores, page * pageSize + slot);
      }
      for (; slot < pageSize; slot++) {
        float dot = dot(queries.values(), query, keys, key + slot, pageSize, shape.headDim());
        scores[page * pageSize + slot] = dot * scoring.scale();
      }
    }
  }

  /// The products of a query with the keys of as many positions as a vector has lanes: four sums,
  /// because each number must wait for the one before it in its sum.
  private static FloatVector dots(
      float[] q, int query, float[] keys, int key, int pageSize, int dim) {
    FloatVector a = FloatVector.zero(LANES);
    FloatVector b = FloatVector.zero(LANES);
    FloatVector c = FloatVector.zero(LANES);
    FloatVector d = FloatVector.zero(LANES);
    int i = 0;
    int at = key;
    for (; i + 4 <= dim; i += 4) {
      a = times(q[query + i], keys, at, a);
      b = times(q[query + i + 1], keys, at + pageSize, b);
      c = times(q[query + i + 2], keys, at + 2 * pageSize, c);
      d = times(q[query + i + 3], keys, at + 3 * pageSize, d);
      at += 4 * pageSize;
    }
    for (; i < dim; i++) {
      a = times(q[query + i], keys, at, a);
      at += pageSize;
    }
    return a.add(b).add(c.add(d));
  }

  private static FloatVector times(float number, float[] keys, int at, FloatVector sum) {
    return FloatVector.broadcast(LANES, number).fma(FloatVector.fromArray(LANES, keys, at), sum);
  }

  /// The same for one position.
  private static float dot(float[] q, int query, float[] keys, int key, int pageSize, int dim) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    int i = 0;
    int at = key;
    for (; i + 4 <= dim; i += 4) {
      a = Math.fma(q[query + i], keys[at], a);
      b = Math.fma(q[query + i + 1], keys[at + pageSize], b);
      c = Math.fma(q[query + i + 2], keys[at + 2 * pageSize], c);
      d = Math.fma(q[query + i + 3], keys[at + 3 * pageSize], d);
      at += 4 * pageSize;
    }
    for (; i < dim; i++) {
      a = Math.fma(q[query + i], keys[at], a);
      at += pageSize;
    }
    return (a + b) + (c + d);
  }

  /// Turns scores into weights that are not yet divided by their sum, which is returned.
  private float softmax(float[] scores, int first, int last) {
    int from = first / N * N;
    int to = last / N * N + N;
    for (int p = from; p < to && scoring.isCapped(); p += N) {
      Exp.capped(FloatVector.fromArray(LANES, scores, p), scoring.cap()).intoArray(scores, p);
    }
    Arrays.fill(scores, from, first, Float.NEGATIVE_INFINITY);
    Arrays.fill(scores, last + 1, to, Float.NEGATIVE_INFINITY);
    FloatVector most = FloatVector.broadcast(LANES, Float.NEGATIVE_INFINITY);
    for (int p = from; p < to; p += N) {
      most = most.max(FloatVector.fromArray(LANES, scores, p));
    }
    float max = most.reduceLanes(VectorOperators.MAX);
    FloatVector sum = FloatVector.zero(LANES);
    for (int p = from; p < to; p += N) {
      FloatVector weight = Exp.of(FloatVector.fromArray(LANES, scores, p).sub(max));
      weight.intoArray(scores, p);
      sum = sum.add(weight);
    }
    return Lanes.sum(sum);
  }

  /// The sum of the values of all positions by their weights.
  private void mix(int row, int kvHead, int first, int last, float[] weights, int to) {
    int dim = shape.headDim();
    int i = 0;
    for (; i + 4 * N <= dim; i += 4 * N) {
      mixFour(row, kvHead * dim + i, first, last, weights, to + i);
    }
    for (; i + N <= dim; i += N) {
      mixOne(row, kvHead * dim + i, first, last, weights, to + i);
    }
    for (; i < dim; i++) {
      float sum = 0;
      for (int p = first; p <= last; p++) {
        float[] values = values(row, p);
        sum = Math.fma(weights[p], values[value(p, kvHead * dim + i)], sum);
      }
      out.values()[to + i] = sum;
    }
  }

  private float[] values(int row, int position) {
    return pool.values(cell, batch.tables()[row][position / pool.pageSize()]);
  }

  private int value(int position, int column) {
    return position % pool.pageSize() * shape.width() + column;
  }

  private void mixFour(int row, int column, int first, int last, float[] weights, int to) {
    int pageSize = pool.pageSize();
    int width = shape.width();
    int[] table = batch.tables()[row];
    FloatVector a = FloatVector.zero(LANES);
    FloatVector b = FloatVector.zero(LANES);
    FloatVector c = FloatVector.zero(LANES);
    FloatVector d = FloatVector.zero(LANES);
    for (int page = first / pageSize; page <= last / pageSize; page++) {
      float[] values = pool.values(cell, table[page]);
      int start = page * pageSize;
      int end = Math.min(last, start + pageSize - 1);
      for (int p = Math.max(first, start); p <= end; p++) {
        FloatVector weight = FloatVector.broadcast(LANES, weights[p]);
        int at = (p - start) * width + column;
        a = weight.fma(FloatVector.fromArray(LANES, values, at), a);
        b = weight.fma(FloatVector.fromArray(LANES, values, at + N), b);
        c = weight.fma(FloatVector.fromArray(LANES, values, at + 2 * N), c);
        d = weight.fma(FloatVector.fromArray(LANES, values, at + 3 * N), d);
      }
    }
    a.intoArray(out.values(), to);
    b.intoArray(out.values(), to + N);
    c.intoArray(out.values(), to + 2 * N);
    d.intoArray(out.values(), to + 3 * N);
  }

  private void mixOne(int row, int column, int first, int last, float[] weights, int to) {
    FloatVector sum = FloatVector.zero(LANES);
    for (int p = first; p <= last; p++) {
      FloatVector value = FloatVector.fromArray(LANES, values(row, p), value(p, column));
      sum = FloatVector.broadcast(LANES, weights[p]).fma(value, sum);
    }
    sum.intoArray(out.values(), to);
  }

  private void divide(int to, float sum) {
    for (int i = to; i < to + shape.headDim(); i++) {
      out.values()[i] /= sum;
    }
  }
}
