package dev.sgl.local.family.mixture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import java.util.Map;
import java.util.Optional;

/// OLMoE (Muennighoff et al., 2024): 64 small experts in each layer; norms of all heads of queries
/// and of keys.
public final class Olmoe extends Mixture {
  @Override
  public String models() {
    return "OLMoE";
  }

  @Override
  public Names names(Config config) {
    return ExpertKeys.NAMES;
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of("rms_norm_eps", 1e-5, "num_experts_per_tok", 8);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    boolean biased = config.flag("attention_bias", false);
    Part.Attention attention =
        new Part.Attention(dimensions.heads(), RotaryScaling.rotary(config, dimensions))
            .withBias(biased, biased)
            .withNorms(dimensions.normsOfAllHeads());
    Part experts =
        ExpertKeys.softmax(
            config,
            dimensions,
            ExpertKeys.count(config, "num_experts"),
            dimensions.inner(),
            config.flag("norm_topk_prob", false),
            Optional.empty());
    return dimensions.preNorm(_ -> attention, _ -> experts);
  }
}
