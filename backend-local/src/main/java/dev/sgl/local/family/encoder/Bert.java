package dev.sgl.local.family.encoder;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.Labels;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Dense;
import dev.sgl.local.model.Layer;
import dev.sgl.local.model.Norm;
import dev.sgl.local.model.Part;
import dev.sgl.local.model.Scorer;
import dev.sgl.local.weights.Role;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// BERT (Devlin et al., 2018): an encoder with learned positions, layer norms of the sums, and
/// biases everywhere.
public final class Bert implements Family {
  private static final Names NAMES =
      Names.of(
          Map.ofEntries(
              Map.entry(Role.EMBEDDING, "embeddings.word_embeddings"),
              Map.entry(Role.POSITION_EMBEDDING, "embeddings.position_embeddings"),
              Map.entry(Role.SEGMENT_EMBEDDING, "embeddings.token_type_embeddings"),
              Map.entry(Role.EMBEDDING_NORM, "embeddings.LayerNorm"),
              Map.entry(Role.QUERY, "encoder.layer.{}.attention.self.query"),
              Map.entry(Role.KEY, "encoder.layer.{}.attention.self.key"),
              Map.entry(Role.VALUE, "encoder.layer.{}.attention.self.value"),
              Map.entry(Role.ATTENTION_OUTPUT, "encoder.layer.{}.attention.output.dense"),
              Map.entry(Role.ATTENTION_AFTER_NORM, "encoder.layer.{}.attention.output.LayerNorm"),
              Map.entry(Role.UP, "encoder.layer.{}.intermediate.dense"),
              Map.entry(Role.DOWN, "encoder.layer.{}.output.dense"),
              Map.entry(Role.FORWARD_AFTER_NORM, "encoder.layer.{}.output.LayerNorm"),
              Map.entry(Role.POOLER, "pooler.dense"),
              Map.entry(Role.LABELS, "classifier")));

  @Override
  public String models() {
    return "BERT, all-MiniLM, bge, e5, ms-marco-MiniLM";
  }

  @Override
  public Names names(Config config) {
    return within("bert.");
  }

  /// The names in files with and without a prefix.
  static Names within(String prefix) {
    return NAMES.withPrefixes(
        List.of(
            new Names.Prefix("embeddings.", prefix + "embeddings."),
            new Names.Prefix("encoder.", prefix + "encoder."),
            new Names.Prefix("pooler.", prefix + "pooler.")));
  }

  @Override
  public Map<String, Object> standards() {
    return Map.ofEntries(
        Map.entry("vocab_size", 30_522),
        Map.entry("hidden_size", 768),
        Map.entry("num_hidden_layers", 12),
        Map.entry("num_attention_heads", 12),
        Map.entry("intermediate_size", 3072),
        Map.entry("hidden_act", "gelu"),
        Map.entry("max_position_embeddings", 512),
        Map.entry("type_vocab_size", 2),
        Map.entry("layer_norm_eps", 1e-12));
  }

  @Override
  public Decoder decoder(Config config) {
    return decoder(config, 0);
  }

  /// @param first the row of the table of positions for the first token
  static Decoder decoder(Config config, int first) {
    refuse(config, "is_decoder");
    refuse(config, "add_cross_attention");
    String kind = config.text("position_embedding_type").orElse("absolute");
    if (!kind.equals("absolute")) {
      throw config.wrong("position_embedding_type", "is " + kind + ", which is not supported");
    }
    int positions = config.number("max_position_embeddings");
    if (positions <= first) {
      throw config.wrong("max_position_embeddings", "is " + positions + ", which is too few");
    }
    Dimensions dimensions =
        Dimensions.read(config, "layer_norm_eps").withContext(positions - first);
    AttentionShape heads = dimensions.heads().seeingAhead();
    Part.Attention attention =
        new Part.Attention(heads, Rotary.none(heads.headDim())).withBias(true, true);
    Layer layer =
        new Layer(
            List.of(
                normed(dimensions, attention, Role.ATTENTION_AFTER_NORM),
                normed(
                    dimensions,
                    new Part.Perceptron(dimensions.inner(), dimensions.activation(), true),
                    Role.FORWARD_AFTER_NORM)));
    Decoder.Learned learned =
        new Decoder.Learned(
            first,
            positions,
            config.number("type_vocab_size"),
            dimensions.layerNorm(Role.EMBEDDING_NORM, true));
    return dimensions.encoder(learned, _ -> layer);
  }

  private static Layer.Residual normed(Dimensions dimensions, Part part, Role norm) {
    Norm sum = dimensions.layerNorm(norm, true);
    return Layer.Residual.normedSum(part, sum);
  }

  private static void refuse(Config config, String key) {
    if (config.flag(key, false)) {
      throw config.wrong(key, "is true, which is not supported");
    }
  }

  @Override
  public Scorer scorer(Config config) {
    int hidden = config.number("hidden_size");
    List<String> labels = Labels.read(config);
    return new Scorer(
        Scorer.State.FIRST,
        OptionalInt.empty(),
        List.of(
            new Dense(Role.POOLER, hidden, hidden, true, Dense.Activation.TANH),
            new Dense(Role.LABELS, hidden, labels.size(), true, Dense.Activation.NONE)),
        labels);
  }
}
