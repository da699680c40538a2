package dev.sgl.local.family.architecture;

import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import java.util.Optional;

/// Llama 2, 3 and models of their shape (Touvron et al., 2023; Grattafiori et al., 2024).
public final class Llama implements Family {
  @Override
  public String models() {
    return "Llama 2 and 3, SmolLM2, TinyLlama, R1-Distill-Llama, Hermes";
  }

  @Override
  public Optional<String> ggufArchitecture() {
    return Optional.of("llama");
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    boolean biased = config.flag("attention_bias", false);
    Part.Attention attention =
        new Part.Attention(dimensions.heads(), RotaryScaling.rotary(config, dimensions))
            .withBias(biased, biased);
    return dimensions.preNorm(_ -> attention, dimensions.gated(config.flag("mlp_bias", false)));
  }
}
