package dev.sgl.local.family.architecture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.FileLayouts;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.family.config.Windows;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Layer;
import dev.sgl.local.model.Norm;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Command R7B and A (Cohere, 2025): attention and the feed-forward part side by side behind one
/// layer norm; three of four layers have a window and turn neighbouring numbers, the others see
/// everything and turn nothing.
public final class Cohere2 implements Family {
  private static final int EACH = 4; // layers, of which the last sees everything
  private static final RotaryScaling.Standard STANDARD = new RotaryScaling.Standard(10_000, 8192);

  @Override
  public String models() {
    return "Command R7B, Command A";
  }

  @Override
  public Names names(Config config) {
    return FileLayouts.turned(FileLayouts.LLAMA, config, STANDARD, true);
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of(
        "layer_norm_eps",
        1e-5,
        "tie_word_embeddings",
        true,
        "logit_scale",
        0.0625,
        "sliding_window",
        4096);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config, "layer_norm_eps");
    int each = config.number("sliding_window_pattern", EACH);
    List<Boolean> sliding = Windows.allButLast(config, dimensions.layers(), each);
    List<AttentionShape> shapes = Windows.of(config, dimensions.heads(), sliding);
    Rotary rotary = RotaryScaling.rotary(config, dimensions, STANDARD);
    Rotary none = Rotary.none(dimensions.heads().headDim());
    boolean biased = config.flag("attention_bias", false);
    Optional<Norm> norm = Optional.of(dimensions.layerNorm(Role.ATTENTION_NORM, false));
    float scale = (float) config.positive("logit_scale", 1);
    return dimensions
        .decoder(
            layer -> {
              Part attention =
                  new Part.Attention(shapes.get(layer), sliding.get(layer) ? rotary : none)
                      .withBias(biased, biased);
              List<Part> parts = List.of(attention, dimensions.gated(false));
              return new Layer(List.of(new Layer.Residual(norm, parts, Optional.empty())));
            })
        .withNorm(dimensions.layerNorm(Role.FINAL_NORM, false).times(scale));
  }
}
