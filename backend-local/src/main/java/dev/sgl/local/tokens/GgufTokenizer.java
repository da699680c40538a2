package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.checkpoint.Gguf;
import dev.sgl.local.weights.ModelException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// The tokenizer of a GGUF file in the form of `tokenizer.json`: byte-level BPE, whose file has the
/// merges; SentencePiece, whose file has scores, or, of Gemma 4, merges; or WordPiece.
final class GgufTokenizer {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final Gguf file;
  private final String kind;
  private final List<String> tokens;
  private final List<Long> types; // of the tokens, by their ids; none if the file has none
  private final TokenizerJson json;

  private GgufTokenizer(Gguf file) {
    this.file = file;
    this.kind = file.text("tokenizer.ggml.pre").orElse("");
    this.tokens = file.list("tokenizer.ggml.tokens", String.class);
    this.types = file.list("tokenizer.ggml.token_type", Long.class);
    if (!types.isEmpty() && types.size() != tokens.size()) {
      throw new ModelException(
          "the file has %d tokens, and types of %d".formatted(tokens.size(), types.size()));
    }
    this.json = new TokenizerJson(tokens, types);
  }

  /// @throws ModelException if the file's tokenizer is of a kind that is not supported
  static ObjectNode json(Gguf file) {
    GgufTokenizer tokenizer = new GgufTokenizer(file);
    String model = file.text("tokenizer.ggml.model").orElse("");
    return switch (model) {
      case "gpt2" -> tokenizer.byteLevel();
      case "llama" -> tokenizer.sentencePiece();
      case "gemma4" -> tokenizer.gemma4();
      case "bert" -> tokenizer.wordPiece();
      default -> throw tokenizer.unknown(model);
    };
  }

  private ModelException unknown(String model) {
    return new ModelException(
        "tokenizers of the kind `" + model + "`, `" + kind + "` are not supported in GGUF files");
  }

  private ObjectNode whole(boolean hasBeginning) {
    return json.whole(beginning(hasBeginning));
  }

  /// The token that is put before every text, if the file says so.
  ///
  /// @param standard whether texts have a beginning if the file says nothing
  private OptionalInt beginning(boolean standard) {
    boolean isWanted = file.flag("tokenizer.ggml.add_bos_token").orElse(standard);
    return isWanted ? token("tokenizer.ggml.bos_token_id") : OptionalInt.empty();
  }

  /// A token that the file names, if it is one.
  private OptionalInt token(String key) {
    Optional<Long> id = file.number(key).filter(number -> number >= 0 && number < tokens.size());
    return id.isPresent() ? OptionalInt.of(id.get().intValue()) : OptionalInt.empty();
  }

  // --- byte-level BPE

  private ObjectNode byteLevel() {
    List<String> patterns = GgufPatterns.of(kind).orElseThrow(() -> unknown("gpt2"));
    boolean keepsWholeWords = GgufPatterns.keepsWholeWords(kind);
    ObjectNode whole = whole(keepsWholeWords);
    whole.set(
        "normalizer",
        GgufPatterns.normalizes(kind) ? JSON.objectNode().put("type", "NFC") : JSON.nullNode());
    whole.set("pre_tokenizer", cuts(patterns));
    whole.set("decoder", bytes());
    ObjectNode model = whole.putObject("model").put("type", "BPE");
    model.put("ignore_merges", keepsWholeWords);
    model.set("vocab", json.usedVocabulary());
    model.set("merges", merges());
    return whole;
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

  private ObjectNode sentencePiece() {
    boolean addsBlank = file.flag("tokenizer.ggml.add_space_prefix").orElse(true);
    ArrayNode merges =
        TokenizerJson.merges(tokens, file.list("tokenizer.ggml.scores", Double.class));
    return json.sentencePiece(beginning(true), addsBlank, unknownToken(), merges);
  }

  /// Texts always have a beginning, whatever the file says (llama.cpp, src/llama-vocab.cpp).
  private ObjectNode gemma4() {
    OptionalInt begin = token("tokenizer.ggml.bos_token_id");
    return json.sentencePiece(begin, false, unknownToken(), merges());
  }

  private OptionalInt unknownToken() {
    return token("tokenizer.ggml.unknown_token_id");
  }

  // --- WordPiece

  private ObjectNode wordPiece() {
    ObjectNode whole = whole(false);
    new GgufWordPiece(file, tokens, types).complete(whole);
    return whole;
  }
}
