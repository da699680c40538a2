package dev.sgl.local.family.mixture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.architecture.Qwen2;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/// Qwen1.5-MoE and Qwen2-MoE (Yang et al., 2024): Qwen2 with experts in most layers, and one of
/// all tokens, whose result has a factor.
public final class Qwen2Moe extends Mixture {
  @Override
  public String models() {
    return "Qwen1.5-MoE, Qwen2-57B-A14B";
  }

  @Override
  public Names names(Config config) {
    return ExpertKeys.withShared(ExpertKeys.NAMES, "shared_expert")
        .with(Role.SHARED_FACTOR, "model.layers.{}.mlp.shared_expert_gate");
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of(
        "num_key_value_heads",
        16,
        "num_experts_per_tok",
        4,
        "moe_intermediate_size",
        1408,
        "shared_expert_intermediate_size",
        5632);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    int shared = config.number("shared_expert_intermediate_size");
    Part experts =
        ExpertKeys.softmax(
            config,
            dimensions,
            ExpertKeys.count(config, "num_experts"),
            config.number("moe_intermediate_size"),
            config.flag("norm_topk_prob", false),
            Optional.of(
                new Part.Shared(new Part.Gated(shared, dimensions.activation(), false), true)));
    IntPredicate sparse = ExpertKeys.sparse(config, dimensions.layers());
    boolean biased = config.flag("qkv_bias", true);
    return dimensions.preNorm(
        Qwen2.attention(config, dimensions, biased),
        layer -> sparse.test(layer) ? experts : dimensions.gated(false));
  }
}
