package dev.sgl.local.kernel.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Register tiles: sums of products that stay in registers while the inputs pass.
///
/// NOTE: the accumulators are written out one by one. The virtual machine keeps a vector in a
/// register only if it is a local variable of a loop without branches.
final class Tile {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, LANES.vectorShape());
  private static final int N = LANES.length();

  private Tile() {}

  /// Neighbouring columns.
  record Strip(int first, int count) {
    int end() {
      return first + count;
    }
  }

  /// Adds the products of some columns to outputs of two vectors, for eight rows from `row` on.
  /// Where there are fewer rows, the last one is computed again.
  ///
  /// @param weights column by column, the numbers of the two vectors
  /// @param to where the first row of `out` has the outputs; before the first columns, they are
  ///     0
  static void eight(Linear.Rows rows, int row, Strip strip, float[] weights, float[] out, int to) {
    float[] x = rows.inputs();
    int columns = rows.columns();
    int stride = rows.stride();
    int r0 = row;
    int r1 = rows.clamp(row + 1);
    int r2 = rows.clamp(row + 2);
    int r3 = rows.clamp(row + 3);
    int r4 = rows.clamp(row + 4);
    int r5 = rows.clamp(row + 5);
    int r6 = rows.clamp(row + 6);
    int r7 = rows.clamp(row + 7);
    int x0 = r0 * columns + strip.first();
    int x1 = r1 * columns + strip.first();
    int x2 = r2 * columns + strip.first();
    int x3 = r3 * columns + strip.first();
    int x4 = r4 * columns + strip.first();
    int x5 = r5 * columns + strip.first();
    int x6 = r6 * columns + strip.first();
    int x7 = r7 * columns + strip.first();
    int o0 = to + r0 * stride;
    int o1 = to + r1 * stride;
    int o2 = to + r2 * stride;
    int o3 = to + r3 * stride;
    int o4 = to + r4 * stride;
    int o5 = to + r5 * stride;
    int o6 = to + r6 * stride;
    int o7 = to + r7 * stride;
    FloatVector a0 = FloatVector.fromArray(LANES, out, o0);
    FloatVector b0 = FloatVector.fromArray(LANES, out, o0 + N);
    FloatVector a1 = FloatVector.fromArray(LANES, out, o1);
    FloatVector b1 = FloatVector.fromArray(LANES, out, o1 + N);
    FloatVector a2 = FloatVector.fromArray(LANES, out, o2);
    FloatVector b2 = FloatVector.fromArray(LANES, out, o2 + N);
    FloatVector a3 = FloatVector.fromArray(LANES, out, o3);
    FloatVector b3 = FloatVector.fromArray(LANES, out, o3 + N);
    FloatVector a4 = FloatVector.fromArray(LANES, out, o4);
    FloatVector b4 = FloatVector.fromArray(LANES, out, o4 + N);
    FloatVector a5 = FloatVector.fromArray(LANES, out, o5);
    FloatVector b5 = FloatVector.fromArray(LANES, out, o5 + N);
    FloatVector a6 = FloatVector.fromArray(LANES, out, o6);
    FloatVector b6 = FloatVector.fromArray(LANES, out, o6 + N);
    FloatVector a7 = FloatVector.fromArray(LANES, out, o7);
    FloatVector b7 = FloatVector.fromArray(LANES, out, o7 + N);
    for (int i = 0; i < strip.count(); i++) {
      FloatVector wa = FloatVector.fromArray(LANES, weights, 2 * N * i);
      FloatVector wb = FloatVector.fromArray(LANES, weights, 2 * N * i + N);
      FloatVector v = FloatVector.broadcast(LANES, x[x0 + i]);
      a0 = v.fma(wa, a0);
      b0 = v.fma(wb, b0);
      v = FloatVector.broadcast(LANES, x[x1 + i]);
      a1 = v.fma(wa, a1);
      b1 = v.fma(wb, b1);
      v = FloatVector.broadcast(LANES, x[x2 + i]);
      a2 = v.fma(wa, a2);
      b2 = v.fma(wb, b2);
      v = FloatVector.broadcast(LANES, x[x3 + i]);
      a3 = v.fma(wa, a3);
      b3 = v.fma(wb, b3);
      v = FloatVector.broadcast(LANES, x[x4 + i]);
      a4 = v.fma(wa, a4);
      b4 = v.fma(wb, b4);
      v = FloatVector.broadcast(LANES, x[x5 + i]);
      a5 = v.fma(wa, a5);
      b5 = v.fma(wb, b5);
      v = FloatVector.broadcast(LANES, x[x6 + i]);
      a6 = v.fma(wa, a6);
      b6 = v.fma(wb, b6);
      v = FloatVector.broadcast(LANES, x[x7 + i]);
      a7 = v.fma(wa, a7);
      b7 = v.fma(wb, b7);
    }
    store(a0, b0, out, o0);
    store(a1, b1, out, o1);
    store(a2, b2, out, o2);
    store(a3, b3, out, o3);
    store(a4, b4, out, o4);
    store(a5, b5, out, o5);
    store(a6, b6, out, o6);
    store(a7, b7, out, o7);
  }

  private static void store(FloatVector a, FloatVector b, float[] out, int to) {
    a.intoArray(out, to);
    b.intoArray(out, to + N);
  }

  /// The same for one row.
  static void one(float[] x, Strip strip, float[] weights, float[] out, int to) {
    FloatVector a = FloatVector.fromArray(LANES, out, to);
    FloatVector b = FloatVector.fromArray(LANES, out, to + N);
    for (int i = 0; i < strip.count(); i++) {
      FloatVector v = FloatVector.broadcast(LANES, x[strip.first() + i]);
      a = v.fma(FloatVector.fromArray(LANES, weights, 2 * N * i), a);
      b = v.fma(FloatVector.fromArray(LANES, weights, 2 * N * i + N), b);
    }
    store(a, b, out, to);
  }

  /// Outputs of four vectors for one row, of weights in bf16, without a copy of them. Four vectors
  /// at a time read memory half as fast again as two.
  ///
  /// @param starts where the words of each vector begin
  static void one(float[] x, int columns, MemorySegment words, long[] starts, float[] out, int to) {
    FloatVector a = FloatVector.zero(LANES);
    FloatVector b = FloatVector.zero(LANES);
    FloatVector c = FloatVector.zero(LANES);
    FloatVector d = FloatVector.zero(LANES);
    long sa = starts[0];
    long sb = starts[1];
    long sc = starts[2];
    long sd = starts[3];
    for (int i = 0; i < columns; i += 2) {
      FloatVector v = FloatVector.broadcast(LANES, x[i]);
      IntVector wa = ints(words, sa);
      IntVector wb = ints(words, sb);
      IntVector wc = ints(words, sc);
      IntVector wd = ints(words, sd);
      a = v.fma(low(wa), a);
      b = v.fma(low(wb), b);
      c = v.fma(low(wc), c);
      d = v.fma(low(wd), d);
      v = FloatVector.broadcast(LANES, x[i + 1]);
      a = v.fma(high(wa), a);
      b = v.fma(high(wb), b);
      c = v.fma(high(wc), c);
      d = v.fma(high(wd), d);
      sa += Layout.WORDS;
      sb += Layout.WORDS;
      sc += Layout.WORDS;
      sd += Layout.WORDS;
    }
    store(a, b, out, to);
    store(c, d, out, to + 2 * N);
  }

  private static IntVector ints(MemorySegment words, long at) {
    return IntVector.fromMemorySegment(INTS, words, at, ByteOrder.LITTLE_ENDIAN);
  }

  /// The lower halves of words, which are bf16 numbers.
  static FloatVector low(IntVector words) {
    return words.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  /// The upper halves.
  static FloatVector high(IntVector words) {
    return words.and(0xffff0000).reinterpretAsFloats();
  }
}
