package dev.sgl.local.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.Streams;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Weight;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// The layers of Gemma 4: GGUF files have some of their numbers as lists, one for each layer
/// (llama.cpp, conversion/gemma.py).
final class GgufGemma4 {
  private static final String WINDOWS = "sliding_window_pattern";
  private static final String NEAR_THETA = "rope_local_base_freq";

  /// Keys of `config.json`, or of [#complete], by the keys of the file.
  static final Map<String, String> KEYS =
      Map.of(
          "attention.sliding_window", "sliding_window",
          "attention.sliding_window_pattern", WINDOWS,
          "attention.key_length", "global_head_dim",
          "attention.key_length_swa", "head_dim",
          "attention.shared_kv_layers", "num_kv_shared_layers",
          "embedding_length_per_layer_input", "hidden_size_per_layer_input",
          "rope.freq_base_swa", NEAR_THETA,
          "final_logit_softcapping", "final_logit_softcapping");

  private final ObjectNode config;
  private final Map<String, Weight> tensors;
  private final List<Boolean> slides; // whether each layer sees only a window
  private final long own; // layers that have keys of their own

  /// @param config of the keys of the file
  GgufGemma4(ObjectNode config, Map<String, Weight> tensors) {
    this.config = config;
    this.tensors = tensors;
    JsonNode windows = config.path(WINDOWS);
    int layers = config.path("num_hidden_layers").asInt();
    boolean areFlags = Streams.stream(windows).allMatch(JsonNode::isBoolean);
    if (windows.size() != layers || !areFlags || windows.path(layers - 1).asBoolean()) {
      throw GgufModel.wrong(
          "gemma4.attention.sliding_window_pattern",
          "is %s, not true or false for each of %d layers, and false for the last"
              .formatted(windows, layers));
    }
    slides = Streams.stream(windows).map(JsonNode::asBoolean).toList();
    own = layers - config.path("num_kv_shared_layers").asLong();
    if (own < 1 || own > layers) {
      throw GgufModel.wrong(
          "gemma4.attention.shared_kv_layers", "leaves %d of %d layers".formatted(own, layers));
    }
  }

  /// Adds the values of `config.json` that depend on layers.
  void complete() {
    config.remove(WINDOWS);
    ArrayNode types = config.putArray("layer_types");
    slides.forEach(near -> types.add(near ? "sliding_attention" : "full_attention"));
    heads();
    inner();
    rotary();
    Weight table = tensors.get("per_layer_token_embd.weight");
    if (table == null) {
      return;
    }
    config.put("vocab_size_per_layer_input", table.rows());
    if (config.path("hidden_size_per_layer_input").asInt() == 0) {
      throw GgufModel.wrong(
          "gemma4.embedding_length_per_layer_input", "is 0, and there is " + table.name());
    }
  }

  /// The heads of keys; where the layers that see everything have no values, these are the keys.
  private void heads() {
    boolean haveNone =
        layersOf(false).stream()
            .noneMatch(layer -> tensors.containsKey("blk.%d.attn_v.weight".formatted(layer)));
    config.put("attention_k_eq_v", haveNone);
    JsonNode counts = config.path("num_key_value_heads");
    if (!counts.isArray()) {
      return;
    }
    JsonNode far = same("attention.head_count_kv", counts, layersOf(false));
    List<Integer> windows = layersOf(true);
    JsonNode near = windows.isEmpty() ? far : same("attention.head_count_kv", counts, windows);
    if (!haveNone && !near.equals(far)) {
      throw GgufModel.wrong(
          "gemma4.attention.head_count_kv",
          "is %s, and layers with values of their own have all the same".formatted(counts));
    }
    config.set("num_key_value_heads", near);
    config.set("num_global_key_value_heads", far);
  }

  /// The numbers inside feed-forward parts: of the layers that read the keys of others they may be
  /// twice as many.
  private void inner() {
    JsonNode numbers = config.path("intermediate_size");
    if (!numbers.isArray()) {
      return;
    }
    List<Integer> first = IntStream.range(0, (int) own).boxed().toList();
    List<Integer> last = IntStream.range((int) own, slides.size()).boxed().toList();
    JsonNode narrow = same("feed_forward_length", numbers, first);
    JsonNode wide = last.isEmpty() ? narrow : same("feed_forward_length", numbers, last);
    if (wide.asLong() != narrow.asLong() && wide.asLong() != 2 * narrow.asLong()) {
      throw GgufModel.wrong(
          "gemma4.feed_forward_length", "is %s and %s, not twice as many".formatted(narrow, wide));
    }
    config.set("intermediate_size", narrow);
    config.put("use_double_wide_mlp", wide.asLong() != narrow.asLong());
  }

  /// The angles of both kinds of layers; divisors are those of the layers that see everything.
  private void rotary() {
    ObjectNode far = config.objectNode();
    JsonNode scaling = config.path("rope_scaling");
    if (!scaling.path("rope_type").asText().equals("factors")) {
      throw new ModelException(
          "the GGUF file has no tensor %s of numbers".formatted(GgufModel.FACTORS));
    }
    far.setAll((ObjectNode) scaling);
    config.remove("rope_scaling");
    far.set("rope_theta", config.path("rope_theta"));
    ObjectNode both = config.putObject("rope_parameters");
    both.set("full_attention", far);
    both.putObject("sliding_attention").set("rope_theta", config.path(NEAR_THETA));
    config.remove(List.of(NEAR_THETA, "rope_theta"));
  }

  private List<Integer> layersOf(boolean near) {
    return IntStream.range(0, slides.size())
        .filter(layer -> slides.get(layer) == near)
        .boxed()
        .toList();
  }

  /// The number that some layers have in common.
  private JsonNode same(String key, JsonNode numbers, List<Integer> layers) {
    List<JsonNode> different = layers.stream().map(numbers::path).distinct().toList();
    boolean isOne = different.size() == 1 && different.getFirst().isIntegralNumber();
    if (!isOne || numbers.size() != slides.size()) {
      throw GgufModel.wrong(
          "gemma4." + key, "is " + numbers + ", and must be one number for layers of one kind");
    }
    return different.getFirst();
  }
}
