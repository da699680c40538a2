package dev.sgl.local.family.gemma;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.family.config.Windows;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Layer;
import dev.sgl.local.model.Norm;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/// Gemma 4 (Google, 2026): Gemma 3 with larger heads in the layers that see everything, whose
/// values may be their keys; norms of values; a factor of each layer; in the small models,
/// per-layer embeddings, and last layers that share the keys and values of earlier ones.
public final class Gemma4 implements Family {
  private static final int EACH = 6; // layers, of which the last sees everything
  private static final String ROTARY = "rope_parameters";
  private static final String SLIDING = "sliding_attention";
  private static final String FULL = "full_attention";
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,6}");
  private static final Names NAMES = names();

  private static Names names() {
    return Gemma2.ALL_NAMES
        .with(Role.LAYER_EMBEDDING, "model.embed_tokens_per_layer")
        .with(Role.LAYER_PROJECTION, "model.per_layer_model_projection")
        .with(Role.LAYER_PROJECTION_NORM, "model.per_layer_projection_norm")
        .with(Role.LAYER_INPUT_GATE, "model.layers.{}.per_layer_input_gate")
        .with(Role.LAYER_INPUT_OUTPUT, "model.layers.{}.per_layer_projection")
        .with(Role.LAYER_INPUT_AFTER_NORM, "model.layers.{}.post_per_layer_input_norm")
        .withBuffer(Role.LAYER_FACTOR, "model.layers.{}.layer_scalar");
  }

  private final Map<String, Object> standards;

  private Gemma4(int window, int context, int layerInputs) {
    standards = standards(window, context, layerInputs);
  }

  /// The models that see pictures, and hear, through parts of their own.
  public static Gemma4 ofParts() {
    return new Gemma4(512, 131_072, 256);
  }

  /// The models that read pictures and sound as they read text.
  public static Gemma4 unified() {
    return new Gemma4(1024, 262_144, 0);
  }

  @Override
  public String models() {
    return "Gemma 4 (texts)";
  }

  @Override
  public Names names(Config config) {
    return NAMES;
  }

  @Override
  public Map<String, Object> standards() {
    return standards;
  }

  private static Map<String, Object> standards(int window, int context, int layerInputs) {
    Map<String, Object> all = new HashMap<>();
    all.put("vocab_size", 262_144);
    all.put("hidden_size", 2304);
    all.put("intermediate_size", 9216);
    all.put("num_hidden_layers", 30);
    all.put("num_attention_heads", 8);
    all.put("num_key_value_heads", 4);
    all.put("head_dim", 256);
    all.put("hidden_activation", "gelu_pytorch_tanh");
    all.put("max_position_embeddings", context);
    all.put("sliding_window", window);
    all.put("vocab_size_per_layer_input", 262_144);
    all.put("hidden_size_per_layer_input", layerInputs);
    all.put("tie_word_embeddings", true);
    all.put(
        ROTARY,
        Map.of(
            SLIDING,
            Map.of("rope_type", "default", "rope_theta", 10_000),
            FULL,
            Map.of(
                "rope_type",
                "proportional",
                "rope_theta",
                1_000_000,
                "partial_rotary_factor",
                0.25)));
    return all;
  }

  @Override
  public Decoder decoder(Config config) {
    refuseOthers(config);
    Dimensions dimensions = Dimensions.read(config);
    int layers = dimensions.layers();
    List<Boolean> sliding = sliding(config, layers);
    Dimensions wide = dimensions.withHeads(wideHeads(config, dimensions, sliding));
    Part.Attention near =
        attention(config, dimensions, OptionalInt.of(config.number("sliding_window")));
    Part.Attention far = attention(config, wide, OptionalInt.empty());
    Part.Source ofFar = config.flag("attention_k_eq_v", false) ? Part.Source.KEYS : Part.Source.OWN;
    Part.Gated gated = dimensions.gated(false);
    Part.Gated ofSharing = config.flag("use_double_wide_mlp", false) ? gated.times(2) : gated;
    int firstSharing = layers - sharing(config, sliding);
    int inputs = config.index("hidden_size_per_layer_input", 0);
    Decoder decoder =
        dimensions
            .decoder(
                layer -> {
                  Part.Attention attention = sliding.get(layer) ? near : far.from(ofFar);
                  return layer < firstSharing
                      ? layer(dimensions, attention, gated, inputs)
                      : layer(dimensions, attention.from(Part.Source.EARLIER), ofSharing, inputs);
                })
            .leavingF16()
            .withEmbeddingScale((float) Math.sqrt(dimensions.hidden()))
            .withCap(Gemma2.cap(config, "final_logit_softcapping"));
    return inputs == 0 ? decoder : decoder.withLayerInputs(layerInputs(config, dimensions, inputs));
  }

  /// @param inputs numbers of a per-layer embedding; 0 for none
  private static Layer layer(
      Dimensions dimensions, Part.Attention attention, Part.Gated gated, int inputs) {
    List<Layer.Residual> residuals = new ArrayList<>(dimensions.betweenNorms(attention, gated));
    if (inputs > 0) {
      residuals.add(input(dimensions, inputs));
    }
    return new Layer(residuals, true);
  }

  private static void refuseOthers(Config config) {
    if (config.flag("enable_moe_block", false)) {
      throw config.wrong("enable_moe_block", "is true: experts are not supported");
    }
    String both = config.text("use_bidirectional_attention").orElse("vision");
    if (!both.equals("vision")) {
      throw config.wrong("use_bidirectional_attention", "is " + both + ", which is not supported");
    }
  }

  /// Whether each layer sees only a window; the last one never does.
  private static List<Boolean> sliding(Config config, int layers) {
    List<Boolean> named = new ArrayList<>(Windows.allButLast(config, layers, EACH));
    named.set(layers - 1, false);
    return named;
  }

  /// The heads of layers that see everything: by keys of the model, or, where newer transformers
  /// wrote the file, by an object for each of them.
  private static AttentionShape wideHeads(
      Config config, Dimensions dimensions, List<Boolean> sliding) {
    AttentionShape usual = dimensions.heads();
    if (config.has("per_layer_config")) {
      return ofEach(config.at("per_layer_config"), usual, sliding);
    }
    int keys = config.number("num_global_key_value_heads", usual.kvHeads());
    return Dimensions.heads(
        usual.heads(),
        config.flag("attention_k_eq_v", false) ? keys : usual.kvHeads(),
        config.number("global_head_dim", 512));
  }

  /// @param layers by their numbers, which may have zeros before them
  private static AttentionShape ofEach(Config layers, AttentionShape usual, List<Boolean> sliding) {
    Map<Integer, AttentionShape> named = new HashMap<>();
    for (String key : layers.keys()) {
      int layer = NUMBER.matcher(key).matches() ? Integer.parseInt(key) : sliding.size();
      if (layer >= sliding.size()) {
        throw layers.wrong(key, "is no layer");
      }
      Config own = layers.at(key);
      own.requireKeys(List.of("num_key_value_heads", "head_dim"));
      named.put(
          layer,
          Dimensions.heads(
              usual.heads(),
              own.number("num_key_value_heads", usual.kvHeads()),
              own.number("head_dim", usual.headDim())));
    }
    AttentionShape wide = named.getOrDefault(sliding.size() - 1, usual);
    for (int layer = 0; layer < sliding.size(); layer++) {
      AttentionShape shape = named.getOrDefault(layer, usual);
      if (!shape.equals(sliding.get(layer) ? usual : wide)) {
        throw layers.wrong(Integer.toString(layer), "has other heads than the layers of its kind");
      }
    }
    return wide;
  }

  /// The attention of layers of one kind.
  ///
  /// @param window empty for layers that see everything
  private static Part.Attention attention(
      Config config, Dimensions dimensions, OptionalInt window) {
    boolean seesAll = window.isEmpty();
    config.at(ROTARY).at(seesAll ? FULL : SLIDING).required("rope_theta");
    AttentionShape heads = dimensions.heads().withScoring(new Scoring(1, Scoring.UNCAPPED));
    Part.HeadNorms norms = dimensions.headNorms();
    boolean biased = config.flag("attention_bias", false);
    return new Part.Attention(
            seesAll ? heads : heads.within(window.getAsInt()),
            RotaryScaling.rotaryOfType(config, dimensions, seesAll, RotaryScaling.STANDARD))
        .withNorms(
            new Part.HeadNorms(norms.query(), norms.key(), Optional.of(dimensions.epsilon())))
        .withBias(biased, biased);
  }

  /// How many of the last layers read the keys and values of earlier ones.
  private static int sharing(Config config, List<Boolean> sliding) {
    int shared = config.index("num_kv_shared_layers", 0);
    int own = sliding.size() - shared;
    if (own < 1 || !sliding.subList(0, own).containsAll(sliding)) {
      throw config.wrong(
          "num_kv_shared_layers", "is %d: not all kinds of layers are left".formatted(shared));
    }
    return shared;
  }

  private static Layer.Residual input(Dimensions dimensions, int length) {
    return new Layer.Residual(
        Optional.empty(),
        List.of(new Part.LayerInput(length, dimensions.activation())),
        Optional.of(dimensions.norm(Role.LAYER_INPUT_AFTER_NORM)));
  }

  /// Both parts of a token's embedding are multiplied by the root of a half. The projection is
  /// multiplied by the root of `1 / hidden` before its norm, which cancels the factor except in its
  /// epsilon: so that is multiplied by `hidden`.
  private static Decoder.LayerInputs layerInputs(Config config, Dimensions dimensions, int length) {
    float half = (float) Math.sqrt(0.5);
    float epsilon = dimensions.epsilon() * dimensions.hidden();
    Norm norm = new Norm(Role.LAYER_PROJECTION_NORM, length, epsilon).times(half);
    int vocabulary = config.number("vocab_size_per_layer_input");
    if (vocabulary < dimensions.vocabulary()) {
      throw config.wrong(
          "vocab_size_per_layer_input",
          "is %d, below the vocabulary of %d".formatted(vocabulary, dimensions.vocabulary()));
    }
    float scale = (float) Math.sqrt(length) * half;
    return new Decoder.LayerInputs(vocabulary, length, scale, norm);
  }
}
