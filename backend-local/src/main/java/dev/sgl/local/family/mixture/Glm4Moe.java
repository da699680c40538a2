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

/// GLM-4.5 and later (GLM Team, 2025): the first layers are dense, the others have experts, chosen
/// by corrected scores, and one of all tokens; half of each head is turned.
public final class Glm4Moe extends Mixture {
  private static final RotaryScaling.Standard STANDARD = RotaryScaling.STANDARD.ofPart(0.5);
  private static final int MOST_SHARED = 1 << 24; // numbers inside the expert of all tokens

  @Override
  public String models() {
    return "GLM-4.5, GLM-4.6, GLM-4.7";
  }

  @Override
  public Names names(Config config) {
    Names names =
        ExpertKeys.withShared(ExpertKeys.NAMES, "shared_experts")
            .withBuffer(Role.ROUTER_CORRECTION, "model.layers.{}.mlp.gate.e_score_correction_bias");
    return FileLayouts.turned(names, config, STANDARD, false);
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of(
        "num_key_value_heads",
        8,
        "rms_norm_eps",
        1e-5,
        "num_experts_per_tok",
        8,
        "moe_intermediate_size",
        1408);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    Part.Attention plain =
        new Part.Attention(dimensions.heads(), RotaryScaling.rotary(config, dimensions, STANDARD))
            .withBias(config.flag("attention_bias", false), false);
    Part.Attention attention =
        config.flag("use_qk_norm", false) ? plain.withNorms(dimensions.headNorms()) : plain;
    Part experts = experts(config, dimensions);
    int dense = config.index("first_k_dense_replace", 1);
    return dimensions.preNorm(
        _ -> attention, layer -> layer < dense ? dimensions.gated(false) : experts);
  }

  private static Part experts(Config config, Dimensions dimensions) {
    int inner = config.number("moe_intermediate_size");
    int sharedExperts = config.number("n_shared_experts", 1);
    if ((long) inner * sharedExperts > MOST_SHARED) {
      throw config.wrong(
          "n_shared_experts", "is %d, of %d numbers each".formatted(sharedExperts, inner));
    }
    int shared = inner * sharedExperts;
    return new Part.Experts(
        routing(config),
        new Part.Gated(inner, dimensions.activation(), false),
        true,
        Optional.of(
            new Part.Shared(new Part.Gated(shared, dimensions.activation(), false), false)));
  }

  private static Routing routing(Config config) {
    int count = ExpertKeys.count(config, "n_routed_experts");
    int chosen = ExpertKeys.chosen(config, count);
    int groups = config.number("n_group", 1);
    if (count % groups != 0 || count / groups < 2) {
      throw config.wrong("n_group", "does not divide %d experts in twos".formatted(count));
    }
    int chosenGroups = config.number("topk_group", 1);
    if (chosenGroups > groups || chosen > chosenGroups * (count / groups)) {
      throw config.wrong(
          "topk_group",
          "is %d of %d groups, for %d experts".formatted(chosenGroups, groups, chosen));
    }
    return new Routing(
        count,
        chosen,
        Scores.SIGMOID,
        config.flag("norm_topk_prob", true),
        groups,
        chosenGroups,
        (float) config.positive("routed_scaling_factor", 1));
  }
}
