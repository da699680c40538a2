package dev.sgl.local.family.gemma;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.FileLayouts;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.family.config.Windows;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/// Gemma 2 (Gemma Team, 2024): a window in every other layer, norms before and after each part
/// whose files have their weights less 1, bounds of scores and logits, an embedding times the
/// root of its length.
public final class Gemma2 implements Family {
  /// The values of keys that files of Gemma 2 and 3 leave out.
  static final Map<String, Object> STANDARDS =
      Map.of(
          "num_attention_heads", 8,
          "num_key_value_heads", 4,
          "head_dim", 256,
          "hidden_activation", "gelu_pytorch_tanh",
          "query_pre_attn_scalar", 256,
          "sliding_window", 4096,
          "tie_word_embeddings", true);

  /// The names of Gemma 2, 3 and 4, which have no norms of heads or some.
  static final Names ALL_NAMES =
      FileLayouts.LLAMA
          .with(Role.ATTENTION_AFTER_NORM, "model.layers.{}.post_attention_layernorm")
          .with(Role.FORWARD_NORM, "model.layers.{}.pre_feedforward_layernorm")
          .with(Role.FORWARD_AFTER_NORM, "model.layers.{}.post_feedforward_layernorm");

  /// The same of Gemma 2 and 3, whose files have the weights of norms less 1.
  static final Names NAMES = names();

  private static Names names() {
    Names names = ALL_NAMES;
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
  public String models() {
    return "Gemma 2";
  }

  @Override
  public Names names(Config config) {
    return NAMES;
  }

  @Override
  public Map<String, Object> standards() {
    Map<String, Object> all = new HashMap<>(STANDARDS);
    all.put("attn_logit_softcapping", 50);
    all.put("final_logit_softcapping", 30);
    all.put("vocab_size", 256_000);
    all.put("max_position_embeddings", 8192);
    return all;
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = dimensions(config);
    List<Boolean> sliding = Windows.sliding(config, dimensions.layers(), layer -> layer % 2 == 0);
    float cap = cap(config, "attn_logit_softcapping");
    AttentionShape heads = dimensions.heads().withScoring(new Scoring(scale(config), cap));
    List<AttentionShape> shapes = Windows.of(config, heads, sliding);
    Rotary rotary = RotaryScaling.rotary(config, dimensions);
    return decoder(config, dimensions, layer -> new Part.Attention(shapes.get(layer), rotary));
  }

  /// The numbers of a model.
  static Dimensions dimensions(Config config) {
    if (config.flag("use_bidirectional_attention", false)) {
      throw config.wrong("use_bidirectional_attention", "is true, which is not supported");
    }
    return Dimensions.read(config);
  }

  /// The factor of scores.
  static float scale(Config config) {
    return (float) (1 / Math.sqrt(config.positive("query_pre_attn_scalar", 256)));
  }

  /// A bound, if the key has one.
  static float cap(Config config, String key) {
    return (float) config.positive(key, Scoring.UNCAPPED);
  }

  /// @param attention that of each layer, without biases
  static Decoder decoder(
      Config config, Dimensions dimensions, IntFunction<Part.Attention> attention) {
    boolean biased = config.flag("attention_bias", false);
    return dimensions
        .betweenNorms(layer -> attention.apply(layer).withBias(biased, biased))
        .leavingF16()
        .withEmbeddingScale((float) Math.sqrt(dimensions.hidden()))
        .withCap(cap(config, "final_logit_softcapping"));
  }
}
