package dev.sgl.local.family;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.weights.Role;
import java.util.Map;

/// The names of weights in GGUF files, which are the same for all families.
final class GgufNames {
  /// The final norm has the name of an embedding's norm in files of LFM2.
  static final Names.Prefix LFM2_NORM = new Names.Prefix("output_norm", "token_embd_norm");

  private static final Names WHOLE =
      Names.of(
          Map.ofEntries(
              Map.entry(Role.EMBEDDING, "token_embd"),
              Map.entry(Role.LAYER_EMBEDDING, "per_layer_token_embd"),
              Map.entry(Role.LAYER_PROJECTION, "per_layer_model_proj"),
              Map.entry(Role.LAYER_PROJECTION_NORM, "per_layer_proj_norm"),
              Map.entry(Role.ATTENTION_NORM, "blk.{}.attn_norm"),
              Map.entry(Role.QUERY, "blk.{}.attn_q"),
              Map.entry(Role.KEY, "blk.{}.attn_k"),
              Map.entry(Role.VALUE, "blk.{}.attn_v"),
              Map.entry(Role.QUERY_NORM, "blk.{}.attn_q_norm"),
              Map.entry(Role.KEY_NORM, "blk.{}.attn_k_norm"),
              Map.entry(Role.ATTENTION_OUTPUT, "blk.{}.attn_output"),
              Map.entry(Role.ATTENTION_AFTER_NORM, "blk.{}.post_attention_norm"),
              Map.entry(Role.CONVOLUTION_NORM, "blk.{}.attn_norm"),
              Map.entry(Role.CONVOLUTION, "blk.{}.shortconv.conv"),
              Map.entry(Role.CONVOLUTION_OUTPUT, "blk.{}.shortconv.out_proj"),
              Map.entry(Role.FORWARD_NORM, "blk.{}.ffn_norm"),
              Map.entry(Role.GATE, "blk.{}.ffn_gate"),
              Map.entry(Role.UP, "blk.{}.ffn_up"),
              Map.entry(Role.DOWN, "blk.{}.ffn_down"),
              Map.entry(Role.FORWARD_AFTER_NORM, "blk.{}.post_ffw_norm"),
              Map.entry(Role.ROUTER, "blk.{}.ffn_gate_inp"),
              Map.entry(Role.EXPERT_GATE, "blk.{}.ffn_gate_exps"),
              Map.entry(Role.EXPERT_UP, "blk.{}.ffn_up_exps"),
              Map.entry(Role.EXPERT_DOWN, "blk.{}.ffn_down_exps"),
              Map.entry(Role.LAYER_INPUT_GATE, "blk.{}.inp_gate"),
              Map.entry(Role.LAYER_INPUT_OUTPUT, "blk.{}.proj"),
              Map.entry(Role.LAYER_INPUT_AFTER_NORM, "blk.{}.post_norm"),
              Map.entry(Role.LAYER_FACTOR, "blk.{}.layer_output_scale"),
              Map.entry(Role.FINAL_NORM, "output_norm"),
              Map.entry(Role.HEAD, "output")),
          LFM2_NORM);

  private GgufNames() {}

  /// The names for a model, some of whose tensors are fused.
  ///
  /// @param hidden numbers of a token between layers
  static Names of(int hidden) {
    String fused = "blk.{}.shortconv.in_proj";
    return WHOLE
        .withRows(Role.CONVOLUTION_GATE_IN, fused, 0, hidden)
        .withRows(Role.CONVOLUTION_GATE_OUT, fused, hidden, hidden)
        .withRows(Role.CONVOLUTION_INPUT, fused, 2 * hidden, hidden);
  }
}
