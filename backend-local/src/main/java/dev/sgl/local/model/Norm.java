package dev.sgl.local.model;

import dev.sgl.local.weights.Role;

/// A norm of groups of `length` numbers.
///
/// @param role of its weights
/// @param kind which norm it is
/// @param scale the factor of the normed numbers
public record Norm(Role role, int length, float epsilon, Kind kind, float scale) {

  /// The kinds of norms.
  public enum Kind {
    /// Root mean square (Zhang and Sennrich, 2019).
    RMS,
    /// Layer norm without a bias (Ba et al., 2016).
    LAYER,
    /// Layer norm with a bias.
    BIASED_LAYER
  }

  /// A root-mean-square norm.
  public Norm(Role role, int length, float epsilon) {
    this(role, length, epsilon, Kind.RMS, 1);
  }

  /// The same without a factor.
  public Norm unscaled() {
    return new Norm(role, length, epsilon, kind, 1);
  }

  /// The same with a factor.
  public Norm times(float factor) {
    return new Norm(role, length, epsilon, kind, scale * factor);
  }
}
