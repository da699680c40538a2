package dev.sgl.local.family.architecture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.FileLayouts;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import java.util.Map;

/// GLM-4 (GLM Team, 2024): the first half of each head is turned, neighbour with neighbour;
/// queries, keys and values have a bias; fused gates.
public class Glm implements Family {
  private static final RotaryScaling.Standard STANDARD = RotaryScaling.STANDARD.ofPart(0.5);

  @Override
  public String models() {
    return "GLM-4-9B";
  }

  @Override
  public Names names(Config config) {
    Names names = FileLayouts.fusedGates(FileLayouts.LLAMA, config);
    return FileLayouts.turned(names, config, STANDARD, true);
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of(
        "num_key_value_heads",
        2,
        "head_dim",
        128,
        "rms_norm_eps",
        1.5625e-7,
        "attention_bias",
        true);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    Part.Attention attention = attention(config, dimensions);
    return dimensions.preNorm(_ -> attention, dimensions.gated(false));
  }

  static Part.Attention attention(Config config, Dimensions dimensions) {
    return new Part.Attention(
            dimensions.heads(), RotaryScaling.rotary(config, dimensions, STANDARD))
        .withBias(config.flag("attention_bias", false), false);
  }
}
