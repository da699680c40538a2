package dev.sgl.local.family.config;

import dev.sgl.local.kernel.Activation;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Layer;
import dev.sgl.local.model.Norm;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Role;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// The numbers that most decoders have, under the names that most `config.json` give them.
///
/// @param hidden numbers of a token between layers
/// @param inner numbers inside the feed-forward part
/// @param activation of the feed-forward part
/// @param epsilon of the norms
/// @param tied whether the head is the table of the embedding
public record Dimensions(
    int vocabulary,
    int hidden,
    int inner,
    int layers,
    AttentionShape heads,
    Activation activation,
    float epsilon,
    int context,
    boolean tied) {

  private static final int MOST_LAYERS = 4096;
  private static final int MOST_NUMBERS = 1 << 24; // of all heads

  private static final Map<String, Activation> ACTIVATIONS =
      Map.of(
          "gelu", Activation.GELU,
          "silu", Activation.SILU,
          "swish", Activation.SILU,
          "gelu_new", Activation.GELU_TANH,
          "gelu_pytorch_tanh", Activation.GELU_TANH);

  /// The numbers of a model whose keys are those of Llama.
  public static Dimensions read(Config config) {
    return read(config, "rms_norm_eps");
  }

  /// The same where the epsilon of the norms has another key.
  public static Dimensions read(Config config, String epsilon) {
    return new Dimensions(
        config.number("vocab_size"),
        config.number("hidden_size"),
        config.number("intermediate_size"),
        layers(config),
        heads(config),
        activation(config),
        (float) config.positive(epsilon, 1e-6),
        RotaryScaling.context(config),
        config.flag("tie_word_embeddings", false));
  }

  /// The number of layers; more than the largest model has would only fill the memory with their
  /// descriptions.
  public static int layers(Config config) {
    int layers = config.number("num_hidden_layers");
    if (layers > MOST_LAYERS) {
      throw config.wrong("num_hidden_layers", "is %d, above %d".formatted(layers, MOST_LAYERS));
    }
    return layers;
  }

  private static Activation activation(Config config) {
    String key = config.has("hidden_activation") ? "hidden_activation" : "hidden_act";
    String name = config.text(key).orElse("silu");
    Activation known = ACTIVATIONS.get(name);
    if (known == null) {
      String all = String.join(", ", new TreeSet<>(ACTIVATIONS.keySet()));
      throw config.wrong(key, "is " + name + ", which is not supported; supported are " + all);
    }
    return known;
  }

  /// The heads of each layer's attention.
  ///
  /// @throws ModelException if they cannot share the heads of keys, or cannot be turned by pairs
  public static AttentionShape heads(Config config) {
    int hidden = config.number("hidden_size");
    int heads = config.number("num_attention_heads");
    int kvHeads = config.number("num_key_value_heads", heads);
    return heads(heads, kvHeads, config.count("head_dim").orElse(hidden / heads));
  }

  /// Heads that see everything.
  ///
  /// @throws ModelException if they cannot share the heads of keys, or cannot be turned by pairs
  public static AttentionShape heads(int heads, int kvHeads, int headDim) {
    if (heads % kvHeads != 0 || headDim < 2 || headDim % 2 != 0) {
      throw new ModelException(
          "config.json: %d heads do not share %d key heads of %d numbers"
              .formatted(heads, kvHeads, headDim));
    }
    if ((long) heads * headDim > MOST_NUMBERS) {
      throw new ModelException(
          "config.json: %d heads of %d numbers are more than %d numbers"
              .formatted(heads, headDim, MOST_NUMBERS));
    }
    return new AttentionShape(heads, kvHeads, headDim, AttentionShape.ALL);
  }

  public Norm norm(Role role) {
    return new Norm(role, hidden, epsilon);
  }

  /// A layer norm.
  public Norm layerNorm(Role role, boolean biased) {
    Norm.Kind kind = biased ? Norm.Kind.BIASED_LAYER : Norm.Kind.LAYER;
    return new Norm(role, hidden, epsilon, kind, 1);
  }

  /// The same with another epsilon.
  public Dimensions withEpsilon(float value) {
    return new Dimensions(
        vocabulary, hidden, inner, layers, heads, activation, value, context, tied);
  }

  /// The same with another number of positions.
  public Dimensions withContext(int value) {
    return new Dimensions(
        vocabulary, hidden, inner, layers, heads, activation, epsilon, value, tied);
  }

  /// The same with other heads.
  public Dimensions withHeads(AttentionShape value) {
    return new Dimensions(
        vocabulary, hidden, inner, layers, value, activation, epsilon, context, tied);
  }

  /// A gated feed-forward part.
  public Part.Gated gated(boolean bias) {
    return new Part.Gated(inner, activation, bias);
  }

  /// The norms of single heads.
  public Part.HeadNorms headNorms() {
    return new Part.HeadNorms(
        new Norm(Role.QUERY_NORM, heads.headDim(), epsilon),
        new Norm(Role.KEY_NORM, heads.headDim(), epsilon));
  }

  /// A norm of all heads of queries, and one of all heads of keys.
  public Part.HeadNorms normsOfAllHeads() {
    return new Part.HeadNorms(
        new Norm(Role.QUERY_NORM, heads.heads() * heads.headDim(), epsilon),
        new Norm(Role.KEY_NORM, heads.width(), epsilon));
  }

  /// Layers of attention and a gated feed-forward part, each between two norms.
  ///
  /// @param attention that of each layer, by its number
  public Decoder betweenNorms(IntFunction<Part.Attention> attention) {
    return decoder(layer -> new Layer(betweenNorms(attention.apply(layer), gated(false))));
  }

  /// Attention and a feed-forward part, each between two norms.
  public List<Layer.Residual> betweenNorms(Part.Attention attention, Part.Gated gated) {
    return List.of(
        between(Role.ATTENTION_NORM, attention, Role.ATTENTION_AFTER_NORM),
        between(Role.FORWARD_NORM, gated, Role.FORWARD_AFTER_NORM));
  }

  private Layer.Residual between(Role before, Part part, Role after) {
    return new Layer.Residual(Optional.of(norm(before)), List.of(part), Optional.of(norm(after)));
  }

  /// Layers of attention and a feed-forward part, each behind a norm, as Llama's.
  ///
  /// @param attention that of each layer, by its number
  public Decoder preNorm(IntFunction<Part.Attention> attention, Part.Gated gated) {
    return preNorm(attention, _ -> gated);
  }

  /// The same with another feed-forward part in each layer.
  public Decoder preNorm(IntFunction<Part.Attention> attention, IntFunction<Part> forward) {
    return decoder(
        layer ->
            new Layer(
                List.of(
                    new Layer.Residual(norm(Role.ATTENTION_NORM), attention.apply(layer)),
                    new Layer.Residual(norm(Role.FORWARD_NORM), forward.apply(layer)))));
  }

  /// An encoder of layers, each by its number, with learned positions and no norm at the end.
  public Decoder encoder(Decoder.Learned learned, IntFunction<Layer> layer) {
    return new Decoder(
        vocabulary,
        hidden,
        context,
        new Decoder.Embedding(1, Optional.of(learned), Optional.empty()),
        IntStream.range(0, layers).mapToObj(layer).toList(),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  /// A decoder of layers, each by its number.
  public Decoder decoder(IntFunction<Layer> layer) {
    List<Layer> all = IntStream.range(0, layers).mapToObj(layer).toList();
    return new Decoder(
        vocabulary,
        hidden,
        context,
        new Decoder.Embedding(1),
        all,
        Optional.of(norm(Role.FINAL_NORM)),
        Optional.of(new Decoder.Head(tied, Scoring.UNCAPPED)),
        false);
  }
}
