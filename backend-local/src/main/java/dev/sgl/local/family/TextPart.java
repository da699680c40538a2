package dev.sgl.local.family;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.model.Decoder;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// The part for texts of models that see pictures: a family by itself, in `text_config`. The part
/// for pictures is not loaded.
final class TextPart implements Family {
  private static final String TEXT = "text_config";

  /// The beginnings of names in files, of older and newer transformers.
  private static final List<Names.Prefix> PREFIXES =
      List.of(
          new Names.Prefix("model.", "language_model.model."),
          new Names.Prefix("model.", "model.language_model."),
          new Names.Prefix("lm_head", "language_model.lm_head"));

  private final String models;
  private final Map<String, Family> families;
  private final boolean boundsLogits;

  private TextPart(String models, Map<String, Family> families, boolean boundsLogits) {
    this.models = models;
    this.families = Map.copyOf(families);
    this.boundsLogits = boundsLogits;
  }

  /// @param families by the `model_type` of the text part
  TextPart(String models, Map<String, Family> families) {
    this(models, families, false);
  }

  /// Such models whose logits are within a bound, if the text part names one.
  TextPart boundingLogits() {
    return new TextPart(models, families, true);
  }

  @Override
  public String models() {
    return models;
  }

  @Override
  public Names names(Config config) {
    Family family = family(config);
    return family.names(config.at(TEXT, family.standards())).withPrefixes(PREFIXES);
  }

  @Override
  public Decoder decoder(Config config) {
    Family family = family(config);
    Decoder decoder = family.decoder(config.at(TEXT, family.standards()));
    boolean isBounded = decoder.head().filter(head -> head.cap() < Scoring.UNCAPPED).isPresent();
    if (isBounded && !boundsLogits) {
      throw config.wrong(TEXT, "has a final_logit_softcapping, which such models do not compute");
    }
    return decoder.withTied(config.flag("tie_word_embeddings", true));
  }

  private Family family(Config config) {
    String type = config.modelType(TEXT);
    Family family = families.get(type);
    if (family == null) {
      String known = String.join(", ", new TreeSet<>(families.keySet()));
      throw config.wrong(TEXT, "has the model_type " + type + "; supported are " + known);
    }
    return family;
  }
}
