package dev.sgl.local.tokens.bpe;

import com.fasterxml.jackson.databind.JsonNode;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads a `tokenizer.json` of byte-level BPE. Any part that is not known refuses it.
final class BytePairReader {
  private static final Set<String> PARTS =
      Set.of(
          "version",
          "truncation",
          "padding",
          "added_tokens",
          "normalizer",
          "pre_tokenizer",
          "post_processor",
          "decoder",
          "model");
  private static final Set<String> MODEL =
      Set.of(
          "type",
          "dropout",
          "unk_token",
          "continuing_subword_prefix",
          "end_of_word_suffix",
          "fuse_unk",
          "byte_fallback",
          "ignore_merges",
          "vocab",
          "merges");
  private static final Map<String, Cut> PATTERNS =
      Map.of(
          Cut.Gpt2.PATTERN,
          new Cut.Gpt2(),
          Cut.Words.pattern("\\p{N}"),
          new Cut.Words(1),
          Cut.Words.pattern("\\p{N}{1,3}"),
          new Cut.Words(3),
          "\\p{N}",
          new Cut.Digits(true),
          "\\p{N}+",
          new Cut.Digits(false));

  private final JsonNode json;
  private final JsonNode model;

  BytePairReader(JsonNode json) {
    this.json = json;
    this.model = json.path("model");
  }

  /// The encoder; empty if a part of the tokenizer is not known.
  Optional<BytePairEncoder> encoder() {
    boolean isKnown =
        hasOnly(json, PARTS)
            && hasOnly(model, MODEL)
            && model.path("type").asText().equals("BPE")
            && model.path("vocab").isObject()
            && isAbsent(json.path("truncation"))
            && isAbsent(json.path("padding"))
            && isAbsent(model.path("dropout"))
            && isAbsent(model.path("continuing_subword_prefix"))
            && isAbsent(model.path("end_of_word_suffix"))
            && isAbsent(model.path("fuse_unk"))
            && isAbsent(model.path("byte_fallback"));
    Optional<Boolean> composes = composes();
    Optional<List<Cut>> cuts = cuts();
    Optional<Merges> merges = merges();
    Optional<AddedTokens> added = added();
    if (!isKnown || composes.isEmpty() || cuts.isEmpty() || merges.isEmpty() || added.isEmpty()) {
      return Optional.empty();
    }
    Optional<WholeWords> whole =
        model.path("ignore_merges").asBoolean()
            ? Optional.of(new WholeWords(model.path("vocab")))
            : Optional.empty();
    return Optional.of(
        new BytePairEncoder(added.get(), composes.get(), cuts.get(), bytes(), merges.get(), whole));
  }

  private static boolean hasOnly(JsonNode object, Set<String> keys) {
    return object.properties().stream().allMatch(e -> keys.contains(e.getKey()));
  }

  private static boolean isAbsent(JsonNode value) {
    return value.isMissingNode()
        || value.isNull()
        || value.isTextual() && value.textValue().isEmpty()
        || value.isBoolean() && !value.booleanValue();
  }

  /// Whether text is brought to normal form C; empty for other normalizers.
  private Optional<Boolean> composes() {
    JsonNode normalizer = json.path("normalizer");
    if (isAbsent(normalizer)) {
      return Optional.of(false);
    }
    return normalizer.path("type").asText().equals("NFC") ? Optional.of(true) : Optional.empty();
  }

  /// The cuts before the bytes; empty if there is another one.
  private Optional<List<Cut>> cuts() {
    JsonNode whole = json.path("pre_tokenizer");
    boolean isSequence = whole.path("type").asText().equals("Sequence");
    List<JsonNode> steps = new ArrayList<>();
    if (isSequence) {
      whole.path("pretokenizers").forEach(steps::add);
    } else {
      steps.add(whole);
    }
    JsonNode last = steps.isEmpty() ? whole : steps.removeLast();
    if (!last.path("type").asText().equals("ByteLevel")
        || last.path("add_prefix_space").asBoolean(true)) {
      return Optional.empty();
    }
    List<Cut> cuts = new ArrayList<>();
    for (JsonNode step : steps) {
      Optional<Cut> cut = cut(step);
      if (cut.isEmpty()) {
        return Optional.empty();
      }
      cuts.add(cut.get());
    }
    if (last.path("use_regex").asBoolean(true)) {
      cuts.add(new Cut.Gpt2());
    }
    return Optional.of(cuts);
  }

  private static Optional<Cut> cut(JsonNode step) {
    return switch (step.path("type").asText()) {
      case "Split" ->
          step.path("behavior").asText().equals("Isolated") && isAbsent(step.path("invert"))
              ? Optional.ofNullable(PATTERNS.get(step.path("pattern").path("Regex").asText()))
              : Optional.empty();
      case "Digits" -> Optional.of(new Cut.Digits(step.path("individual_digits").asBoolean()));
      default -> Optional.empty();
    };
  }

  /// The token of each byte, or -1. Some vocabularies have none for bytes that no text has.
  private int[] bytes() {
    int[] tokens = new int[256];
    for (int b = 0; b < tokens.length; b++) {
      tokens[b] = model.path("vocab").path(String.valueOf(ByteLetters.of(b))).asInt(-1);
    }
    return tokens;
  }

  private Optional<Merges> merges() {
    JsonNode vocabulary = model.path("vocab");
    JsonNode all = model.path("merges");
    Merges merges = new Merges(all.size());
    for (int rank = 0; rank < all.size(); rank++) {
      JsonNode merge = all.get(rank);
      String text = merge.asText();
      int blank = text.indexOf(' ');
      String left = merge.isTextual() ? text.substring(0, Math.max(0, blank)) : two(merge, 0);
      String right = merge.isTextual() ? text.substring(blank + 1) : two(merge, 1);
      JsonNode first = vocabulary.path(left);
      JsonNode second = vocabulary.path(right);
      JsonNode both = vocabulary.path(left + right);
      if (!first.isInt() || !second.isInt() || !both.isInt()) {
        return Optional.empty();
      }
      merges.put(first.intValue(), second.intValue(), rank, both.intValue());
    }
    return Optional.of(merges);
  }

  private static String two(JsonNode merge, int which) {
    return merge.size() == 2 ? merge.path(which).asText() : "";
  }

  /// The tokens that are cut out first. A text with one that takes blanks away, or that must be a
  /// whole word, or that is found in the normalized text, is left to the library.
  private Optional<AddedTokens> added() {
    AddedTokens added = new AddedTokens();
    for (JsonNode token : json.path("added_tokens")) {
      String content = token.path("content").asText();
      boolean isOdd =
          !isAbsent(token.path("single_word"))
              || !isAbsent(token.path("lstrip"))
              || !isAbsent(token.path("rstrip"))
              || !isAbsent(token.path("normalized"))
              || !token.has("normalized"); // its standard depends on other keys
      if (!token.path("id").isInt()
          || isOdd && !Normalizer.isNormalized(content, Normalizer.Form.NFC)) {
        return Optional.empty();
      }
      added.add(content, isOdd ? AddedTokens.ODD : token.path("id").intValue());
    }
    return Optional.of(added);
  }
}
