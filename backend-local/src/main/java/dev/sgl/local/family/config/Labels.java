package dev.sgl.local.family.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// The labels of a classifier, in the order of their scores.
public final class Labels {
  private static final String KEY = "id2label";
  private static final int MOST = 100_000;

  /// The number that `transformers` assumes.
  private static final int USUAL = 2;

  private Labels() {}

  /// The token by which texts are filled up, if `config.json` names one.
  public static OptionalInt padding(Config config) {
    Optional<JsonNode> token = config.peek("pad_token_id").filter(JsonNode::canConvertToInt);
    return token.isPresent() ? OptionalInt.of(token.get().intValue()) : OptionalInt.empty();
  }

  /// The labels that `config.json` names.
  ///
  /// @throws dev.sgl.local.weights.ModelException if a number between has no label
  public static List<String> read(Config config) {
    Optional<JsonNode> named = config.peek(KEY).filter(node -> !node.isNull());
    int count = named.map(JsonNode::size).orElseGet(() -> config.number("num_labels", USUAL));
    if (count < 1 || count > MOST) {
      throw config.wrong(KEY, "has %d labels".formatted(count));
    }
    List<String> labels = new ArrayList<>();
    for (int label = 0; label < count; label++) {
      String number = Integer.toString(label);
      if (named.isPresent() && !named.get().has(number)) {
        throw config.wrong(KEY, "has no label " + number);
      }
      labels.add(named.map(by -> by.get(number).asText()).orElse("LABEL_" + number));
    }
    return labels;
  }
}
