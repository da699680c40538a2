package dev.sgl.local.family.encoder;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Scorer;
import dev.sgl.local.weights.Role;
import java.util.HashMap;
import java.util.Map;

/// RoBERTa and XLM-RoBERTa (Liu et al., 2019; Conneau et al., 2019): BERT whose positions begin
/// behind that of padding, with another head. A text does not contain the token of padding.
public final class Roberta implements Family {
  private static final Bert BERT = new Bert();

  private final String models;

  /// @param models that people know an architecture by
  public Roberta(String models) {
    this.models = models;
  }

  @Override
  public String models() {
    return models;
  }

  @Override
  public Names names(Config config) {
    return Bert.within("roberta.")
        .with(Role.POOLER, "classifier.dense")
        .with(Role.LABELS, "classifier.out_proj");
  }

  @Override
  public Map<String, Object> standards() {
    Map<String, Object> all = new HashMap<>(BERT.standards());
    all.put("pad_token_id", 1);
    return all;
  }

  @Override
  public Decoder decoder(Config config) {
    return Bert.decoder(config, config.index("pad_token_id", 1) + 1);
  }

  @Override
  public Scorer scorer(Config config) {
    return BERT.scorer(config);
  }
}
