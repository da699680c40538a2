package dev.sgl.local.family.mixture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.architecture.Granite;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.FileLayouts;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.weights.Role;
import java.util.Map;
import java.util.Optional;

/// Granite 3 with experts (Granite Team, 2024): the experts of a layer lie in one tensor, gates and
/// ups of each together.
public final class GraniteMoe extends Mixture {
  private static final String PART = "model.layers.{}.block_sparse_moe.";

  @Override
  public String models() {
    return "Granite 3 1B-A400M, 3B-A800M";
  }

  @Override
  public Names names(Config config) {
    int inner = config.number("intermediate_size");
    String input = PART + "input_linear";
    return FileLayouts.LLAMA
        .with(Role.ROUTER, PART + "router.layer")
        .withRows(Role.EXPERT_GATE, input, 0, inner)
        .withRows(Role.EXPERT_UP, input, inner, inner)
        .with(Role.EXPERT_DOWN, PART + "output_linear");
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of("num_experts_per_tok", 2);
  }

  @Override
  public Decoder decoder(Config config) {
    int count = ExpertKeys.count(config, "num_local_experts");
    return Granite.decoder(
        config,
        dimensions ->
            ExpertKeys.softmax(
                config, dimensions, count, dimensions.inner(), true, Optional.empty()));
  }
}
