package dev.sgl.local.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.weights.ModelException;

/// Rotary positions with the scalings by which models stretch their context.
final class Rope {
  private Rope() {}

  /// @throws ModelException if the scaling is not known
  static Rotary rotary(DecoderConfig config) {
    JsonNode scaling = scaling(config.json());
    double theta = theta(config.json(), scaling);
    float[] frequencies = new float[config.headDim() / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double plain = Math.pow(theta, -2.0 * i / config.headDim());
      frequencies[i] =
          (float)
              switch (type(scaling)) {
                // within the model's context, which no sequence exceeds, dynamic scaling is none
                case "default", "dynamic" -> plain;
                case "linear" -> plain / factor(config, scaling);
                case "llama3" -> llama3(plain, scaling);
                case "yarn" -> yarn(plain, theta, config, scaling);
                default ->
                    throw new ModelException(
                        "config.json: the rope scaling "
                            + type(scaling)
                            + " is not supported; supported are default, dynamic, linear, llama3 and"
                            + " yarn");
              };
    }
    return new Rotary(frequencies, type(scaling).equals("yarn") ? stretch(config, scaling) : 1);
  }

  /// Most positions that a model is for: with yarn, the factor times those that it was trained with
  /// at first, whether or not the file counts them.
  static int context(JsonNode config, int named) {
    JsonNode scaling = scaling(config);
    if (!type(scaling).equals("yarn")) {
      return named;
    }
    double stretched = original(scaling, named) * scaling.path("factor").asDouble(1);
    return (int) Math.min(Math.max(named, stretched), 1 << 24);
  }

  /// One object since transformers 5, `rope_theta` and `rope_scaling` before.
  private static JsonNode scaling(JsonNode config) {
    JsonNode one = config.path("rope_parameters");
    return one.isObject() ? one : config.path("rope_scaling");
  }

  private static double theta(JsonNode config, JsonNode scaling) {
    return scaling.path("rope_theta").asDouble(config.path("rope_theta").asDouble(10_000));
  }

  private static String type(JsonNode scaling) {
    return scaling.path("rope_type").asText(scaling.path("type").asText("default"));
  }

  /// Positions that the model was trained with at first: by default those that the file names.
  private static double original(JsonNode scaling, double named) {
    return scaling.path("original_max_position_embeddings").asDouble(named);
  }

  private static double original(DecoderConfig config, JsonNode scaling) {
    return original(
        scaling, config.json().path("max_position_embeddings").asDouble(config.context()));
  }

  private static double factor(DecoderConfig config, JsonNode scaling) {
    JsonNode factor = scaling.path("factor");
    return factor.isNumber() ? factor.asDouble() : config.context() / original(config, scaling);
  }

  /// Llama 3.1: slow angles are divided by the factor, fast ones stay, between them it is blended.
  private static double llama3(double frequency, JsonNode scaling) {
    double factor = scaling.path("factor").asDouble(8);
    double low = scaling.path("low_freq_factor").asDouble(1);
    double high = scaling.path("high_freq_factor").asDouble(4);
    double turns = original(scaling, 8192) * frequency / (2 * Math.PI);
    double blend = Math.clamp((turns - low) / (high - low), 0, 1);
    return frequency * (blend + (1 - blend) / factor);
  }

  /// YaRN (Peng et al., 2023): the same, but blended over the pairs' numbers, between those of so
  /// many turns over the first training's context.
  private static double yarn(
      double frequency, double theta, DecoderConfig config, JsonNode scaling) {
    double pairs = config.headDim() / 2.0;
    double low = pair(scaling.path("beta_fast").asDouble(32), theta, config, scaling);
    double high = pair(scaling.path("beta_slow").asDouble(1), theta, config, scaling);
    if (scaling.path("truncate").asBoolean(true)) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, config.headDim() - 1);
    double pair = -pairs * Math.log(frequency) / Math.log(theta);
    double slow = Math.clamp((pair - low) / Math.max(high - low, 1e-3), 0, 1);
    return frequency * (1 - slow + slow / factor(config, scaling));
  }

  /// The number of the pair that makes so many turns.
  private static double pair(double turns, double theta, DecoderConfig config, JsonNode scaling) {
    double positions = original(config, scaling);
    return config.headDim() * Math.log(positions / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  }

  /// By how much YaRN sharpens attention.
  private static float stretch(DecoderConfig config, JsonNode scaling) {
    JsonNode given = scaling.path("attention_factor");
    if (given.isNumber()) {
      return (float) given.asDouble();
    }
    double factor = factor(config, scaling);
    double one = scaling.path("mscale").asDouble(0);
    double all = scaling.path("mscale_all_dim").asDouble(0);
    return (float)
        (one != 0 && all != 0
            ? sharpening(factor, one) / sharpening(factor, all)
            : sharpening(factor, 1));
  }

  private static double sharpening(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }
}
