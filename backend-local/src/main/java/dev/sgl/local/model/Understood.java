package dev.sgl.local.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.weights.ModelException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/// Keys of `config.json` that change the computation and are not supported. A model is not loaded
/// if one of them has another value than its neutral one.
final class Understood {
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
            "use_parallel_residual",
            "use_qk_norm")) {
      neutral.put(part, value -> value.isBoolean() && !value.asBoolean() || isNothing(value));
    }
    return neutral;
  }

  private static boolean isNothing(JsonNode value) {
    return value.isNumber() && value.asDouble() == 0 || value.isContainerNode() && value.isEmpty();
  }

  /// @throws ModelException naming the first key that is not understood
  static void require(JsonNode config) {
    JsonNode quantization = config.path("quantization_config");
    if (quantization.isObject()) {
      throw new ModelException(
          "config.json: quantization_config: weights of the kind %s are not supported yet; take the model in 16 bits"
              .formatted(quantization.path("quant_method").asText("that it names")));
    }
    requireNeutral(config);
    requireNeutral(config.path("rope_parameters"));
    requireNeutral(config.path("rope_scaling"));
  }

  private static void requireNeutral(JsonNode config) {
    NEUTRAL.forEach(
        (key, isNeutral) -> {
          JsonNode value = config.path(key);
          if (!value.isMissingNode() && !value.isNull() && !isNeutral.test(value)) {
            throw new ModelException(
                "config.json: %s is %s, which is not supported".formatted(key, value));
          }
        });
  }
}
