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
import java.util.Optional;
import java.util.function.IntFunction;

/// Qwen2 and 2.5 (Yang et al., 2024): queries, keys and values have a bias.
public final class Qwen2 implements Family {
  @Override
  public String models() {
    return "Qwen2, Qwen2.5, Qwen2.5-Coder, QwQ, R1-Distill-Qwen";
  }

  @Override
  public Optional<String> ggufArchitecture() {
    return Optional.of("qwen2");
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of("num_key_value_heads", 32);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    return dimensions.preNorm(attention(config, dimensions, true), dimensions.gated(false));
  }

  /// The attention of each layer.
  ///
  /// @param biased whether queries, keys and values have a bias
  public static IntFunction<Part.Attention> attention(
      Config config, Dimensions dimensions, boolean biased) {
    Rotary rotary = RotaryScaling.rotary(config, dimensions);
    List<AttentionShape> shapes =
        config.flag("use_sliding_window", false)
            ? Windows.named(config, dimensions)
            : Windows.none(config, dimensions);
    return layer -> new Part.Attention(shapes.get(layer), rotary).withBias(biased, false);
  }
}
