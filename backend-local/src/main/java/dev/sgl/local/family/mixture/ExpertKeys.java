package dev.sgl.local.family.mixture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.FileLayouts;
import dev.sgl.local.kernel.experts.Routing;
import dev.sgl.local.kernel.experts.Routing.Scores;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/// The keys of `config.json` that several mixtures of experts have, and the names of their weights.
final class ExpertKeys {
  private static final int MOST_EXPERTS = 1 << 14;
  private static final String LAYER = "model.layers.{}.";

  private ExpertKeys() {}

  /// The names of most files.
  static final Names NAMES = names(LAYER + "mlp.", "gate_proj", "up_proj", "down_proj");

  /// The names of Mixtral's files.
  static final Names NUMBERED = names(LAYER + "block_sparse_moe.", "w1", "w3", "w2");

  private static Names names(String part, String gate, String up, String down) {
    String expert = part + "experts." + Names.EXPERT + ".";
    return FileLayouts.LLAMA
        .with(Role.ROUTER, part + "gate")
        .with(Role.EXPERT_GATE, expert + gate)
        .with(Role.EXPERT_UP, expert + up)
        .with(Role.EXPERT_DOWN, expert + down);
  }

  /// The same with an expert of all tokens.
  static Names withShared(Names names, String shared) {
    String part = LAYER + "mlp." + shared + ".";
    return names
        .with(Role.SHARED_GATE, part + "gate_proj")
        .with(Role.SHARED_UP, part + "up_proj")
        .with(Role.SHARED_DOWN, part + "down_proj");
  }

  /// The number of experts, under the key of the family or under that of newer files.
  static int count(Config config, String key) {
    String present = config.has("num_local_experts") ? "num_local_experts" : key;
    int count = config.number(present);
    if (count > MOST_EXPERTS) {
      throw config.wrong(present, "is %d, above %d".formatted(count, MOST_EXPERTS));
    }
    return count;
  }

  /// The number of experts of a token.
  static int chosen(Config config, int experts) {
    int chosen = config.number("num_experts_per_tok");
    if (chosen > experts) {
      throw config.wrong("num_experts_per_tok", "is %d of %d".formatted(chosen, experts));
    }
    return chosen;
  }

  /// Experts whose scores are a softmax over all.
  ///
  /// @param inner numbers inside each
  static Part.Experts softmax(
      Config config,
      Dimensions dimensions,
      int experts,
      int inner,
      boolean normalizes,
      Optional<Part.Shared> shared) {
    return new Part.Experts(
        new Routing(experts, chosen(config, experts), Scores.SOFTMAX, normalizes),
        new Part.Gated(inner, dimensions.activation(), false),
        false,
        shared);
  }

  /// Whether a layer has experts: one of a number of layers, but none that is named.
  static IntPredicate sparse(Config config, int layers) {
    int step = config.number("decoder_sparse_step", 1);
    List<Integer> dense = config.indices("mlp_only_layers", layers).orElse(List.of());
    return layer -> (layer + 1) % step == 0 && !dense.contains(layer);
  }
}
