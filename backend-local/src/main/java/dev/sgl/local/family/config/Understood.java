package dev.sgl.local.family.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.weights.ModelException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/// Keys of `config.json` that change the computation of some family. A model is not loaded if its
/// family has not read one of them, unless its value is the neutral one.
public final class Understood {
  private static final Map<String, Predicate<JsonNode>> NEUTRAL = neutral();

  private Understood() {}

  private static Map<String, Predicate<JsonNode>> neutral() {
    Map<String, Predicate<JsonNode>> neutral = new TreeMap<>();
    for (String factor :
        List.of(
            "attention_multiplier",
            "embedding_multiplier",
            "logit_scale",
            "logits_scaling",
            "partial_rotary_factor",
            "residual_multiplier",
            "rotary_pct",
            "scale_depth",
            "scale_emb")) {
      neutral.put(factor, value -> value.isNumber() && value.asDouble() == 1);
    }
    for (String part :
        List.of(
            "alibi",
            "attn_logit_softcapping",
            "attn_output_gate",
            "clip_qkv",
            "final_logit_softcapping",
            "kv_lora_rank",
            "n_routed_experts",
            "no_rope_layers",
            "num_experts",
            "num_local_experts",
            "parallel_residual",
            "q_lora_rank",
            "query_pre_attn_scalar",
            "use_bidirectional_attention",
            "use_parallel_residual",
            "use_qk_norm")) {
      neutral.put(part, value -> value.isBoolean() && !value.asBoolean() || isNothing(value));
    }
    neutral.put("is_causal", value -> value.asBoolean(true));
    return neutral;
  }

  private static boolean isNothing(JsonNode value) {
    return value.isNumber() && value.asDouble() == 0 || value.isContainerNode() && value.isEmpty();
  }

  /// Refuses a model by the first key that changes the computation and that its family has not
  /// read.
  ///
  /// @throws ModelException naming the key
  public static void require(Config config) {
    NEUTRAL.forEach(
        (key, isNeutral) -> {
          if (!config.isRead(key)) {
            config
                .peek(key)
                .filter(value -> !isNeutral.test(value))
                .ifPresent(
                    value -> {
                      throw config.wrong(key, "is " + value + ", which is not supported");
                    });
          }
        });
    config.inner().forEach(Understood::require);
  }
}
