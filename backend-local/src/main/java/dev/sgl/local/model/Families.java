package dev.sgl.local.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.weights.ModelException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/// The table of model families, by the name in `config.json`.
final class Families {
  private static final Map<String, Function<DecoderConfig, Decoder>> TABLE =
      Map.of(
          "LlamaForCausalLM", Llama::decoder,
          "MistralForCausalLM", Mistral::decoder,
          "Qwen2ForCausalLM", Qwen2::decoder,
          "Qwen3ForCausalLM", Qwen3::decoder);

  /// Types of models that only read.
  private static final Set<String> ENCODERS =
      Set.of(
          "albert",
          "bert",
          "deberta",
          "deberta-v2",
          "distilbert",
          "electra",
          "modernbert",
          "mpnet",
          "nomic_bert",
          "roberta",
          "xlm-roberta");

  private Families() {}

  /// The family that `config.json` names.
  ///
  /// @throws ModelException if it is not known, or a number is missing or makes no sense
  static Decoder decoder(JsonNode json) {
    String architecture = json.path("architectures").path(0).asText("");
    Function<DecoderConfig, Decoder> family = TABLE.get(architecture);
    if (family == null) {
      throw new ModelException(refusal(json, architecture));
    }
    Understood.require(json);
    return family.apply(DecoderConfig.read(json));
  }

  private static String refusal(JsonNode json, String architecture) {
    String type = json.path("model_type").asText("");
    String named =
        architecture.isEmpty()
            ? type.isEmpty() ? "a model without a named architecture" : "the model type " + type
            : "the architecture " + architecture;
    String kind = kind(json, architecture, type);
    return "config.json: "
        + named
        + (kind.isEmpty() ? "" : ", " + kind + ",")
        + " is not supported; supported are "
        + String.join(", ", new TreeSet<>(TABLE.keySet()));
  }

  /// What a model is that writes no text; empty if it may be one that does.
  private static String kind(JsonNode json, String architecture, String type) {
    if (json.path("is_encoder_decoder").asBoolean(false)) {
      return "an encoder with a decoder";
    }
    if (architecture.endsWith("ForSequenceClassification")) {
      return "a classifier or reranker";
    }
    if (ENCODERS.contains(type)) {
      return "an encoder, which makes embeddings and no text";
    }
    return json.has("vision_config") ? "a model that sees pictures" : "";
  }
}
