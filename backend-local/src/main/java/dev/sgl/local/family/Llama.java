package dev.sgl.local.family;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.Map;
import java.util.Optional;

/// Llama 2, 3 and models of their shape (Touvron et al., 2023; Grattafiori et al., 2024).
final class Llama implements Family {
  static final Names NAMES =
      Names.of(
          Map.ofEntries(
              Map.entry(Role.EMBEDDING, "model.embed_tokens"),
              Map.entry(Role.ATTENTION_NORM, "model.layers.{}.input_layernorm"),
              Map.entry(Role.QUERY, "model.layers.{}.self_attn.q_proj"),
              Map.entry(Role.KEY, "model.layers.{}.self_attn.k_proj"),
              Map.entry(Role.VALUE, "model.layers.{}.self_attn.v_proj"),
              Map.entry(Role.QUERY_NORM, "model.layers.{}.self_attn.q_norm"),
              Map.entry(Role.KEY_NORM, "model.layers.{}.self_attn.k_norm"),
              Map.entry(Role.ATTENTION_OUTPUT, "model.layers.{}.self_attn.o_proj"),
              Map.entry(Role.FORWARD_NORM, "model.layers.{}.post_attention_layernorm"),
              Map.entry(Role.GATE, "model.layers.{}.mlp.gate_proj"),
              Map.entry(Role.UP, "model.layers.{}.mlp.up_proj"),
              Map.entry(Role.DOWN, "model.layers.{}.mlp.down_proj"),
              Map.entry(Role.FINAL_NORM, "model.norm"),
              Map.entry(Role.HEAD, "lm_head")),
          new Names.Prefix("model.", "")); // of a model that was saved without its head

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
