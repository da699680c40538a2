package dev.sgl.local.family.architecture;

import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import java.util.function.Function;

/// Granite 3 (Granite Team, IBM, 2024): Llama with four factors.
///
/// That of each residual, `x += r · part(norm(x))`, is in the embedding here: `y = x / r` has sums
/// without a factor, and norms give the same for `y` if their epsilon is divided by `r²`.
public final class Granite implements Family {
  @Override
  public String models() {
    return "Granite 3";
  }

  @Override
  public Decoder decoder(Config config) {
    return decoder(config, dimensions -> dimensions.gated(config.flag("mlp_bias", false)));
  }

  /// @param forward the feed-forward part of each layer
  public static Decoder decoder(Config config, Function<Dimensions, Part> forward) {
    double residual = config.positive("residual_multiplier", 1);
    Dimensions read = Dimensions.read(config);
    Dimensions dimensions = read.withEpsilon((float) (read.epsilon() / (residual * residual)));
    boolean biased = config.flag("attention_bias", false);
    float scale = (float) config.positive("attention_multiplier", 1);
    Part.Attention attention =
        new Part.Attention(
                dimensions.heads().withScoring(new Scoring(scale, Scoring.UNCAPPED)),
                RotaryScaling.rotary(config, dimensions))
            .withBias(biased, biased);
    Part part = forward.apply(dimensions);
    Decoder decoder = dimensions.preNorm(_ -> attention, _ -> part);
    double embedding = config.positive("embedding_multiplier", 1);
    double logits = config.positive("logits_scaling", 1);
    return decoder
        .withEmbeddingScale((float) (embedding / residual))
        .withNorm(decoder.norm().orElseThrow().times((float) (1 / logits)));
  }
}
