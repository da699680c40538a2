package dev.sgl.local.kernel.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Register tiles of weights in single precision.
///
/// NOTE: written out once a format. With one tile that asks for the format at each load, the vector
/// that comes out of the branch is boxed, and the tile is several times as slow.
final class TileF32 {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
  private static final int N = LANES.length();
  private static final long COLUMN = 4L * Packed.WIDTH; // bytes of a block's column

  private TileF32() {}

  /// The outputs of one block for eight rows from `row` on; where there are fewer, the last one is
  /// computed again.
  static void eight(
      Linear.Rows rows, int row, MemorySegment weights, long first, float[] out, int to) {
    float[] x = rows.inputs();
    int columns = rows.columns();
    int r0 = row;
    int r1 = rows.clamp(row + 1);
    int r2 = rows.clamp(row + 2);
    int r3 = rows.clamp(row + 3);
    int r4 = rows.clamp(row + 4);
    int r5 = rows.clamp(row + 5);
    int r6 = rows.clamp(row + 6);
    int r7 = rows.clamp(row + 7);
    int x0 = r0 * columns;
    int x1 = r1 * columns;
    int x2 = r2 * columns;
    int x3 = r3 * columns;
    int x4 = r4 * columns;
    int x5 = r5 * columns;
    int x6 = r6 * columns;
    int x7 = r7 * columns;
    FloatVector a0 = FloatVector.zero(LANES);
    FloatVector b0 = FloatVector.zero(LANES);
    FloatVector a1 = FloatVector.zero(LANES);
    FloatVector b1 = FloatVector.zero(LANES);
    FloatVector a2 = FloatVector.zero(LANES);
    FloatVector b2 = FloatVector.zero(LANES);
    FloatVector a3 = FloatVector.zero(LANES);
    FloatVector b3 = FloatVector.zero(LANES);
    FloatVector a4 = FloatVector.zero(LANES);
    FloatVector b4 = FloatVector.zero(LANES);
    FloatVector a5 = FloatVector.zero(LANES);
    FloatVector b5 = FloatVector.zero(LANES);
    FloatVector a6 = FloatVector.zero(LANES);
    FloatVector b6 = FloatVector.zero(LANES);
    FloatVector a7 = FloatVector.zero(LANES);
    FloatVector b7 = FloatVector.zero(LANES);
    for (int i = 0; i < columns; i++) {
      FloatVector wa = floats(weights, first + COLUMN * i);
      FloatVector wb = floats(weights, first + COLUMN * i + 4L * N);
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
    store(a0, b0, out, to + r0 * rows.stride());
    store(a1, b1, out, to + r1 * rows.stride());
    store(a2, b2, out, to + r2 * rows.stride());
    store(a3, b3, out, to + r3 * rows.stride());
    store(a4, b4, out, to + r4 * rows.stride());
    store(a5, b5, out, to + r5 * rows.stride());
    store(a6, b6, out, to + r6 * rows.stride());
    store(a7, b7, out, to + r7 * rows.stride());
  }

  private static void store(FloatVector a, FloatVector b, float[] out, int to) {
    a.intoArray(out, to);
    b.intoArray(out, to + N);
  }

  /// The outputs of two blocks for one row. Two at a time read memory half as fast again as one.
  static void pair(float[] x, int columns, MemorySegment weights, long first, float[] out, int to) {
    long second = first + COLUMN * columns;
    FloatVector a = FloatVector.zero(LANES);
    FloatVector b = FloatVector.zero(LANES);
    FloatVector c = FloatVector.zero(LANES);
    FloatVector d = FloatVector.zero(LANES);
    for (int i = 0; i < columns; i++) {
      FloatVector v = FloatVector.broadcast(LANES, x[i]);
      a = v.fma(floats(weights, first + COLUMN * i), a);
      b = v.fma(floats(weights, first + COLUMN * i + 4L * N), b);
      c = v.fma(floats(weights, second + COLUMN * i), c);
      d = v.fma(floats(weights, second + COLUMN * i + 4L * N), d);
    }
    store(a, b, out, to);
    store(c, d, out, to + 2 * N);
  }

  private static FloatVector floats(MemorySegment weights, long at) {
    return FloatVector.fromMemorySegment(LANES, weights, at, ByteOrder.LITTLE_ENDIAN);
  }
}
