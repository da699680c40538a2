package dev.sgl.local.kernel.host;

/// The error function, by the fit of Chebyshev polynomials of Press et al., Numerical Recipes, 2nd
/// edition, 6.2: the relative error of the complement is below 1.2e-7 everywhere.
public final class ErrorFunction {
  private static final double[] COEFFICIENTS = {
    0.17087277,
    -0.82215223,
    1.48851587,
    -1.13520398,
    0.27886807,
    -0.18628806,
    0.09678418,
    0.37409196,
    1.00002368,
    -1.26551223
  };

  private ErrorFunction() {}

  /// The coefficients of the fit in `t = 1 / (1 + |x| / 2)`, that of the highest power first: of
  /// the exponent less `−x²`.
  public static float[] coefficients() {
    float[] all = new float[COEFFICIENTS.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) COEFFICIENTS[i];
    }
    return all;
  }

  /// `1 − erf(x)`.
  static double complement(double x) {
    double t = 1 / (1 + Math.abs(x) / 2);
    double exponent = 0;
    for (double coefficient : COEFFICIENTS) {
      exponent = exponent * t + coefficient;
    }
    double tail = t * Math.exp(exponent - x * x);
    return x < 0 ? 2 - tail : tail;
  }
}
