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
    Rounding by = WIDE.contains(role) ? Rounding.Q8_0 : rounding;
    boolean isMatrix = weight.rows() > 1 && role != Role.CONVOLUTION;
    if (!isMatrix
        || weight.encoding().quantized().isPresent()
        || weight.columns() % by.scheme().group() != 0) {
      return weight;
    }
    return Weight.of(weight.name(), weight.shape(), new Encoding.Rounded(weight.encoding(), by));
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
