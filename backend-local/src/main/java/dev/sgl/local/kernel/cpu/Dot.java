package dev.sgl.local.kernel.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Sums of products.
final class Dot {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;

  private Dot() {}

  /// `Σ a[aFrom + i] · b[bFrom + i]` over `count` numbers.
  static float floats(float[] a, int aFrom, float[] b, int bFrom, int count) {
    int whole = LANES.loopBound(count);
    FloatVector sums = FloatVector.zero(LANES);
    for (int i = 0; i < whole; i += LANES.length()) {
      sums =
          FloatVector.fromArray(LANES, a, aFrom + i)
              .fma(FloatVector.fromArray(LANES, b, bFrom + i), sums);
    }
    float sum = sums.reduceLanes(VectorOperators.ADD);
    for (int i = whole; i < count; i++) {
      sum += a[aFrom + i] * b[bFrom + i];
    }
    return sum;
  }
}
