package dev.sgl.local.family;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Layer;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A model of `config.json` as a GGUF file describes it: the inverse of the reading of such files.
/// What llama.cpp would compute otherwise, or does not load, is refused.
///
/// @param heads of each layer that attends
/// @param values by their keys: `Integer`, `Float`, `List<Integer>` or `String`
/// @param divisors of the rotary frequencies, which are a tensor; empty if they are not divided
public record GgufKeys(
    String architecture,
    Decoder decoder,
    AttentionShape heads,
    Map<String, Object> values,
    float[] divisors) {
  private static final String LLAMA = "llama";
  private static final String LFM2 = "lfm2";

  /// The description of a model.
  ///
  /// @throws ModelException if its family is not known, a value makes no sense, or GGUF files have
  ///     no key for it
  public static GgufKeys of(JsonNode json) {
    Family family = Families.family(json);
    Config config = Config.of(json, family.standards());
    return new Writer(family, config).keys();
  }

  /// The name of the tensor of a role.
  ///
  /// @param suffix `.weight` or `.bias`
  public String name(Role role, int layer, String suffix) {
    boolean isLfm2Norm = architecture.equals(LFM2) && role == Role.FINAL_NORM;
    String stem =
        isLfm2Norm
            ? GgufNames.LFM2_NORM.other()
            : GgufNames.of(decoder.hidden()).stem(role).of(layer);
    return stem + suffix;
  }

  /// Whether rows of queries and keys are in the order for rotations of neighbouring numbers.
  public boolean turnsNeighbours() {
    return architecture.equals(LLAMA);
  }

  /// Collects the keys.
  private static final class Writer {
    private final String architecture;
    private final Decoder decoder;
    private final RotaryScaling rotary;
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final List<Part.Attention> attentions = new ArrayList<>();
    private final List<Integer> kvHeads = new ArrayList<>(); // of each layer
    private int inner;

    Writer(Family family, Config config) {
      architecture =
          family
              .ggufArchitecture()
              .orElseThrow(
                  () ->
                      new ModelException(
                          "config.json: models of this architecture are not written to GGUF files; write a folder"));
      decoder = Families.decoder(family, config);
      for (Layer layer : decoder.layers()) {
        kvHeads.add(0);
        layer.residuals().forEach(residual -> residual.parts().forEach(this::read));
      }
      rotary = new RotaryScaling(config, heads().headDim(), family.rotary(config));
    }

    private void read(Part part) {
      switch (part) {
        case Part.Attention attention -> {
          attentions.add(attention);
          kvHeads.set(kvHeads.size() - 1, attention.shape().kvHeads());
          refuse("attention over a window", attention.shape().window() != AttentionShape.ALL);
          refuse("biases of queries", attention.inputBias() && !hasInputBiases());
          refuse("biases of attention", attention.outputBias() && !architecture.equals(LLAMA));
        }
        case Part.Convolution convolution -> {
          put("shortconv.l_cache", convolution.taps());
          refuse("biases of convolutions", convolution.bias());
        }
        case Part.Gated gated -> {
          inner = gated.inner();
          refuse("biases of feed-forward parts", gated.bias() && !architecture.equals(LLAMA));
        }
        case Part.Experts _ -> refuse("mixtures of experts", true);
        case Part.Perceptron _ -> refuse("feed-forward parts without gates", true);
        case Part.LayerInput _ -> refuse("numbers of tokens for each layer", true);
      }
    }

    private boolean hasInputBiases() {
      return architecture.equals(LLAMA) || architecture.equals("qwen2");
    }

    private void refuse(String part, boolean isThere) {
      if (isThere) {
        throw new ModelException(
            "config.json: the model has %s, for which GGUF files of the architecture %s have no form"
                .formatted(part, architecture));
      }
    }

    /// The heads of all layers that attend.
    private AttentionShape heads() {
      return attentions.getFirst().shape();
    }

    private void put(String key, Object value) {
      values.put(architecture + "." + key, value);
    }

    GgufKeys keys() {
      put("context_length", decoder.context());
      put("embedding_length", decoder.hidden());
      put("block_count", decoder.layers().size());
      put("feed_forward_length", inner);
      put("attention.head_count", heads().heads());
      put("attention.head_count_kv", architecture.equals(LFM2) ? kvHeads : heads().kvHeads());
      put("attention.key_length", heads().headDim());
      put("attention.value_length", heads().headDim());
      put("attention.layer_norm_rms_epsilon", decoder.norm().orElseThrow().epsilon());
      put("vocab_size", decoder.vocabulary());
      rotary.ggufKeys().forEach(this::put);
      float[] divisors = rotary.ggufDivisors();
      refuse("Llama 3's positions", divisors.length > 0 && !architecture.equals(LLAMA));
      return new GgufKeys(architecture, decoder, heads(), values, divisors);
    }
  }
}
