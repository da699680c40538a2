package dev.sgl.local.kernel.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The exponential function in single precision, within two units in the last place: the same
/// number for the same argument in a vector, alone, interpreted and compiled.
///
/// The polynomial is that of `expf` in the Cephes library (Moshier, 1992).
final class Exp {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;
  private static final float ROUND = 0x1.8p23f; // a number added to this loses its fraction
  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);
  private static final float LEAST = -87.3f;
  private static final float MOST = 88.3f;
  private static final float C0 = 1.9875691500e-4f;
  private static final float C1 = 1.3981999507e-3f;
  private static final float C2 = 8.3334519073e-3f;
  private static final float C3 = 4.1665795894e-2f;
  private static final float C4 = 1.6666665459e-1f;
  private static final float C5 = 5.0000001201e-1f;

  private Exp() {}

  /// e to the power of each lane; 0 below -87.3.
  static FloatVector of(FloatVector argument) {
    FloatVector x = argument.max(LEAST).min(MOST);
    FloatVector shifted =
        x.fma(FloatVector.broadcast(LANES, LOG2_E), FloatVector.broadcast(LANES, ROUND));
    FloatVector n = shifted.sub(ROUND);
    FloatVector r = n.fma(FloatVector.broadcast(LANES, -LN2_HIGH), x);
    r = n.fma(FloatVector.broadcast(LANES, -LN2_LOW), r);
    FloatVector p = FloatVector.broadcast(LANES, C0);
    p = p.fma(r, FloatVector.broadcast(LANES, C1));
    p = p.fma(r, FloatVector.broadcast(LANES, C2));
    p = p.fma(r, FloatVector.broadcast(LANES, C3));
    p = p.fma(r, FloatVector.broadcast(LANES, C4));
    p = p.fma(r, FloatVector.broadcast(LANES, C5));
    FloatVector y = p.fma(r.mul(r), r).add(1);
    FloatVector power =
        shifted
            .reinterpretAsInts()
            .add(127 - ROUND_BITS)
            .lanewise(VectorOperators.LSHL, 23)
            .reinterpretAsFloats();
    return y.mul(power).blend(0, argument.compare(VectorOperators.LT, LEAST));
  }

  /// `cap · tanh(x / cap)` of each lane.
  static FloatVector capped(FloatVector x, float cap) {
    FloatVector beyond = FloatVector.broadcast(LANES, 2 * cap).div(of(x.mul(2 / cap)).add(1));
    return FloatVector.broadcast(LANES, cap).sub(beyond);
  }

  /// The same for one number.
  static float capped(float x, float cap) {
    return cap - 2 * cap / (of(x * (2 / cap)) + 1);
  }

  /// e to the power of a number, as of a lane.
  static float of(float argument) {
    float x = Math.min(Math.max(argument, LEAST), MOST);
    float shifted = Math.fma(x, LOG2_E, ROUND);
    float n = shifted - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
    float p = Math.fma(C0, r, C1);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C5);
    float y = Math.fma(p, r * r, r) + 1;
    float power = Float.intBitsToFloat((Float.floatToRawIntBits(shifted) + 127 - ROUND_BITS) << 23);
    return argument < LEAST ? 0 : y * power;
  }
}
