package dev.sgl.local.kernel.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Sums over the lanes of a vector, always in the same order: `reduceLanes` may change it from call
/// to call.
final class Lanes {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
  /// Numbers of a vector.
  static final int COUNT = LANES.length();

  /// How many vectors hold a number of each of some rows.
  static int perRows(int rows) {
    return rows / COUNT;
  }

  private static final VectorShuffle<Float> BY_8 = swap(8);
  private static final VectorShuffle<Float> BY_4 = swap(4);
  private static final VectorShuffle<Float> BY_2 = swap(2);
  private static final VectorShuffle<Float> BY_1 = swap(1);

  private Lanes() {}

  private static VectorShuffle<Float> swap(int distance) {
    return VectorShuffle.fromOp(LANES, i -> (i ^ distance) % LANES.length());
  }

  /// The sum of all lanes.
  static float sum(FloatVector vector) {
    FloatVector v = vector;
    if (LANES.length() > 8) {
      v = v.add(v.rearrange(BY_8));
    }
    if (LANES.length() > 4) {
      v = v.add(v.rearrange(BY_4));
    }
    v = v.add(v.rearrange(BY_2));
    v = v.add(v.rearrange(BY_1));
    return v.lane(0);
  }

  /// `Σ a[from + i]` over `count` numbers.
  static float sum(float[] a, int from, int count) {
    int whole = LANES.loopBound(count);
    FloatVector sums = FloatVector.zero(LANES);
    for (int i = 0; i < whole; i += LANES.length()) {
      sums = sums.add(FloatVector.fromArray(LANES, a, from + i));
    }
    float sum = sum(sums);
    for (int i = whole; i < count; i++) {
      sum += a[from + i];
    }
    return sum;
  }

  /// `Σ a[from + i]²` over `count` numbers.
  static float sumOfSquares(float[] a, int from, int count) {
    int whole = LANES.loopBound(count);
    FloatVector sums = FloatVector.zero(LANES);
    for (int i = 0; i < whole; i += LANES.length()) {
      FloatVector v = FloatVector.fromArray(LANES, a, from + i);
      sums = v.fma(v, sums);
    }
    float sum = sum(sums);
    for (int i = whole; i < count; i++) {
      sum = Math.fma(a[from + i], a[from + i], sum);
    }
    return sum;
  }
}
