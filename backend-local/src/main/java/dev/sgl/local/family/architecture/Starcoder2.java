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
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.List;
import java.util.Map;

/// StarCoder2 (Lozhkov et al., 2024): layer norms, a feed-forward part without a gate, and biases
/// everywhere.
public final class Starcoder2 implements Family {
  private static final RotaryScaling.Standard STANDARD = new RotaryScaling.Standard(10_000, 4096);

  @Override
  public String models() {
    return "StarCoder2";
  }

  @Override
  public Names names(Config config) {
    return FileLayouts.LLAMA
        .with(Role.UP, "model.layers.{}.mlp.c_fc")
        .with(Role.DOWN, "model.layers.{}.mlp.c_proj");
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of(
        "num_key_value_heads",
        2,
        "norm_epsilon",
        1e-5,
        "tie_word_embeddings",
        true,
        "use_bias",
        true,
        "hidden_act",
        "gelu_pytorch_tanh");
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config, "norm_epsilon");
    Rotary rotary = RotaryScaling.rotary(config, dimensions, STANDARD);
    List<AttentionShape> shapes = Windows.named(config, dimensions);
    boolean biased = config.flag("use_bias", false);
    Layer.Residual forward =
        new Layer.Residual(
            dimensions.layerNorm(Role.FORWARD_NORM, true),
            new Part.Perceptron(dimensions.inner(), dimensions.activation(), biased));
    return dimensions
        .decoder(
            layer ->
                new Layer(
                    List.of(
                        new Layer.Residual(
                            dimensions.layerNorm(Role.ATTENTION_NORM, true),
                            new Part.Attention(shapes.get(layer), rotary).withBias(biased, biased)),
                        forward)))
        .withNorm(dimensions.layerNorm(Role.FINAL_NORM, true));
  }
}
