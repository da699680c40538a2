package dev.sgl.local.family.architecture;

import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.family.config.Windows;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import java.util.List;
import java.util.Map;

/// Ministral 3 (Mistral AI, 2025): Mistral whose queries grow with their positions, as
/// `llama_4_scaling_beta` says.
public final class Ministral3 implements Family {
  @Override
  public String models() {
    return "Ministral 3";
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of(
        "num_key_value_heads", 8,
        "head_dim", 128,
        "rms_norm_eps", 1e-5);
  }

  @Override
  public Decoder decoder(Config config) {
    Config positions = config.at("rope_parameters");
    if (!positions.has("llama_4_scaling_beta")) {
      throw positions.wrong("llama_4_scaling_beta", "is missing");
    }
    Dimensions dimensions = Dimensions.read(config);
    Rotary rotary = RotaryScaling.rotary(config, dimensions);
    List<AttentionShape> shapes = Windows.named(config, dimensions);
    return dimensions.preNorm(
        layer -> new Part.Attention(shapes.get(layer), rotary), dimensions.gated(false));
  }
}
