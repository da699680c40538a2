package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.json.OutsideJson;
import java.io.IOException;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// JSON for the native tokenizer library. The library panics, which ends the process, where a part
/// of a `tokenizer.json` is not JSON for its own parser, and where the second part of a merge does
/// not begin with `continuing_subword_prefix`. So it gets only JSON that was checked here and
/// written from the checked tree.
final class StrictJson {
  private static final int MOST_DEPTH = 100; // the native parser's own limit is 128

  private final CharsetEncoder utf8 = StandardCharsets.UTF_8.newEncoder();

  private StrictJson() {}

  /// The text of `json` in UTF-8.
  ///
  /// @throws IllegalArgumentException if it is nested too deeply, or has a number beyond those of
  ///     `double`, or half of a surrogate pair, or a merge without its prefix
  static byte[] bytes(JsonNode json) throws IOException {
    new StrictJson().check(json, 0);
    checkMerges(json.path("model"));
    return OutsideJson.plain().writeValueAsBytes(json);
  }

  private void check(JsonNode json, int depth) {
    if (depth > MOST_DEPTH) {
      throw new IllegalArgumentException(
          "its JSON is nested more than %d levels deep".formatted(MOST_DEPTH));
    }
    if (json.isNumber() && !Double.isFinite(json.doubleValue())) {
      throw new IllegalArgumentException("it has a number that is infinite or none");
    }
    if (json.isTextual()) {
      checkText(json.textValue());
    }
    for (Map.Entry<String, JsonNode> member : json.properties()) {
      checkText(member.getKey());
    }
    for (JsonNode inner : json) {
      check(inner, depth + 1);
    }
  }

  /// Both parts of a merge are in one text, or in a list.
  private static void checkMerges(JsonNode model) {
    String prefix = model.path("continuing_subword_prefix").asText("");
    for (JsonNode merge : model.path("merges")) {
      String second =
          merge.isTextual()
              ? merge.asText().substring(merge.asText().indexOf(' ') + 1)
              : merge.path(1).asText();
      if (!second.startsWith(prefix)) {
        throw new IllegalArgumentException(
            "its merge %s does not have the prefix `%s`".formatted(merge, prefix));
      }
    }
  }

  private void checkText(String text) {
    if (!utf8.canEncode(text)) {
      throw new IllegalArgumentException("it has half of a surrogate pair in a text");
    }
  }
}
