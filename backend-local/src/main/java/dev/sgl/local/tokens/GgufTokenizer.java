package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.checkpoint.Gguf;
import dev.sgl.local.weights.ModelException;
import java.util.List;
import java.util.Optional;

/// The tokenizer of a GGUF file in the form of `tokenizer.json`: byte-level BPE, whose file has the
/// merges; SentencePiece, whose file has scores, or, of Gemma 4, merges; or WordPiece.
final class GgufTokenizer {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  // types of tokens
  static final int NORMAL = 1;
  static final int UNKNOWN = 2;
  static final int CONTROL = 3;
  static final int USER_DEFINED = 4;
  static final int UNUSED = 5;
  static final int BYTE = 6;

  private final Gguf file;
  private final String kind;
  private final List<String> tokens;
  private final List<Long> types; // of the tokens, by their ids; none if the file has none

  private GgufTokenizer(Gguf file) {
    this.file = file;
    this.kind = file.text("tokenizer.ggml.pre").orElse("");
    this.tokens = file.list("tokenizer.ggml.tokens", String.class);
    this.types = file.list("tokenizer.ggml.token_type", Long.class);
    if (!types.isEmpty() && types.size() != tokens.size()) {
      throw new ModelException(
          "the file has %d tokens, and types of %d".formatted(tokens.size(), types.size()));
    }
  }

  /// @throws ModelException if the file's tokenizer is of a kind that is not supported
  static ObjectNode json(Gguf file) {
    GgufTokenizer tokenizer = new GgufTokenizer(file);
    String model = file.text("tokenizer.ggml.model").orElse("");
    return switch (model) {
      case "gpt2" -> tokenizer.byteLevel();
      case "llama" -> tokenizer.sentencePiece(tokenizer.scoredMerges());
      case "gemma4" -> tokenizer.sentencePiece(tokenizer.merges());
      case "bert" -> tokenizer.wordPiece();
      default -> throw tokenizer.unknown(model);
    };
  }

  private ModelException unknown(String model) {
    return new ModelException(
        "tokenizers of the kind `" + model + "`, `" + kind + "` are not supported in GGUF files");
  }

  private ObjectNode whole(boolean hasBeginning) {
    ObjectNode json = JSON.objectNode().put("version", "1.0");
    json.set("added_tokens", addedTokens());
    json.set("post_processor", beginning(hasBeginning));
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
            .put("content", token(id))
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false)
            .put("normalized", false)
            .put("special", type == CONTROL);
      }
    }
    return added;
  }

  private String token(int id) {
    return tokens.get(id);
  }

  /// The step that puts a token before every text, if the file says so.
  ///
  /// @param standard whether texts have a beginning if the file says nothing
  private JsonNode beginning(boolean standard) {
    Optional<Long> begin = file.number("tokenizer.ggml.bos_token_id");
    boolean isWanted = file.flag("tokenizer.ggml.add_bos_token").orElse(standard);
    if (!isWanted || begin.isEmpty() || begin.get() < 0 || begin.get() >= tokens.size()) {
      return JSON.nullNode();
    }
    String token = token(begin.get().intValue());
    ObjectNode step = JSON.objectNode().put("type", "TemplateProcessing");
    ArrayNode single = step.putArray("single");
    single.addObject().putObject("SpecialToken").put("id", token).put("type_id", 0);
    single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
    ArrayNode pair = step.putArray("pair").addAll(single.deepCopy());
    pair.addObject().putObject("Sequence").put("id", "B").put("type_id", 0);
    ObjectNode special = step.putObject("special_tokens").putObject(token).put("id", token);
    special.putArray("ids").add(begin.get());
    special.putArray("tokens").add(token);
    return step;
  }

  private ObjectNode vocabulary() {
    ObjectNode vocabulary = JSON.objectNode();
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(token(id), id);
    }
    return vocabulary;
  }

  /// All tokens but those that only fill the vocabulary up.
  private ObjectNode usedVocabulary() {
    ObjectNode vocabulary = vocabulary();
    for (int id = 0; id < types.size(); id++) {
      if (types.get(id) == UNUSED) {
        vocabulary.remove(token(id));
      }
    }
    return vocabulary;
  }

  // --- byte-level BPE

  private ObjectNode byteLevel() {
    List<String> patterns = GgufPatterns.of(kind).orElseThrow(() -> unknown("gpt2"));
    boolean keepsWholeWords = GgufPatterns.keepsWholeWords(kind);
    ObjectNode json = whole(keepsWholeWords);
    json.set(
        "normalizer",
        GgufPatterns.normalizes(kind) ? JSON.objectNode().put("type", "NFC") : JSON.nullNode());
    json.set("pre_tokenizer", cuts(patterns));
    json.set("decoder", bytes());
    ObjectNode model = json.putObject("model").put("type", "BPE");
    model.put("ignore_merges", keepsWholeWords);
    model.set("vocab", usedVocabulary());
    model.set("merges", merges());
    return json;
  }

  private ArrayNode merges() {
    ArrayNode merges = JSON.arrayNode();
    file.list("tokenizer.ggml.merges", String.class).forEach(merges::add);
    return merges;
  }

  private static ObjectNode cuts(List<String> patterns) {
    ObjectNode sequence = JSON.objectNode().put("type", "Sequence");
    ArrayNode cuts = sequence.putArray("pretokenizers");
    for (String pattern : patterns) {
      ObjectNode cut = cuts.addObject().put("type", "Split").put("behavior", "Isolated");
      cut.put("invert", false).putObject("pattern").put("Regex", pattern);
    }
    cuts.add(bytes());
    return sequence;
  }

  private static ObjectNode bytes() {
    return JSON.objectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
  }

  // --- SentencePiece

  private ArrayNode scoredMerges() {
    ArrayNode merges = JSON.arrayNode();
    List<Double> scores = file.list("tokenizer.ggml.scores", Double.class);
    for (ScoredMerges.Merge merge : ScoredMerges.of(tokens, scores)) {
      merges.addArray().add(merge.left()).add(merge.right());
    }
    return merges;
  }

  private ObjectNode sentencePiece(ArrayNode merges) {
    ObjectNode json = whole(true);
    boolean addsBlank = file.flag("tokenizer.ggml.add_space_prefix").orElse(true);
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
    file.number("tokenizer.ggml.unknown_token_id")
        .filter(id -> id >= 0 && id < tokens.size())
        .ifPresent(id -> model.put("unk_token", token(id.intValue())));
    model.set("vocab", vocabulary());
    model.set("merges", merges);
    return json;
  }

  // --- WordPiece

  private ObjectNode wordPiece() {
    ObjectNode json = whole(false);
    new GgufWordPiece(file, tokens, types).complete(json);
    return json;
  }

  private static ArrayNode sequence(ObjectNode json, String key, String parts) {
    return json.putObject(key).put("type", "Sequence").putArray(parts);
  }

  private static void replacement(ArrayNode steps, String from, String to) {
    ObjectNode step = steps.addObject().put("type", "Replace").put("content", to);
    step.putObject("pattern").put("String", from);
  }
}
