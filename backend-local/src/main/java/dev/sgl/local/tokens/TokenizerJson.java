package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.OptionalInt;

/// Parts of a `tokenizer.json` that is made of a vocabulary with types of tokens, as SentencePiece
/// and GGUF files have them.
///
/// @param types of the tokens, by their ids; none if the file has none
record TokenizerJson(List<String> tokens, List<Long> types) {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  // types of tokens
  static final int NORMAL = 1;
  static final int UNKNOWN = 2;
  static final int CONTROL = 3;
  static final int USER_DEFINED = 4;
  static final int UNUSED = 5;
  static final int BYTE = 6;

  /// What all kinds have.
  ///
  /// @param begin the token that is put before every text
  ObjectNode whole(OptionalInt begin) {
    ObjectNode json = JSON.objectNode().put("version", "1.0");
    json.set("added_tokens", addedTokens());
    json.set("post_processor", begin.isPresent() ? beginning(begin.getAsInt()) : JSON.nullNode());
    return json;
  }

  /// The tokens that are found in a text before it is cut: the control tokens and the user's own.
  private ArrayNode addedTokens() {
    ArrayNode added = JSON.arrayNode();
    for (int id = 0; id < types.size(); id++) {
      long type = types.get(id);
      if (type == CONTROL || type == USER_DEFINED) {
        added
            .addObject()
            .put("id", id)
            .put("content", tokens.get(id))
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false)
            .put("normalized", false)
            .put("special", type == CONTROL);
      }
    }
    return added;
  }

  /// The step that puts a token before every text.
  private JsonNode beginning(int begin) {
    String token = tokens.get(begin);
    ObjectNode step = JSON.objectNode().put("type", "TemplateProcessing");
    ArrayNode single = step.putArray("single");
    single.addObject().putObject("SpecialToken").put("id", token).put("type_id", 0);
    single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
    ArrayNode pair = step.putArray("pair").addAll(single.deepCopy());
    pair.addObject().putObject("Sequence").put("id", "B").put("type_id", 0);
    ObjectNode special = step.putObject("special_tokens").putObject(token).put("id", token);
    special.putArray("ids").add(begin);
    special.putArray("tokens").add(token);
    return step;
  }

  private ObjectNode vocabulary() {
    ObjectNode vocabulary = JSON.objectNode();
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(tokens.get(id), id);
    }
    return vocabulary;
  }

  /// All tokens but those that only fill the vocabulary up.
  ObjectNode usedVocabulary() {
    ObjectNode vocabulary = vocabulary();
    for (int id = 0; id < types.size(); id++) {
      if (types.get(id) == UNUSED) {
        vocabulary.remove(tokens.get(id));
      }
    }
    return vocabulary;
  }

  // --- SentencePiece

  /// A tokenizer of SentencePiece's kind that merges pieces.
  ///
  /// @param begin the token that is put before every text
  /// @param addsBlank whether a blank is put before texts
  /// @param unknown the token of characters that there is no other for
  ObjectNode sentencePiece(
      OptionalInt begin, boolean addsBlank, OptionalInt unknown, ArrayNode merges) {
    ObjectNode json = whole(begin);
    ArrayNode normalizers = sequence(json, "normalizer", "normalizers");
    if (addsBlank) {
      normalizers.addObject().put("type", "Prepend").put("prepend", ScoredMerges.BLANK);
    }
    replacement(normalizers, " ", ScoredMerges.BLANK);
    json.putNull("pre_tokenizer");
    ArrayNode decoders = sequence(json, "decoder", "decoders");
    replacement(decoders, ScoredMerges.BLANK, " ");
    decoders.addObject().put("type", "ByteFallback");
    decoders.addObject().put("type", "Fuse");
    if (addsBlank) {
      decoders.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    }
    ObjectNode model = json.putObject("model").put("type", "BPE");
    model.put("byte_fallback", true).put("fuse_unk", true);
    unknown.ifPresent(id -> model.put("unk_token", tokens.get(id)));
    model.set("vocab", vocabulary());
    model.set("merges", merges);
    return json;
  }

  /// The merges of a vocabulary with scores.
  static ArrayNode merges(List<String> tokens, List<Double> scores) {
    ArrayNode merges = JSON.arrayNode();
    for (ScoredMerges.Merge merge : ScoredMerges.of(tokens, scores)) {
      merges.addArray().add(merge.left()).add(merge.right());
    }
    return merges;
  }

  private static ArrayNode sequence(ObjectNode json, String key, String parts) {
    return json.putObject(key).put("type", "Sequence").putArray(parts);
  }

  private static void replacement(ArrayNode steps, String from, String to) {
    ObjectNode step = steps.addObject().put("type", "Replace").put("content", to);
    step.putObject("pattern").put("String", from);
  }
}
