package dev.sgl.local.kernel.cpu;

import dev.sgl.local.kernel.Tensor;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Products of activations with a weight, tiled in registers: four outputs of one row, or of four
/// rows, at a time, so that a weight is read from memory once for four rows.
///
/// Weights are widened to single precision as they are read; half-precision ones number by number,
/// because the Vector API has no conversion for them.
///
/// NOTE: each tile is written out twice, once a format. With one tile that asks for the format at
/// each load, single rows of single-precision weights fell from 14 to 2.4 GFLOP/s here once both
/// formats had been used: the vector that comes out of the branch is boxed.
final class Linear {
  /// Outputs of a tile.
  static final int TILE = 4;

  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, LANES.vectorShape());
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES.vectorBitSize() / 2));

  private Linear() {}

  /// The outputs `from` to `to - 1` of the first `rows` rows.
  static void run(Tensor x, Weight weight, Tensor out, int rows, int from, int to) {
    boolean vectors = weight.type() != DType.F16 && weight.columns() % LANES.length() == 0;
    int o = from;
    for (; vectors && o + TILE <= to; o += TILE) {
      int r = 0;
      for (; r + 4 <= rows; r += 4) {
        if (weight.type() == DType.BF16) {
          fourRowsBf16(x, weight, out, r, o);
        } else {
          fourRowsF32(x, weight, out, r, o);
        }
      }
      for (; r < rows; r++) {
        if (weight.type() == DType.BF16) {
          oneRowBf16(x, weight, out, r, o);
        } else {
          oneRowF32(x, weight, out, r, o);
        }
      }
    }
    for (; o < to; o++) {
      for (int r = 0; r < rows; r++) {
        scalar(x, weight, out, r, o);
      }
    }
  }

  private static void scalar(Tensor x, Weight weight, Tensor out, int r, int o) {
    int in = weight.columns();
    float sum = 0;
    for (int i = 0; i < in; i++) {
      sum += x.values()[r * in + i] * weight.get((long) o * in + i);
    }
    out.values()[r * out.columns() + o] = sum;
  }

  private static FloatVector bf16(MemorySegment data, long at) {
    return ((IntVector)
            ShortVector.fromMemorySegment(SHORTS, data, at, ByteOrder.LITTLE_ENDIAN)
                .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
        .lanewise(VectorOperators.LSHL, 16)
        .reinterpretAsFloats();
  }

  private static FloatVector f32(MemorySegment data, long at) {
    return FloatVector.fromMemorySegment(LANES, data, at, ByteOrder.LITTLE_ENDIAN);
  }

  private static void oneRowBf16(Tensor x, Weight weight, Tensor out, int r, int o) {
    int in = weight.columns();
    float[] a = x.values();
    MemorySegment w = weight.data();
    int row = r * in;
    long w0 = (long) o * in * 2;
    long w1 = w0 + 2L * in;
    long w2 = w1 + 2L * in;
    long w3 = w2 + 2L * in;
    FloatVector s0 = FloatVector.zero(LANES);
    FloatVector s1 = FloatVector.zero(LANES);
    FloatVector s2 = FloatVector.zero(LANES);
    FloatVector s3 = FloatVector.zero(LANES);
    for (int i = 0; i < in; i += LANES.length()) {
      FloatVector v = FloatVector.fromArray(LANES, a, row + i);
      s0 = v.fma(bf16(w, w0 + 2L * i), s0);
      s1 = v.fma(bf16(w, w1 + 2L * i), s1);
      s2 = v.fma(bf16(w, w2 + 2L * i), s2);
      s3 = v.fma(bf16(w, w3 + 2L * i), s3);
    }
    int to = r * out.columns() + o;
    out.values()[to] = s0.reduceLanes(VectorOperators.ADD);
    out.values()[to + 1] = s1.reduceLanes(VectorOperators.ADD);
    out.values()[to + 2] = s2.reduceLanes(VectorOperators.ADD);
    out.values()[to + 3] = s3.reduceLanes(VectorOperators.ADD);
  }

  private static void fourRowsBf16(Tensor x, Weight weight, Tensor out, int r, int o) {
    int in = weight.columns();
    float[] a = x.values();
    MemorySegment w = weight.data();
    int row = r * in;
    long from = (long) o * in * 2;
    FloatVector s00 = FloatVector.zero(LANES);
    FloatVector s01 = FloatVector.zero(LANES);
    FloatVector s02 = FloatVector.zero(LANES);
    FloatVector s03 = FloatVector.zero(LANES);
    FloatVector s10 = FloatVector.zero(LANES);
    FloatVector s11 = FloatVector.zero(LANES);
    FloatVector s12 = FloatVector.zero(LANES);
    FloatVector s13 = FloatVector.zero(LANES);
    FloatVector s20 = FloatVector.zero(LANES);
    FloatVector s21 = FloatVector.zero(LANES);
    FloatVector s22 = FloatVector.zero(LANES);
    FloatVector s23 = FloatVector.zero(LANES);
    FloatVector s30 = FloatVector.zero(LANES);
    FloatVector s31 = FloatVector.zero(LANES);
    FloatVector s32 = FloatVector.zero(LANES);
    FloatVector s33 = FloatVector.zero(LANES);
    for (int i = 0; i < in; i += LANES.length()) {
      FloatVector w0 = bf16(w, from + 2L * (0 * in + i));
      FloatVector w1 = bf16(w, from + 2L * (1 * in + i));
      FloatVector w2 = bf16(w, from + 2L * (2 * in + i));
      FloatVector w3 = bf16(w, from + 2L * (3 * in + i));
      FloatVector x0 = FloatVector.fromArray(LANES, a, row + 0 * in + i);
      s00 = x0.fma(w0, s00);
      s01 = x0.fma(w1, s01);
      s02 = x0.fma(w2, s02);
      s03 = x0.fma(w3, s03);
      FloatVector x1 = FloatVector.fromArray(LANES, a, row + 1 * in + i);
      s10 = x1.fma(w0, s10);
      s11 = x1.fma(w1, s11);
      s12 = x1.fma(w2, s12);
      s13 = x1.fma(w3, s13);
      FloatVector x2 = FloatVector.fromArray(LANES, a, row + 2 * in + i);
      s20 = x2.fma(w0, s20);
      s21 = x2.fma(w1, s21);
      s22 = x2.fma(w2, s22);
      s23 = x2.fma(w3, s23);
      FloatVector x3 = FloatVector.fromArray(LANES, a, row + 3 * in + i);
      s30 = x3.fma(w0, s30);
      s31 = x3.fma(w1, s31);
      s32 = x3.fma(w2, s32);
      s33 = x3.fma(w3, s33);
    }
    int columns = out.columns();
    int to = r * columns + o;
    out.values()[to + 0 * columns + 0] = s00.reduceLanes(VectorOperators.ADD);
    out.values()[to + 0 * columns + 1] = s01.reduceLanes(VectorOperators.ADD);
    out.values()[to + 0 * columns + 2] = s02.reduceLanes(VectorOperators.ADD);
    out.values()[to + 0 * columns + 3] = s03.reduceLanes(VectorOperators.ADD);
    out.values()[to + 1 * columns + 0] = s10.reduceLanes(VectorOperators.ADD);
    out.values()[to + 1 * columns + 1] = s11.reduceLanes(VectorOperators.ADD);
    out.values()[to + 1 * columns + 2] = s12.reduceLanes(VectorOperators.ADD);
    out.values()[to + 1 * columns + 3] = s13.reduceLanes(VectorOperators.ADD);
    out.values()[to + 2 * columns + 0] = s20.reduceLanes(VectorOperators.ADD);
    out.values()[to + 2 * columns + 1] = s21.reduceLanes(VectorOperators.ADD);
    out.values()[to + 2 * columns + 2] = s22.reduceLanes(VectorOperators.ADD);
    out.values()[to + 2 * columns + 3] = s23.reduceLanes(VectorOperators.ADD);
    out.values()[to + 3 * columns + 0] = s30.reduceLanes(VectorOperators.ADD);
    out.values()[to + 3 * columns + 1] = s31.reduceLanes(VectorOperators.ADD);
    out.values()[to + 3 * columns + 2] = s32.reduceLanes(VectorOperators.ADD);
    out.values()[to + 3 * columns + 3] = s33.reduceLanes(VectorOperators.ADD);
  }

  private static void oneRowF32(Tensor x, Weight weight, Tensor out, int r, int o) {
    int in = weight.columns();
    float[] a = x.values();
    MemorySegment w = weight.data();
    int row = r * in;
    long w0 = (long) o * in * 4;
    long w1 = w0 + 4L * in;
    long w2 = w1 + 4L * in;
    long w3 = w2 + 4L * in;
    FloatVector s0 = FloatVector.zero(LANES);
    FloatVector s1 = FloatVector.zero(LANES);
    FloatVector s2 = FloatVector.zero(LANES);
    FloatVector s3 = FloatVector.zero(LANES);
    for (int i = 0; i < in; i += LANES.length()) {
      FloatVector v = FloatVector.fromArray(LANES, a, row + i);
      s0 = v.fma(f32(w, w0 + 4L * i), s0);
      s1 = v.fma(f32(w, w1 + 4L * i), s1);
      s2 = v.fma(f32(w, w2 + 4L * i), s2);
      s3 = v.fma(f32(w, w3 + 4L * i), s3);
    }
    int to = r * out.columns() + o;
    out.values()[to] = s0.reduceLanes(VectorOperators.ADD);
    out.values()[to + 1] = s1.reduceLanes(VectorOperators.ADD);
    out.values()[to + 2] = s2.reduceLanes(VectorOperators.ADD);
    out.values()[to + 3] = s3.reduceLanes(VectorOperators.ADD);
  }

  private static void fourRowsF32(Tensor x, Weight weight, Tensor out, int r, int o) {
    int in = weight.columns();
    float[] a = x.values();
    MemorySegment w = weight.data();
    int row = r * in;
    long from = (long) o * in * 4;
    FloatVector s00 = FloatVector.zero(LANES);
    FloatVector s01 = FloatVector.zero(LANES);
    FloatVector s02 = FloatVector.zero(LANES);
    FloatVector s03 = FloatVector.zero(LANES);
    FloatVector s10 = FloatVector.zero(LANES);
    FloatVector s11 = FloatVector.zero(LANES);
    FloatVector s12 = FloatVector.zero(LANES);
    FloatVector s13 = FloatVector.zero(LANES);
    FloatVector s20 = FloatVector.zero(LANES);
    FloatVector s21 = FloatVector.zero(LANES);
    FloatVector s22 = FloatVector.zero(LANES);
    FloatVector s23 = FloatVector.zero(LANES);
    FloatVector s30 = FloatVector.zero(LANES);
    FloatVector s31 = FloatVector.zero(LANES);
    FloatVector s32 = FloatVector.zero(LANES);
    FloatVector s33 = FloatVector.zero(LANES);
    for (int i = 0; i < in; i += LANES.length()) {
      FloatVector w0 = f32(w, from + 4L * (0 * in + i));
      FloatVector w1 = f32(w, from + 4L * (1 * in + i));
      FloatVector w2 = f32(w, from + 4L * (2 * in + i));
      FloatVector w3 = f32(w, from + 4L * (3 * in + i));
      FloatVector x0 = FloatVector.fromArray(LANES, a, row + 0 * in + i);
      s00 = x0.fma(w0, s00);
      s01 = x0.fma(w1, s01);
      s02 = x0.fma(w2, s02);
      s03 = x0.fma(w3, s03);
      FloatVector x1 = FloatVector.fromArray(LANES, a, row + 1 * in + i);
      s10 = x1.fma(w0, s10);
      s11 = x1.fma(w1, s11);
      s12 = x1.fma(w2, s12);
      s13 = x1.fma(w3, s13);
      FloatVector x2 = FloatVector.fromArray(LANES, a, row + 2 * in + i);
      s20 = x2.fma(w0, s20);
      s21 = x2.fma(w1, s21);
      s22 = x2.fma(w2, s22);
      s23 = x2.fma(w3, s23);
      FloatVector x3 = FloatVector.fromArray(LANES, a, row + 3 * in + i);
      s30 = x3.fma(w0, s30);
      s31 = x3.fma(w1, s31);
      s32 = x3.fma(w2, s32);
      s33 = x3.fma(w3, s33);
    }
    int columns = out.columns();
    int to = r * columns + o;
    out.values()[to + 0 * columns + 0] = s00.reduceLanes(VectorOperators.ADD);
    out.values()[to + 0 * columns + 1] = s01.reduceLanes(VectorOperators.ADD);
    out.values()[to + 0 * columns + 2] = s02.reduceLanes(VectorOperators.ADD);
    out.values()[to + 0 * columns + 3] = s03.reduceLanes(VectorOperators.ADD);
    out.values()[to + 1 * columns + 0] = s10.reduceLanes(VectorOperators.ADD);
    out.values()[to + 1 * columns + 1] = s11.reduceLanes(VectorOperators.ADD);
    out.values()[to + 1 * columns + 2] = s12.reduceLanes(VectorOperators.ADD);
    out.values()[to + 1 * columns + 3] = s13.reduceLanes(VectorOperators.ADD);
    out.values()[to + 2 * columns + 0] = s20.reduceLanes(VectorOperators.ADD);
    out.values()[to + 2 * columns + 1] = s21.reduceLanes(VectorOperators.ADD);
    out.values()[to + 2 * columns + 2] = s22.reduceLanes(VectorOperators.ADD);
    out.values()[to + 2 * columns + 3] = s23.reduceLanes(VectorOperators.ADD);
    out.values()[to + 3 * columns + 0] = s30.reduceLanes(VectorOperators.ADD);
    out.values()[to + 3 * columns + 1] = s31.reduceLanes(VectorOperators.ADD);
    out.values()[to + 3 * columns + 2] = s32.reduceLanes(VectorOperators.ADD);
    out.values()[to + 3 * columns + 3] = s33.reduceLanes(VectorOperators.ADD);
  }
}
