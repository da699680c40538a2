package dev.sgl.local.family.architecture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Dense;
import dev.sgl.local.model.Scorer;
import dev.sgl.local.weights.Role;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// Reward models of InternLM 2 (Cai et al., 2024): the score of a text is read at a token of its
/// own, which ends the text.
public final class InternLm2Reward implements Family {
  private static final String TOKEN = "reward_token_id";

  private final InternLm2 decoder = new InternLm2();

  @Override
  public String models() {
    return "InternLM2-Reward";
  }

  @Override
  public Names names(Config config) {
    return decoder.names(config).with(Role.LABELS, "v_head");
  }

  @Override
  public Map<String, Object> standards() {
    return decoder.standards();
  }

  @Override
  public Decoder decoder(Config config) {
    return decoder.decoder(config);
  }

  @Override
  public Scorer scorer(Config config) {
    int token = config.index(TOKEN).orElseThrow(() -> config.wrong(TOKEN, "is missing"));
    if (token >= config.number("vocab_size")) {
      throw config.wrong(TOKEN, "is %d, which is no token".formatted(token));
    }
    int hidden = config.number("hidden_size");
    Dense layer = new Dense(Role.LABELS, hidden, 1, false, Dense.Activation.NONE);
    return new Scorer(
        Scorer.State.LAST,
        OptionalInt.empty(),
        OptionalInt.of(token),
        List.of(layer),
        List.of("LABEL_0"));
  }
}
