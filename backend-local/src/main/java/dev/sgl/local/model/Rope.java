package dev.sgl.local.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.weights.ModelException;

/// The angles of rotary positions: radians per position for each pair of numbers, with the scalings
/// by which models stretch their context.
final class Rope {
  private Rope() {}

  /// @throws ModelException if the scaling is not known
  static float[] frequencies(DecoderConfig config) {
    // one object since transformers 5, `rope_theta` and `rope_scaling` before
    JsonNode one = config.json().path("rope_parameters");
    JsonNode scaling = one.isObject() ? one : config.json().path("rope_scaling");
    double theta =
        scaling.path("rope_theta").asDouble(config.json().path("rope_theta").asDouble(10_000));
    String type = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    float[] frequencies = new float[config.headDim() / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double plain = Math.pow(theta, -2.0 * i / config.headDim());
      frequencies[i] =
          (float)
              switch (type) {
                case "default" -> plain;
                case "linear" -> plain / scaling.path("factor").asDouble(1);
                case "llama3" -> llama3(plain, scaling);
                default ->
                    throw new ModelException(
                        "the rope scaling "
                            + type
                            + " is not supported; supported are default, linear and llama3");
              };
    }
    return frequencies;
  }

  /// Llama 3.1: slow angles are divided by the factor, fast ones stay, between them it is blended.
  private static double llama3(double frequency, JsonNode scaling) {
    double factor = scaling.path("factor").asDouble(8);
    double low = scaling.path("low_freq_factor").asDouble(1);
    double high = scaling.path("high_freq_factor").asDouble(4);
    double context = scaling.path("original_max_position_embeddings").asDouble(8192);
    double turns = context * frequency / (2 * Math.PI);
    double blend = Math.clamp((turns - low) / (high - low), 0, 1);
    return frequency * (blend + (1 - blend) / factor);
  }
}
