package dev.sgl.local.weights;

import java.util.Optional;
import java.util.Set;

/// The weights of a model, the matrices of which are quantized as they are loaded. Vectors,
/// convolutions and weights that are quantized already stay as they are; the embedding and the head
/// get 8 bits at least.
public final class RoundedWeights implements WeightSource {
  private static final Set<Role> WIDE = Set.of(Role.EMBEDDING, Role.HEAD);

  private final WeightSource of;
  private final Rounding rounding;

  /// The weights of `of`, quantized by `rounding`.
  public RoundedWeights(WeightSource of, Rounding rounding) {
    this.of = of;
    this.rounding = rounding;
  }

  @Override
  public Optional<Weight> find(Role role, int layer) {
    return of.find(role, layer).map(weight -> rounded(weight, role));
  }

  @Override
  public Weight weight(Role role, int layer, int rows, int columns) {
    return rounded(of.weight(role, layer, rows, columns), role);
  }

  private Weight rounded(Weight weight, Role role) {
    boolean isMatrix = weight.rows() > 1 && role != Role.CONVOLUTION;
    if (!isMatrix || !isPlain(weight.encoding())) {
      return weight;
    }
    Rounding by = WIDE.contains(role) ? Rounding.Q8_0 : rounding;
    return by.of(weight)
        .map(encoding -> Weight.of(weight.name(), weight.shape(), encoding))
        .orElse(weight);
  }

  private static boolean isPlain(Encoding encoding) {
    return encoding instanceof Encoding.Plain
        || encoding instanceof Encoding.Reordered(Encoding of, _) && isPlain(of);
  }

  @Override
  public Weight bias(Role role, int layer, int length) {
    return of.bias(role, layer, length);
  }

  @Override
  public long numbers() {
    return of.numbers();
  }
}
