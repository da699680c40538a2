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

/// Qwen3 (Yang et al., 2025): queries and keys normed head by head.
public final class Qwen3 implements Family {
  @Override
  public String models() {
    return "Qwen3";
  }

  @Override
  public Optional<String> ggufArchitecture() {
    return Optional.of("qwen3");
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of(
        "num_key_value_heads", 32,
        "head_dim", 128);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    return dimensions.preNorm(attention(config, dimensions), dimensions.gated(false));
  }

  /// The attention of each layer.
  public static IntFunction<Part.Attention> attention(Config config, Dimensions dimensions) {
    Rotary rotary = RotaryScaling.rotary(config, dimensions);
    boolean biased = config.flag("attention_bias", false);
    Part.HeadNorms norms = dimensions.headNorms();
    List<AttentionShape> shapes =
        config.flag("use_sliding_window", false)
            ? Windows.named(config, dimensions)
            : Windows.none(config, dimensions);
    return layer ->
        new Part.Attention(shapes.get(layer), rotary).withBias(biased, biased).withNorms(norms);
  }
}
