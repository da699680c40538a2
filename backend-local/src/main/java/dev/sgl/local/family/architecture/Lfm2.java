package dev.sgl.local.family.architecture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.kernel.Activation;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Layer;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// LFM2 and 2.5 (Hasani et al., LFM2, 2025): short convolutions in most layers, attention in the
/// others.
public final class Lfm2 implements Family {
  private static final double THETA = 1_000_000;
  private static final int CONTEXT = 128_000;
  private static final String ATTENTION = "full_attention";
  private static final Set<String> TYPES = Set.of(ATTENTION, "conv");

  private static final String LAYER = "model.layers.{}.";
  private static final Names NAMES =
      Names.of(
          Map.ofEntries(
              Map.entry(Role.EMBEDDING, "model.embed_tokens"),
              Map.entry(Role.ATTENTION_NORM, LAYER + "operator_norm"),
              Map.entry(Role.QUERY, LAYER + "self_attn.q_proj"),
              Map.entry(Role.KEY, LAYER + "self_attn.k_proj"),
              Map.entry(Role.VALUE, LAYER + "self_attn.v_proj"),
              Map.entry(Role.QUERY_NORM, LAYER + "self_attn.q_layernorm"),
              Map.entry(Role.KEY_NORM, LAYER + "self_attn.k_layernorm"),
              Map.entry(Role.ATTENTION_OUTPUT, LAYER + "self_attn.out_proj"),
              Map.entry(Role.CONVOLUTION_NORM, LAYER + "operator_norm"),
              Map.entry(Role.CONVOLUTION, LAYER + "conv.conv"),
              Map.entry(Role.CONVOLUTION_OUTPUT, LAYER + "conv.out_proj"),
              Map.entry(Role.FORWARD_NORM, LAYER + "ffn_norm"),
              Map.entry(Role.GATE, LAYER + "feed_forward.w1"),
              Map.entry(Role.UP, LAYER + "feed_forward.w3"),
              Map.entry(Role.DOWN, LAYER + "feed_forward.w2"),
              Map.entry(Role.FINAL_NORM, "model.embedding_norm"),
              Map.entry(Role.HEAD, "lm_head")));

  @Override
  public String models() {
    return "LFM2, LFM2.5";
  }

  @Override
  public Names names(Config config) {
    int hidden = config.number("hidden_size");
    String fused = LAYER + "conv.in_proj";
    return NAMES
        .withRows(Role.CONVOLUTION_GATE_IN, fused, 0, hidden)
        .withRows(Role.CONVOLUTION_GATE_OUT, fused, hidden, hidden)
        .withRows(Role.CONVOLUTION_INPUT, fused, 2 * hidden, hidden);
  }

  @Override
  public Optional<String> ggufArchitecture() {
    return Optional.of("lfm2");
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = dimensions(config);
    Rotary rotary = RotaryScaling.rotary(config, dimensions, rotary(config));
    Layer.Residual attention =
        new Layer.Residual(
            dimensions.norm(Role.ATTENTION_NORM),
            new Part.Attention(dimensions.heads(), rotary).withNorms(dimensions.headNorms()));
    Layer.Residual convolution =
        new Layer.Residual(
            dimensions.norm(Role.CONVOLUTION_NORM),
            new Part.Convolution(
                dimensions.hidden(),
                config.number("conv_L_cache", 3),
                config.flag("conv_bias", false)));
    Layer.Residual gated =
        new Layer.Residual(dimensions.norm(Role.FORWARD_NORM), dimensions.gated(false));
    Set<Integer> attending = attending(config, dimensions.layers());
    if (attending.isEmpty()) {
      throw config.wrong("layer_types", "has no layer with attention, which is not supported");
    }
    return dimensions.decoder(
        layer -> new Layer(List.of(attending.contains(layer) ? attention : convolution, gated)));
  }

  private static Dimensions dimensions(Config config) {
    return new Dimensions(
        config.number("vocab_size"),
        config.number("hidden_size"),
        inner(config),
        Dimensions.layers(config),
        Dimensions.heads(config),
        Activation.SILU,
        (float) config.positive("norm_eps", 1e-5),
        RotaryScaling.context(config, CONTEXT),
        config.flag("tie_embedding", config.flag("tie_word_embeddings", true)));
  }

  /// Older files call the base `theta`.
  @Override
  public RotaryScaling.Standard rotary(Config config) {
    double theta = config.positive("theta", THETA);
    if (config.has("theta") && config.positive("rope_theta", theta) != theta) {
      throw config.wrong("theta", "is " + theta + ", and rope_theta is another number");
    }
    return new RotaryScaling.Standard(theta, CONTEXT);
  }

  /// The inner numbers. If the file says that they are adjusted: two thirds of the given number,
  /// times a factor, up to the next multiple.
  private static int inner(Config config) {
    int named = config.count("block_ff_dim").orElseGet(() -> config.number("intermediate_size"));
    if (!config.flag("block_auto_adjust_ff_dim", true)) {
      return named;
    }
    int multiple = config.number("block_multiple_of", 256);
    int scaled = (int) (config.positive("block_ffn_dim_multiplier", 1) * (2 * named / 3));
    return (scaled + multiple - 1) / multiple * multiple;
  }

  /// The layers that attend: by `layer_types`, else by their numbers, else all.
  private static Set<Integer> attending(Config config, int layers) {
    List<String> types = config.texts("layer_types");
    List<Integer> all = IntStream.range(0, layers).boxed().toList();
    List<Integer> numbered = config.indices("full_attn_idxs", layers).orElse(all);
    if (!config.has("layer_types")) {
      return new HashSet<>(numbered);
    }
    if (types.size() != layers) {
      throw config.wrong("layer_types", "has %d, not %d".formatted(types.size(), layers));
    }
    if (!TYPES.containsAll(types)) {
      throw config.wrong("layer_types", "is " + types + "; supported are conv and " + ATTENTION);
    }
    return new HashSet<>(all.stream().filter(i -> types.get(i).equals(ATTENTION)).toList());
  }
}
