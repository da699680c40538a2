package dev.sgl.local.model;

import dev.sgl.local.weights.Role;

/// A layer on the state of a text: `activation(x · weightᵀ + bias)`.
///
/// @param role of its weight, `[outputs, inputs]`
public record Dense(Role role, int inputs, int outputs, boolean bias, Activation activation) {
  /// The function of the product.
  public enum Activation {
    NONE,
    /// The hyperbolic tangent.
    TANH
  }
}
