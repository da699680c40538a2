package dev.sgl.local.family.architecture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.FileLayouts;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Layer;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/// OLMo 2 (OLMo Team, 2025): norms of the results of parts, none of their inputs; norms of all
/// heads of queries and of keys.
public class Olmo2 implements Family {
  @Override
  public String models() {
    return "OLMo 2";
  }

  @Override
  public Names names(Config config) {
    return FileLayouts.LLAMA
        .with(Role.ATTENTION_AFTER_NORM, "model.layers.{}.post_attention_layernorm")
        .with(Role.FORWARD_AFTER_NORM, "model.layers.{}.post_feedforward_layernorm");
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of("rms_norm_eps", 1e-5);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    Part.Attention attention =
        new Part.Attention(dimensions.heads(), RotaryScaling.rotary(config, dimensions));
    return decoder(config, dimensions, _ -> attention);
  }

  /// @param attention that of each layer, without biases and norms
  static Decoder decoder(
      Config config, Dimensions dimensions, IntFunction<Part.Attention> attention) {
    boolean biased = config.flag("attention_bias", false);
    return dimensions.decoder(
        layer ->
            new Layer(
                List.of(
                    before(
                        attention
                            .apply(layer)
                            .withBias(biased, biased)
                            .withNorms(dimensions.normsOfAllHeads()),
                        dimensions,
                        Role.ATTENTION_AFTER_NORM),
                    before(dimensions.gated(false), dimensions, Role.FORWARD_AFTER_NORM))));
  }

  /// A part before a norm.
  private static Layer.Residual before(Part part, Dimensions dimensions, Role after) {
    return new Layer.Residual(Optional.empty(), List.of(part), Optional.of(dimensions.norm(after)));
  }
}
