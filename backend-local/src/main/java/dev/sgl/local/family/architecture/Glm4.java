package dev.sgl.local.family.architecture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;

/// GLM-4-0414 (Z.ai, 2025): GLM-4 with norms behind its parts, too.
public final class Glm4 extends Glm {
  @Override
  public String models() {
    return "GLM-4-0414 9B and 32B";
  }

  @Override
  public Names names(Config config) {
    return super.names(config)
        .with(Role.ATTENTION_AFTER_NORM, "model.layers.{}.post_self_attn_layernorm")
        .with(Role.FORWARD_AFTER_NORM, "model.layers.{}.post_mlp_layernorm");
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    Part.Attention attention = attention(config, dimensions);
    return dimensions.betweenNorms(_ -> attention).leavingF16();
  }
}
