package dev.sgl.local.family.mixture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.architecture.Qwen3;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/// Qwen3-MoE (Yang et al., 2025): Qwen3 with experts in most layers.
public final class Qwen3Moe extends Mixture {
  @Override
  public String models() {
    return "Qwen3-30B-A3B, Qwen3-Coder, Qwen3-235B-A22B";
  }

  @Override
  public Names names(Config config) {
    return ExpertKeys.NAMES;
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of(
        "num_key_value_heads", 4,
        "num_experts_per_tok", 8,
        "moe_intermediate_size", 768);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    Part experts =
        ExpertKeys.softmax(
            config,
            dimensions,
            ExpertKeys.count(config, "num_experts"),
            config.number("moe_intermediate_size"),
            config.flag("norm_topk_prob", false),
            Optional.empty());
    IntPredicate sparse = ExpertKeys.sparse(config, dimensions.layers());
    return dimensions.preNorm(
        Qwen3.attention(config, dimensions),
        layer -> sparse.test(layer) ? experts : dimensions.gated(false));
  }
}
