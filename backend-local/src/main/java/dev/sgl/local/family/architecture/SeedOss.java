package dev.sgl.local.family.architecture;

import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import java.util.Map;

/// Seed-OSS (ByteDance Seed Team, 2025): Llama with biases of queries, keys and values.
public final class SeedOss implements Family {
  @Override
  public String models() {
    return "Seed-OSS 36B";
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of("num_key_value_heads", 8, "head_dim", 128);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    Part.Attention attention =
        new Part.Attention(dimensions.heads(), RotaryScaling.rotary(config, dimensions))
            .withBias(
                config.flag("attention_bias", true), config.flag("attention_out_bias", false));
    return dimensions.preNorm(_ -> attention, dimensions.gated(config.flag("mlp_bias", false)));
  }
}
