package dev.sgl.local.weights;

import java.util.Optional;
import java.util.Set;

/// The weights of a model, the matrices of which are quantized as they are loaded. Vectors,
/// convolutions, routers and weights that are quantized already stay as they are; the embedding and
/// the head get 8 bits at least.
public final class RoundedWeights implements WeightSource {
  private static final Set<Role> WIDE = Set.of(Role.EMBEDDING, Role.LAYER_EMBEDDING, Role.HEAD);
  private static final Set<Role> KEPT = Set.of(Role.CONVOLUTION, Role.ROUTER);

  private final WeightSource of;
  private final Rounding rounding;
  private boolean isUsed;

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

  @Override
  public Weight expert(Role role, int layer, int expert, int rows, int columns) {
    return rounded(of.expert(role, layer, expert, rows, columns), role);
  }

  private Weight rounded(Weight weight, Role role) {
    if (!isRounded(weight, role)) {
      return weight;
    }
    Rounding by = isWide(role) ? Rounding.Q8_0 : rounding;
    Optional<Encoding> rounded = by.of(weight);
    isUsed |= rounded.isPresent() && !isWide(role);
    return rounded
        .map(encoding -> Weight.of(weight.name(), weight.shape(), encoding))
        .orElse(weight);
  }

  /// Refuses a rounding that has changed none of the weights that were read.
  ///
  /// @throws ModelException if there was none of 16 or 32 bits, in rows of whole groups
  public void requireUsed() {
    if (!isUsed) {
      throw new ModelException(
          "the model cannot be quantized to "
              + rounding.word()
              + ": its layers have no matrices of 16 or 32 bits with rows of whole groups; they may be quantized already");
    }
  }

  /// Whether the weight of a role is one to quantize.
  public static boolean isRounded(Weight weight, Role role) {
    return weight.rows() > 1
        && weight.shape().size() == 2
        && !KEPT.contains(role)
        && isPlain(weight.encoding());
  }

  /// The way in which the codes of the weight of a role are made; empty if it stays as it is.
  ///
  /// @param usual the way of most matrices
  public static Optional<CodeRounding> rounding(Weight weight, Role role, CodeRounding usual) {
    CodeRounding by = isWide(role) ? CodeRounding.Q8_0 : usual;
    return isRounded(weight, role) && weight.columns() % by.scheme().group() == 0
        ? Optional.of(by)
        : Optional.empty();
  }

  /// Whether the weights of a role get 8 bits at least.
  public static boolean isWide(Role role) {
    return WIDE.contains(role);
  }

  private static boolean isPlain(Encoding encoding) {
    return encoding instanceof Encoding.Plain
        || encoding instanceof Encoding.Reordered(Encoding of, _, _) && isPlain(of);
  }

  @Override
  public Weight bias(Role role, int layer, int length) {
    return of.bias(role, layer, length);
  }

  @Override
  public long leastBytes() {
    int bits = rounding.codes().map(codes -> codes.scheme().bits()).orElse(Byte.SIZE);
    return of.leastBytes() * bits / Short.SIZE;
  }
}
