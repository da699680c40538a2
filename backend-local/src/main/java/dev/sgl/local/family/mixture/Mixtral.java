package dev.sgl.local.family.mixture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.architecture.Mistral;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import java.util.Map;
import java.util.Optional;

/// Mixtral (Jiang et al., 2024): Mistral with eight experts in each layer.
public final class Mixtral extends Mixture {
  private static final RotaryScaling.Standard STANDARD =
      new RotaryScaling.Standard(1_000_000, 1 << 17);

  @Override
  public String models() {
    return "Mixtral 8x7B and 8x22B";
  }

  @Override
  public Names names(Config config) {
    return ExpertKeys.NUMBERED;
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of("num_key_value_heads", 8, "rms_norm_eps", 1e-5, "num_experts_per_tok", 2);
  }

  @Override
  public RotaryScaling.Standard rotary(Config config) {
    return STANDARD;
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    int count = ExpertKeys.count(config, "num_local_experts");
    Part experts =
        ExpertKeys.softmax(config, dimensions, count, dimensions.inner(), true, Optional.empty());
    return dimensions.preNorm(Mistral.attention(config, dimensions, STANDARD), _ -> experts);
  }
}
