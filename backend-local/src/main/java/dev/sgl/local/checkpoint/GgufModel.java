package dev.sgl.local.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Weight;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The header of a GGUF file in the form of the JSON files of a model folder, so that families and
/// chat templates read both alike.
final class GgufModel {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private static final String LFM2 = "lfm2";
  private static final String GEMMA2 = "gemma2";
  private static final String GEMMA3 = "gemma3";
  private static final String GEMMA4 = "gemma4";
  private static final String LLAMA = "llama";
  private static final String QWEN3_MOE = "qwen3moe";
  private static final String MIXTRAL = "MixtralForCausalLM";

  /// Architectures, by their names in GGUF files. Mistral's models are called llama there, and
  /// Mixtral's, which have experts.
  private static final Map<String, String> ARCHITECTURES =
      Map.of(
          GEMMA2,
          "Gemma2ForCausalLM",
          GEMMA3,
          "Gemma3ForCausalLM",
          GEMMA4,
          "Gemma4ForCausalLM",
          LFM2,
          "Lfm2ForCausalLM",
          LLAMA,
          "LlamaForCausalLM",
          "olmoe",
          "OlmoeForCausalLM",
          "qwen2",
          "Qwen2ForCausalLM",
          "qwen3",
          "Qwen3ForCausalLM",
          QWEN3_MOE,
          "Qwen3MoeForCausalLM");

  /// Keys of `config.json`, by the keys of a GGUF file behind the name of the architecture.
  private static final Map<String, String> KEYS =
      Map.ofEntries(
          Map.entry("context_length", "max_position_embeddings"),
          Map.entry("embedding_length", "hidden_size"),
          Map.entry("block_count", "num_hidden_layers"),
          Map.entry("feed_forward_length", "intermediate_size"),
          Map.entry("attention.head_count", "num_attention_heads"),
          Map.entry("attention.head_count_kv", "num_key_value_heads"),
          Map.entry("attention.key_length", "head_dim"),
          Map.entry("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
          Map.entry("rope.freq_base", "rope_theta"),
          Map.entry("expert_count", "num_local_experts"),
          Map.entry("expert_used_count", "num_experts_per_tok"),
          Map.entry("expert_feed_forward_length", "moe_intermediate_size"));

  /// Keys of `config.json` that only one architecture has, or has under another name.
  private static final Map<String, Map<String, String>> OWN_KEYS =
      Map.of(
          LFM2,
          Map.of(
              "shortconv.l_cache", "conv_L_cache",
              "attention.layer_norm_rms_epsilon", "norm_eps"),
          GEMMA2,
          Map.of(
              "attention.sliding_window", "sliding_window",
              "attn_logit_softcapping", "attn_logit_softcapping",
              "final_logit_softcapping", "final_logit_softcapping"),
          GEMMA3,
          Map.of(
              "attention.sliding_window", "sliding_window",
              "attention.sliding_window_pattern", "sliding_window_pattern",
              "rope.freq_base_swa", "rope_local_base_freq",
              "final_logit_softcapping", "final_logit_softcapping"),
          GEMMA4,
          GgufGemma4.KEYS);

  /// Layers of the models whose scores are scaled by other numbers than those of a head.
  private static final Map<String, Integer> LAYERS_OF_27B = Map.of(GEMMA2, 46, GEMMA3, 62);

  /// Keys of the scaling of rotary positions.
  private static final Map<String, String> SCALING_KEYS =
      Map.of(
          "rope.scaling.type", "rope_type",
          "rope.scaling.factor", "factor",
          "rope.scaling.original_context_length", "original_max_position_embeddings",
          "rope.scaling.attn_factor", "attention_factor");

  /// Keys that change no computation, or are compared with others.
  private static final List<String> READ =
      List.of(
          "vocab_size",
          "tensor_data_layout",
          "attention.causal",
          "attention.value_length",
          "attention.value_length_swa",
          "rope.dimension_count",
          "rope.dimension_count_swa",
          "rope.scaling.finetuned");

  static final String FACTORS = "rope_freqs.weight";

  /// Names of the weights and biases of queries and keys.
  private static final Pattern TURNED = Pattern.compile("blk\\.\\d+\\.attn_([qk])\\.(weight|bias)");

  private static final Pattern LAYER = Pattern.compile("blk\\.(\\d{1,9})\\.");

  private final Gguf header;
  private final Map<String, Weight> tensors;
  private final String architecture;
  private final Map<String, JsonNode> files;

  /// @param tensors by name; rows of queries and keys are put into the order of model folders
  /// @throws ModelException if the architecture, or a key that may change the computation, is not
  ///     known
  GgufModel(Gguf header, Map<String, Weight> tensors) {
    this.header = header;
    this.tensors = tensors;
    this.architecture = header.text("general.architecture").orElse("");
    ObjectNode config = config();
    this.files =
        Map.of(
            "config.json", config,
            "generation_config.json", generation(),
            "tokenizer_config.json", tokenizer());
    orderHeads(config);
  }

  /// The architectures, as `config.json` names them.
  static Set<String> architectures() {
    return Stream.concat(ARCHITECTURES.values().stream(), Stream.of(MIXTRAL))
        .collect(Collectors.toSet());
  }

  Gguf header() {
    return header;
  }

  /// A JSON file that is made of the header; an empty object for other names.
  JsonNode json(String name) {
    return files.getOrDefault(name, JSON.objectNode());
  }

  private ObjectNode config() {
    String family = ARCHITECTURES.get(architecture);
    if (family == null) {
      throw new ModelException(
          "the architecture `%s` is not supported in GGUF files; supported are %s"
              .formatted(architecture, String.join(", ", new TreeSet<>(ARCHITECTURES.keySet()))));
    }
    ObjectNode config = JSON.objectNode();
    ObjectNode scaling = JSON.objectNode();
    config.putArray("architectures").add(family);
    for (String key : header.keys()) {
      if (key.startsWith(architecture + ".")) {
        String own = key.substring(architecture.length() + 1);
        String named = OWN_KEYS.getOrDefault(architecture, Map.of()).getOrDefault(own, "");
        if (!named.isEmpty()) {
          config.set(named, value(key));
        } else if (KEYS.containsKey(own)) {
          config.set(KEYS.get(own), value(key));
        } else if (SCALING_KEYS.containsKey(own)) {
          scaling.set(SCALING_KEYS.get(own), value(key));
        } else if (!READ.contains(own)) {
          throw wrong(key, "is not supported");
        }
      }
    }
    complete(config, scaling);
    if (config.path("num_local_experts").asInt() > 0) {
      completeExperts(config);
    }
    if (architecture.equals(LFM2)) {
      completeLfm2(config);
    }
    if (architecture.equals(GEMMA4)) {
      new GgufGemma4(config, tensors).complete();
    }
    if (LAYERS_OF_27B.containsKey(architecture)) {
      completeGemma(config);
    }
    return config;
  }

  /// Adds the factor of scores, for which the files have no key: it is that of a head's numbers,
  /// but in the largest models (llama.cpp, src/models/gemma2-iswa.cpp).
  private void completeGemma(ObjectNode config) {
    int layers = config.path("num_hidden_layers").asInt();
    int heads = Math.max(1, config.path("num_attention_heads").asInt());
    int ofHead = config.path("head_dim").asInt();
    boolean isLargest = Integer.valueOf(layers).equals(LAYERS_OF_27B.get(architecture));
    config.put(
        "query_pre_attn_scalar", isLargest ? config.path("hidden_size").asInt() / heads : ofHead);
  }

  /// Adds whether the weights of a token's experts are divided by their sum, for which the files
  /// have no key (llama.cpp, src/models/qwen3moe.cpp). All layers have experts.
  private void completeExperts(ObjectNode config) {
    if (architecture.equals(LLAMA)) {
      config.putArray("architectures").add(MIXTRAL);
    }
    config.put("norm_topk_prob", architecture.equals(QWEN3_MOE));
  }

  /// Adds the kinds of layers, which LFM2's files tell by the heads of keys in each: none where the
  /// layer is a convolution (llama.cpp, conversion/lfm2.py).
  private void completeLfm2(ObjectNode config) {
    String key = architecture + ".attention.head_count_kv";
    List<?> counts = header.list(key);
    if (counts.size() != config.path("num_hidden_layers").asInt()) {
      throw wrong(key, "has %d numbers, not one of each layer".formatted(counts.size()));
    }
    List<?> heads = counts.stream().filter(count -> !Long.valueOf(0).equals(count)).toList();
    if (heads.stream().distinct().count() != 1 || !(heads.getFirst() instanceof Long number)) {
      throw wrong(key, "is " + counts + ", and must be 0 or one other whole number in each layer");
    }
    config.put("num_key_value_heads", number);
    ArrayNode types = config.putArray("layer_types");
    counts.forEach(count -> types.add(count.equals(number) ? "full_attention" : "conv"));
    config.put("block_auto_adjust_ff_dim", false); // the file has the adjusted number
    config.put(
        "conv_bias",
        tensors.keySet().stream().anyMatch(name -> name.endsWith(".shortconv.conv.bias")));
  }

  /// Adds the values that tensors tell, and compares the keys that must agree.
  private void complete(ObjectNode config, ObjectNode scaling) {
    Optional.ofNullable(tensors.get("token_embd.weight"))
        .ifPresent(table -> config.put("vocab_size", table.rows()));
    config.put("tie_word_embeddings", !tensors.containsKey("output.weight"));
    config.put("attention_bias", tensors.containsKey("blk.0.attn_q.bias"));
    config.put("mlp_bias", tensors.containsKey("blk.0.ffn_gate.bias"));
    requireLayers(config.path("num_hidden_layers").asInt());
    int heads = Math.max(1, config.path("num_attention_heads").asInt());
    int dim = config.path("head_dim").asInt(config.path("hidden_size").asInt() / heads);
    int ofHead = config.path("global_head_dim").asInt(dim);
    requireLength("attention.value_length", ofHead);
    requireLength("rope.dimension_count", ofHead);
    requireLength("attention.value_length_swa", dim);
    requireLength("rope.dimension_count_swa", dim);
    if (!header.flag(architecture + ".attention.causal").orElse(true)) {
      throw wrong(architecture + ".attention.causal", "is false: it is an encoder");
    }
    Optional.ofNullable(tensors.get(FACTORS)).ifPresent(factors -> factors(factors, scaling));
    if (scaling.path("rope_type").asText().equals("none")) {
      scaling.remove("rope_type");
    }
    if (scaling.has("rope_type")) {
      config.set("rope_scaling", scaling);
    }
  }

  private void requireLength(String key, int wanted) {
    Optional<Long> given = header.number(architecture + "." + key);
    if (given.isPresent() && given.get() != wanted) {
      throw wrong(architecture + "." + key, "is %d, not %d".formatted(given.get(), wanted));
    }
  }

  /// Refuses a file with more layers than it says.
  private void requireLayers(int count) {
    for (String name : tensors.keySet()) {
      Matcher layer = LAYER.matcher(name);
      if (layer.lookingAt() && Long.parseLong(layer.group(1)) >= count) {
        throw wrong(architecture + ".block_count", "is " + count + ", and there is " + name);
      }
    }
  }

  /// Divisors of the frequencies, which some files have in the place of Llama 3's scaling.
  private static void factors(Weight tensor, ObjectNode scaling) {
    scaling.put("rope_type", "factors");
    ArrayNode all = scaling.putArray("factors");
    for (float factor : tensor.floats()) {
      all.add(factor);
    }
  }

  private ObjectNode generation() {
    ObjectNode generation = JSON.objectNode();
    ArrayNode ends = generation.putArray("eos_token_id");
    for (String kind : List.of("eos", "eot", "eom")) {
      header.number("tokenizer.ggml." + kind + "_token_id").ifPresent(ends::add);
    }
    if (header.value("general.sampling.temp").isPresent()) {
      generation.put("do_sample", true);
      generation.set("temperature", value("general.sampling.temp"));
      for (String key : List.of("top_k", "top_p", "min_p")) {
        generation.set(key, value("general.sampling." + key));
      }
    }
    ArrayNode suppressed = generation.putArray("suppress_tokens");
    header.list("tokenizer.ggml.suppress_tokens").forEach(id -> suppressed.add(json(id)));
    header
        .value("general.sampling.penalty_repeat")
        .ifPresent(penalty -> generation.set("repetition_penalty", json(penalty)));
    return generation;
  }

  private ObjectNode tokenizer() {
    ObjectNode tokenizer = JSON.objectNode();
    ArrayNode templates = tokenizer.putArray("chat_template");
    template(templates, "default", "tokenizer.chat_template");
    template(templates, "tool_use", "tokenizer.chat_template.tool_use");
    List<String> tokens = header.list("tokenizer.ggml.tokens", String.class);
    Map.of("bos", "bos_token", "eos", "eos_token", "padding", "pad_token", "unknown", "unk_token")
        .forEach(
            (kind, role) ->
                header
                    .number("tokenizer.ggml." + kind + "_token_id")
                    .filter(id -> id >= 0 && id < tokens.size())
                    .ifPresent(id -> tokenizer.put(role, tokens.get(id.intValue()))));
    return tokenizer;
  }

  private void template(ArrayNode templates, String name, String key) {
    header
        .text(key)
        .ifPresent(text -> templates.addObject().put("name", name).put("template", text));
  }

  /// Files of llama have the rows of queries and keys in the order for rotations of neighbouring
  /// numbers.
  private void orderHeads(ObjectNode config) {
    if (!architecture.equals(LLAMA)) {
      return;
    }
    int heads = config.path("num_attention_heads").asInt();
    int kvHeads = config.path("num_key_value_heads").asInt(heads);
    tensors.replaceAll(
        (name, weight) -> {
          Matcher matcher = TURNED.matcher(name);
          return matcher.matches()
              ? ordered(weight, matcher.group(1).equals("q") ? heads : kvHeads)
              : weight;
        });
  }

  /// The rows of a matrix, or the numbers of its bias, in the order of model folders.
  private static Weight ordered(Weight weight, int heads) {
    int rows = weight.shape().isEmpty() ? 0 : weight.shape().getFirst();
    if (heads < 1 || rows % (2 * heads) != 0) {
      return weight; // its shape is refused later
    }
    return weight.reordered(RotaryOrder.halves(rows, rows / heads));
  }

  private JsonNode value(String key) {
    return header.value(key).map(GgufModel::json).orElseGet(JSON::nullNode);
  }

  private static JsonNode json(Object value) {
    return switch (value) {
      case Long number -> JSON.numberNode(number);
      case Double number -> JSON.numberNode(number);
      case Boolean flag -> JSON.booleanNode(flag);
      case String text -> JSON.textNode(text);
      case List<?> list -> {
        ArrayNode all = JSON.arrayNode();
        list.forEach(item -> all.add(json(item)));
        yield all;
      }
      default -> throw new IllegalArgumentException("no value of a header: " + value);
    };
  }

  static ModelException wrong(String key, String why) {
    return new ModelException("the GGUF key " + key + " " + why);
  }
}
