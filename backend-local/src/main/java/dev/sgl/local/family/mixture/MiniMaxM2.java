package dev.sgl.local.family.mixture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.FileLayouts;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.kernel.experts.Routing;
import dev.sgl.local.kernel.experts.Routing.Scores;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.Map;
import java.util.Optional;

/// MiniMax-M2 (MiniMax, 2025): experts in each layer, chosen by corrected scores; norms of all
/// heads of queries and of keys; part of each head is turned.
public final class MiniMaxM2 extends Mixture {
  private static final double THETA = 5_000_000;
  private static final int CONTEXT = 196_608;

  @Override
  public String models() {
    return "MiniMax-M2, MiniMax-M2.1";
  }

  @Override
  public Names names(Config config) {
    Names names =
        ExpertKeys.NUMBERED.withBuffer(
            Role.ROUTER_CORRECTION, "model.layers.{}.block_sparse_moe.e_score_correction_bias");
    return FileLayouts.turned(names, config, rotary(config), false);
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of("num_key_value_heads", 8, "head_dim", 128, "num_experts_per_tok", 8);
  }

  /// Released files say by `rotary_dim` how many numbers of a head are turned.
  @Override
  public RotaryScaling.Standard rotary(Config config) {
    int dim = Dimensions.heads(config).headDim();
    double part = config.number("rotary_dim", dim) / (double) dim;
    return new RotaryScaling.Standard(THETA, CONTEXT).ofPart(part);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    Part.Attention plain =
        new Part.Attention(
            dimensions.heads(), RotaryScaling.rotary(config, dimensions, rotary(config)));
    boolean normed = config.flag("use_qk_norm", true);
    Part.Attention attention = normed ? plain.withNorms(dimensions.normsOfAllHeads()) : plain;
    requireUsual(config);
    int count = ExpertKeys.count(config, "num_local_experts");
    Part experts =
        new Part.Experts(
            new Routing(count, ExpertKeys.chosen(config, count), Scores.SIGMOID, true),
            dimensions.gated(false),
            true,
            Optional.empty());
    return dimensions.preNorm(_ -> attention, _ -> experts);
  }

  /// Refuses what no released model has.
  private static void requireUsual(Config config) {
    String scores = config.text("scoring_func").orElse("sigmoid");
    if (!scores.equals("sigmoid")) {
      throw config.wrong("scoring_func", "is " + scores + ", which is not supported");
    }
    if (!config.flag("use_routing_bias", true)) {
      throw config.wrong("use_routing_bias", "is false, which is not supported");
    }
    if (config.index("shared_intermediate_size", 0) > 0) {
      throw config.wrong("shared_intermediate_size", "is above 0, which is not supported");
    }
  }
}
