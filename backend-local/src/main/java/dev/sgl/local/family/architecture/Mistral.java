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

/// Mistral (Jiang et al., 2023): a window over which attention slides, where the file names one.
public final class Mistral implements Family {
  @Override
  public String models() {
    return "Mistral 7B, Mistral Nemo";
  }

  @Override
  public Optional<String> ggufArchitecture() {
    return Optional.of("llama");
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of("num_key_value_heads", 8);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    return dimensions.preNorm(
        attention(config, dimensions, RotaryScaling.STANDARD), dimensions.gated(false));
  }

  /// The attention of each layer.
  ///
  /// @param standard the rotary positions of a file that has none
  public static IntFunction<Part.Attention> attention(
      Config config, Dimensions dimensions, RotaryScaling.Standard standard) {
    Rotary rotary = RotaryScaling.rotary(config, dimensions, standard);
    List<AttentionShape> shapes = Windows.named(config, dimensions);
    return layer -> new Part.Attention(shapes.get(layer), rotary);
  }
}
