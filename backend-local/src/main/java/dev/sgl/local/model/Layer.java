package dev.sgl.local.model;

import java.util.List;
import java.util.Optional;

/// A layer: residual parts, one after the other.
public record Layer(List<Residual> residuals) {
  public Layer {
    residuals = List.copyOf(residuals);
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
