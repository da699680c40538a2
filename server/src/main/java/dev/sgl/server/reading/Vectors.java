package dev.sgl.server.reading;

import java.util.Arrays;

/// Lengths and angles of vectors.
final class Vectors {
  private Vectors() {}

  /// The first numbers of a vector, of length 1 if that is wanted. (Kusupati et al., Matryoshka
  /// Representation Learning, 2022.)
  static float[] first(float[] vector, int dimensions, boolean normal) {
    float[] first = Arrays.copyOf(vector, dimensions);
    double length = Math.sqrt(dot(first, first));
    for (int i = 0; i < first.length && normal && length > 0; i++) {
      first[i] = (float) (first[i] / length);
    }
    return first;
  }

  /// The cosine of the angle between two vectors; 0 if one of them has no length.
  static double cosine(float[] a, float[] b) {
    double lengths = Math.sqrt(dot(a, a) * dot(b, b));
    return lengths == 0 ? 0 : dot(a, b) / lengths;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
