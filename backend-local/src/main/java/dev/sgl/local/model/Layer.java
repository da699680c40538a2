package dev.sgl.local.model;

import java.util.List;

/// A layer: residual parts, one after the other.
public record Layer(List<Residual> residuals) {
  public Layer {
    residuals = List.copyOf(residuals);
  }

  /// `x += part(norm(x))`.
  ///
  /// @param before the norm of what the part reads
  public record Residual(Norm before, Part part) {}
}
