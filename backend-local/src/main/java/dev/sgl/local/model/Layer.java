package dev.sgl.local.model;

import java.util.List;
import java.util.Optional;

/// A layer: residual parts, one after the other.
///
/// @param isScaled whether the sum is multiplied by a factor of the layer at the end, after the
///     norm of the last result
public record Layer(List<Residual> residuals, boolean isScaled) {
  public Layer {
    residuals = List.copyOf(residuals);
    if (isScaled && residuals.getLast().after().isEmpty()) {
      throw new IllegalArgumentException("a factor without a norm of the last result");
    }
  }

  /// A layer without a factor.
  public Layer(List<Residual> residuals) {
    this(residuals, false);
  }

  /// `x += after(part(before(x)))`, or the same sum for several parts side by side; then `x =
  /// sum(x)`.
  ///
  /// @param before the norm of the input of the parts
  /// @param parts all of which read the same
  /// @param after the norm of the result of a part
  /// @param sum the norm of the sum
  public record Residual(
      Optional<Norm> before, List<Part> parts, Optional<Norm> after, Optional<Norm> sum) {
    public Residual {
      parts = List.copyOf(parts);
      if (after.isPresent() && parts.size() != 1) {
        throw new IllegalArgumentException("a norm behind several parts");
      }
    }

    /// Parts between norms.
    public Residual(Optional<Norm> before, List<Part> parts, Optional<Norm> after) {
      this(before, parts, after, Optional.empty());
    }

    /// One part behind a norm.
    public Residual(Norm before, Part part) {
      this(Optional.of(before), List.of(part), Optional.empty());
    }

    /// One part with a norm of the sum (Vaswani et al., 2017).
    public static Residual normedSum(Part part, Norm sum) {
      return new Residual(Optional.empty(), List.of(part), Optional.empty(), Optional.of(sum));
    }
  }
}
