package dev.sgl.local.family;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.kernel.Scoring;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Layer;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.List;
import java.util.function.IntFunction;

/// Gemma 2 (Gemma Team, 2024): a window in every other layer, norms before and after each part
/// whose files have their weights less 1, bounds of scores and logits, an embedding times the
/// root of its length.
final class Gemma2 implements Family {
  private static final double BOUND_OF_SCORES = 50;
  private static final double BOUND_OF_LOGITS = 30;

  /// The names of both Gemma 2 and 3, which have no norms of heads or some.
  static final Names NAMES = names();

  private static Names names() {
    Names names =
        Llama.NAMES
            .with(Role.ATTENTION_AFTER_NORM, "model.layers.{}.post_attention_layernorm")
            .with(Role.FORWARD_NORM, "model.layers.{}.pre_feedforward_layernorm")
            .with(Role.FORWARD_AFTER_NORM, "model.layers.{}.post_feedforward_layernorm");
    List<Role> norms =
        List.of(
            Role.ATTENTION_NORM,
            Role.ATTENTION_AFTER_NORM,
            Role.QUERY_NORM,
            Role.KEY_NORM,
            Role.FORWARD_NORM,
            Role.FORWARD_AFTER_NORM,
            Role.FINAL_NORM);
    for (Role norm : norms) {
      names = names.withOffset(norm, 1);
    }
    return names;
  }

  @Override
  public Names names(Config config) {
    return NAMES;
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = dimensions(config);
    List<Boolean> sliding = Windows.sliding(config, dimensions.layers(), layer -> layer % 2 == 0);
    AttentionShape heads = dimensions.heads().withScoring(scoring(config, BOUND_OF_SCORES));
    List<AttentionShape> shapes = Windows.of(config, heads, sliding, 4096);
    Rotary rotary = RotaryScaling.rotary(config, dimensions);
    return decoder(
        config,
        dimensions,
        BOUND_OF_LOGITS,
        layer -> new Part.Attention(shapes.get(layer), rotary));
  }

  /// The numbers of a model, whose head is the table of the embedding if the file does not say.
  static Dimensions dimensions(Config config) {
    if (config.flag("use_bidirectional_attention", false)) {
      throw config.wrong("use_bidirectional_attention", "is true, which is not supported");
    }
    return Dimensions.read(config, "rms_norm_eps", true);
  }

  /// @param cap the bound of scores if the file does not name the key; null there is none
  static Scoring scoring(Config config, double cap) {
    double scale = 1 / Math.sqrt(config.positive("query_pre_attn_scalar", 256));
    return new Scoring((float) scale, cap(config, "attn_logit_softcapping", cap));
  }

  private static float cap(Config config, String key, double standard) {
    return (float) config.positive(key, config.names(key) ? Scoring.UNCAPPED : standard);
  }

  /// @param cap the bound of logits if the file does not name the key
  /// @param attention that of each layer, without biases
  static Decoder decoder(
      Config config, Dimensions dimensions, double cap, IntFunction<Part.Attention> attention) {
    boolean biased = config.flag("attention_bias", false);
    return dimensions
        .decoder(
            layer ->
                new Layer(
                    List.of(
                        dimensions.between(
                            Role.ATTENTION_NORM,
                            attention.apply(layer).withBias(biased, biased),
                            Role.ATTENTION_AFTER_NORM),
                        dimensions.between(
                            Role.FORWARD_NORM, dimensions.gated(false), Role.FORWARD_AFTER_NORM))))
        .withEmbeddingScale((float) Math.sqrt(dimensions.hidden()))
        .withCap(cap(config, "final_logit_softcapping", cap));
  }
}
