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
import java.util.stream.IntStream;

/// SmolLM3 (Bakouch et al., 2025): Llama without rotary positions in every fourth layer.
public final class SmolLm3 implements Family {
  private static final RotaryScaling.Standard STANDARD =
      new RotaryScaling.Standard(2_000_000, 32_768);

  @Override
  public String models() {
    return "SmolLM3";
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of("num_key_value_heads", 4, "tie_word_embeddings", true);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    Rotary rotary = RotaryScaling.rotary(config, dimensions, STANDARD);
    Rotary none = Rotary.none(dimensions.heads().headDim());
    List<Boolean> turned = turned(config, dimensions.layers());
    List<AttentionShape> shapes = shapes(config, dimensions, turned);
    boolean biased = config.flag("attention_bias", false);
    return dimensions.preNorm(
        layer ->
            new Part.Attention(shapes.get(layer), turned.get(layer) ? rotary : none)
                .withBias(biased, biased),
        dimensions.gated(config.flag("mlp_bias", false)));
  }

  /// Whether each layer has rotary positions: `no_rope_layers` has a 1 where it has.
  private static List<Boolean> turned(Config config, int layers) {
    int each = config.number("no_rope_layer_interval", 4);
    List<Integer> named =
        config
            .indices("no_rope_layers", 2)
            .orElseGet(
                () ->
                    IntStream.range(0, layers)
                        .mapToObj(layer -> (layer + 1) % each == 0 ? 0 : 1)
                        .toList());
    if (named.size() != layers) {
      throw config.wrong("no_rope_layers", "has %d, not %d".formatted(named.size(), layers));
    }
    return named.stream().map(has -> has == 1).toList();
  }

  /// Layers without positions see only a window, if the model uses one.
  private static List<AttentionShape> shapes(
      Config config, Dimensions dimensions, List<Boolean> turned) {
    boolean slides = config.flag("use_sliding_window", false) && config.has("sliding_window");
    List<Boolean> sliding =
        Windows.sliding(config, dimensions.layers(), layer -> slides && !turned.get(layer));
    return slides
        ? Windows.of(config, dimensions.heads(), sliding)
        : Windows.none(config, dimensions);
  }
}
