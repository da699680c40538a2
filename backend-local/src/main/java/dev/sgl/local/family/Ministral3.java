package dev.sgl.local.family;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import java.util.List;

/// Ministral 3 (Mistral AI, 2025): Mistral whose queries grow with their positions, as
/// `llama_4_scaling_beta` says.
final class Ministral3 implements Family {
  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    Rotary rotary = RotaryScaling.rotary(config, dimensions);
    List<AttentionShape> shapes = Windows.of(config, dimensions, true);
    return dimensions.preNorm(
        layer -> new Part.Attention(shapes.get(layer), rotary), dimensions.gated(false));
  }
}
