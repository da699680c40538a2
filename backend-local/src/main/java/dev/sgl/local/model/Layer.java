package dev.sgl.local.model;

import java.util.List;
import java.util.Optional;

/// A layer: residual parts, one after the other.
public record Layer(List<Residual> residuals) {
  public Layer {
    residuals = List.copyOf(residuals);
  }

  /// `x += after(part(before(x)))`, or the same sum for several parts side by side.
  ///
  /// @param before the norm of the input of the parts
  /// @param parts all of which read the same
  /// @param after the norm of the result of a part
  public record Residual(Optional<Norm> before, List<Part> parts, Optional<Norm> after) {
    public Residual {
      parts = List.copyOf(parts);
      if (after.isPresent() && parts.size() != 1) {
        throw new IllegalArgumentException("a norm behind several parts");
      }
    }

    /// One part behind a norm.
    public Residual(Norm before, Part part) {
      this(Optional.of(before), List.of(part), Optional.empty());
    }
  }
}
