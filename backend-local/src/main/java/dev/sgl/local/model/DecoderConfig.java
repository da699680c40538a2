package dev.sgl.local.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.weights.ModelException;

/// The numbers of a decoder-only transformer, as `config.json` gives them.
///
/// @param hidden numbers of a token between layers
/// @param intermediate numbers inside the feed-forward part
/// @param context most tokens of a sequence
public record DecoderConfig(
    String architecture,
    int vocabulary,
    int hidden,
    int intermediate,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int context,
    float epsilon,
    boolean tied,
    JsonNode json) {

  private static final int MAX = 1 << 24;

  /// @throws ModelException if a number is missing or makes no sense
  static DecoderConfig read(JsonNode json) {
    int hidden = number(json, "hidden_size", -1);
    int heads = number(json, "num_attention_heads", -1);
    int kvHeads = number(json, "num_key_value_heads", heads);
    int headDim = number(json, "head_dim", hidden / heads);
    String activation = json.path("hidden_act").asText("silu");
    if (!activation.equals("silu")) {
      throw new ModelException(
          "config.json: the activation " + activation + " is not supported, only silu");
    }
    if (heads % kvHeads != 0 || headDim % 2 != 0) {
      throw new ModelException(
          "config.json: "
              + heads
              + " heads do not share "
              + kvHeads
              + " key heads of "
              + headDim
              + " numbers");
    }
    return new DecoderConfig(
        json.path("architectures").path(0).asText(""),
        number(json, "vocab_size", -1),
        hidden,
        number(json, "intermediate_size", -1),
        number(json, "num_hidden_layers", -1),
        heads,
        kvHeads,
        headDim,
        Rope.context(json, number(json, "max_position_embeddings", 2048)),
        (float) json.path("rms_norm_eps").asDouble(1e-6),
        json.path("tie_word_embeddings").asBoolean(false),
        json);
  }

  private static int number(JsonNode json, String name, int standard) {
    JsonNode node = json.path(name);
    int value = node.isMissingNode() || node.isNull() ? standard : whole(node);
    if (value < 1 || value > MAX) {
      throw new ModelException(
          "config.json: " + name + " is " + (node.isMissingNode() ? "missing" : node.toString()));
    }
    return value;
  }

  /// The whole number that `node` is; -1 if it is none, or one beyond 32 bits.
  static int whole(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToInt() ? node.asInt() : -1;
  }

  /// A switch of the family, such as `attention_bias`.
  boolean flag(String name, boolean standard) {
    return json.path(name).asBoolean(standard);
  }
}
