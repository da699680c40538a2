package dev.sgl.local.kernel;

/// The function between the products of a feed-forward part.
public enum Activation {
  /// `x / (1 + exp(−x))`.
  SILU,
  /// `x · (1 + tanh(√(2 / π) · (x + 0.044715 x³))) / 2` (Hendrycks and Gimpel, 2016).
  GELU_TANH,
  /// `x · (1 + erf(x / √2)) / 2` (Hendrycks and Gimpel, 2016).
  GELU
}
