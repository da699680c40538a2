package dev.sgl.bench;

import java.util.Arrays;

/// The median of repeated measurements.
final class Median {
  private Median() {}

  /// The middle value, or the larger of the two in the middle; `values` keep their order.
  static double of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
