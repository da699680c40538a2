package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.checkpoint.Gguf;
import java.util.List;
import java.util.Optional;

/// The WordPiece vocabulary of a GGUF file in the form of `tokenizer.json`.
///
/// The files are of llama.cpp's form, in which tokens that begin a word have a blank's sign before
/// them, and tokens that continue a word have no `##`; control tokens, and tokens in brackets of
/// older files, are written as they are (llama.cpp, conversion/bert.py). The files do not tell
/// whether a model has capitals: text is put into lower case, as llama.cpp does.
final class GgufWordPiece {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String CONTINUED = "##";
  private static final String NORMALIZER = "tokenizer.ggml.normalizer.";
  private static final int MOST_CHARACTERS = 100; // of a word, as of BERT's own tokenizer

  private final Gguf file;
  private final List<String> tokens;
  private final List<Long> types;

  /// @param types of the tokens, by their ids; none if the file has none
  GgufWordPiece(Gguf file, List<String> tokens, List<Long> types) {
    this.file = file;
    this.tokens = tokens;
    this.types = types;
  }

  /// Adds all parts but the added tokens to `json`.
  void complete(ObjectNode json) {
    boolean isLower = file.flag(NORMALIZER + "lowercase").orElse(true);
    json.putObject("normalizer")
        .put("type", "BertNormalizer")
        .put("clean_text", true)
        .put("handle_chinese_chars", true)
        .put("strip_accents", file.flag(NORMALIZER + "strip_accents").orElse(isLower))
        .put("lowercase", isLower);
    json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    json.set("post_processor", ends());
    json.putObject("decoder")
        .put("type", "WordPiece")
        .put("prefix", CONTINUED)
        .put("cleanup", true);
    ObjectNode model = json.putObject("model").put("type", "WordPiece");
    model.put("unk_token", special("unknown").map(this::word).orElse("[UNK]"));
    model.put("continuing_subword_prefix", CONTINUED);
    model.put("max_input_chars_per_word", MOST_CHARACTERS);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(word(id), id);
    }
  }

  /// The id of a special token.
  private Optional<Integer> special(String kind) {
    return file.number("tokenizer.ggml." + kind + "_token_id")
        .filter(id -> id >= 0 && id < tokens.size())
        .map(Long::intValue);
  }

  /// A token as `tokenizer.json` has it.
  private String word(int id) {
    String token = tokens.get(id);
    boolean isControl = id < types.size() && types.get(id) == TokenizerJson.CONTROL;
    boolean isInBrackets = token.length() > 2 && token.startsWith("[") && token.endsWith("]");
    if (isControl || isInBrackets) {
      return token;
    }
    return token.startsWith(ScoredMerges.BLANK) ? token.substring(1) : CONTINUED + token;
  }

  /// The step that puts a token before every text and one behind it.
  private JsonNode ends() {
    Optional<Integer> first = special("cls").or(() -> special("bos"));
    Optional<Integer> last =
        special("seperator").or(() -> special("separator")).or(() -> special("eos")); // as written
    if (first.isEmpty() || last.isEmpty()) {
      return JSON.nullNode();
    }
    ObjectNode step = JSON.objectNode().put("type", "TemplateProcessing");
    ArrayNode single = step.putArray("single");
    put(single, first.get(), 0);
    put(single, "A", 0);
    put(single, last.get(), 0);
    ArrayNode pair = step.putArray("pair").addAll(single.deepCopy());
    put(pair, "B", 1);
    put(pair, last.get(), 1);
    ObjectNode specials = step.putObject("special_tokens");
    for (int id : List.of(first.get(), last.get())) {
      ObjectNode special = specials.putObject(word(id)).put("id", word(id));
      special.putArray("ids").add(id);
      special.putArray("tokens").add(word(id));
    }
    return step;
  }

  private void put(ArrayNode template, int id, int type) {
    template.addObject().putObject("SpecialToken").put("id", word(id)).put("type_id", type);
  }

  private static void put(ArrayNode template, String sequence, int type) {
    template.addObject().putObject("Sequence").put("id", sequence).put("type_id", type);
  }
}
