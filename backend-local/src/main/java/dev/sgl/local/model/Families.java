package dev.sgl.local.model;

import dev.sgl.local.weights.ModelException;
import java.util.Map;
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

  private Families() {}

  /// @throws ModelException if the family is not known
  static Decoder decoder(DecoderConfig config) {
    Function<DecoderConfig, Decoder> family = TABLE.get(config.architecture());
    if (family == null) {
      throw new ModelException(
          "the architecture "
              + (config.architecture().isEmpty() ? "(none named)" : config.architecture())
              + " is not supported; supported are "
              + String.join(", ", new TreeSet<>(TABLE.keySet())));
    }
    return family.apply(config);
  }
}
