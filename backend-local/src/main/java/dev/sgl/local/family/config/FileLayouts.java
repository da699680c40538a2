package dev.sgl.local.family.config;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.checkpoint.RotaryOrder;
import dev.sgl.local.weights.Role;
import java.util.Map;
import java.util.stream.Stream;

/// Names and layouts of weights in the files of several families.
public final class FileLayouts {
  /// The names of Llama's files, which most families use.
  public static final Names LLAMA =
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
              Map.entry(Role.HEAD, "lm_head"),
              Map.entry(Role.LABELS, "score")),
          new Names.Prefix("model.", "")); // of a model that was saved without its head

  private FileLayouts() {}

  /// Names of files in which the gates and the weights behind them are one tensor.
  public static Names fusedGates(Names names, Config config) {
    String fused = "model.layers.{}.mlp.gate_up_proj";
    int inner = config.number("intermediate_size");
    return names.withRows(Role.GATE, fused, 0, inner).withRows(Role.UP, fused, inner, inner);
  }

  /// Names of files whose rotary positions turn other pairs of a head's numbers than ours.
  ///
  /// @param neighbours whether neighbouring numbers are a pair
  public static Names turned(
      Names names, Config config, RotaryScaling.Standard standard, boolean neighbours) {
    int dim = Dimensions.heads(config).headDim();
    int turned = RotaryScaling.turned(config, dim, standard);
    if (turned == dim && !neighbours) {
      return names;
    }
    int[] order = RotaryOrder.ofHead(dim, turned, neighbours);
    return Stream.of(Role.QUERY, Role.KEY, Role.QUERY_NORM, Role.KEY_NORM)
        .filter(names.stems()::containsKey)
        .reduce(names, (all, role) -> all.withHeadOrder(role, order), (_, last) -> last);
  }
}
