package dev.sgl.local.family;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.checkpoint.RotaryOrder;
import dev.sgl.local.weights.Role;

/// Layouts of weights in the files of several families.
final class FileLayouts {
  private FileLayouts() {}

  /// Names of files in which the gates and the weights behind them are one tensor.
  static Names fusedGates(Names names, Config config) {
    String fused = "model.layers.{}.mlp.gate_up_proj";
    int inner = config.number("intermediate_size");
    return names.withRows(Role.GATE, fused, 0, inner).withRows(Role.UP, fused, inner, inner);
  }

  /// Names of files whose rotary positions turn other pairs of a head's numbers than ours.
  ///
  /// @param neighbours whether neighbouring numbers are a pair
  static Names turned(
      Names names, Config config, RotaryScaling.Standard standard, boolean neighbours) {
    int dim = Dimensions.heads(config).headDim();
    int turned = RotaryScaling.turned(config, dim, standard);
    if (turned == dim && !neighbours) {
      return names;
    }
    int[] order = RotaryOrder.ofHead(dim, turned, neighbours);
    return names.withHeadOrder(Role.QUERY, order).withHeadOrder(Role.KEY, order);
  }
}
