package dev.sgl.local.kernel;

import java.util.Optional;

/// Rotary positions (Su et al., RoFormer, 2021): the number `i` of a head is paired with `i +
/// headDim / 2`.
///
/// @param frequencies radians per position of each pair, `[headDim / 2]`; a pair of frequency 0
///     stays as it is
/// @param stretch the factor of rotated pairs of queries and keys
/// @param growth by which queries grow with their positions, if they do
public record Rotary(float[] frequencies, float stretch, Optional<Growth> growth) {

  /// Queries at a position are multiplied by `1 + rate · ln(1 + ⌊position / span⌋)` (Meta, Llama 4,
  /// 2025).
  public record Growth(float rate, int span) {
    /// The factor of queries at a position.
    public float at(int position) {
      return (float) (1 + rate * Math.log1p(position / span));
    }
  }

  /// The same factors for all positions.
  public Rotary(float[] frequencies, float stretch) {
    this(frequencies, stretch, Optional.empty());
  }

  /// No rotation of heads of `headDim` numbers.
  public static Rotary none(int headDim) {
    return new Rotary(new float[headDim / 2], 1);
  }
}
